# SPDX-License-Identifier: Apache-2.0
"""calls.pftrace is what Perfetto's trace format asks for: taken apart here by
the field numbers of its public description."""

import pathlib

TRACE = pathlib.Path(__file__).resolve().parent / "calls.pftrace"


def fields(data):
    """[(number, value)] of a message: whole numbers or bytes."""
    at, found = 0, []

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        assert key & 7 in (0, 2), "only numbers and bytes are written"
        value = varint()
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
            assert at <= len(data)
        found.append((key >> 3, value))
    return found


def first(message, number, default=None):
    return next((v for n, v in message if n == number), default)


def packets():
    trace = fields(TRACE.read_bytes())
    assert {number for number, _ in trace} == {1}
    return [fields(packet) for _, packet in trace]


def test_every_track_is_described_before_it_is_used():
    tracks = {}
    for packet in packets():
        assert first(packet, 10) == 1
        described, event = first(packet, 60), first(packet, 11)
        if described:
            described = fields(described)
            parent = first(described, 5)
            assert parent is None or parent in tracks
            tracks[first(described, 1)] = described
        if event:
            assert first(fields(event), 11) in tracks
    threads = [fields(first(t, 4)) for t in tracks.values() if first(t, 4)]
    assert [(first(t, 1), first(t, 2)) for t in threads] == [
        (41, 41), (41, 42), (50, 50)]
    assert first(threads[0], 5) == b"MainThread"
    processes = [fields(first(t, 3)) for t in tracks.values() if first(t, 3)]
    assert [(first(p, 1), first(p, 6)) for p in processes] == [
        (41, b"app.py"), (50, b"app.py")]


def test_each_call_is_a_slice_with_its_arguments():
    calls, open_calls = [], {}
    for packet in packets():
        if not first(packet, 11):
            continue
        event, time = fields(first(packet, 11)), first(packet, 8)
        track, kind = first(event, 11), first(event, 9)
        if kind == 1:
            assert track not in open_calls
            open_calls[track] = (event, time)
        elif kind == 2:
            calls.append((*open_calls.pop(track), time))
        else:
            assert first(event, 23) in (b"fork", b"exit")
    assert not open_calls and len(calls) == 9
    event, begin, end = calls[0]
    assert first(event, 23) == b"openat" and end - begin == 12500
    args = [fields(value) for number, value in event if number == 4]
    assert [(first(a, 10), first(a, 6)) for a in args] == [
        (b"dirfd", b"AT_FDCWD"),
        (b"filename", b'"/etc/hosts"'),
        (b"flags", b"O_RDONLY|O_CLOEXEC"),
        (b"= result", b"3</etc/hosts>"),
        (b"= stack", b"Conf.read (lib/conf.py:9)\nload (lib/conf.py:5)\n"
                     b"Server.serve (app.py:12)\n<module> (app.py:20)"),
    ]
    failed = [first(e, 23) for e, _, _ in calls if (22, b"failed") in e]
    assert failed == [b"openat", b"connect", b"syscall_0x1f3"]
