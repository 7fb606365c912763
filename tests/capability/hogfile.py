# SPDX-License-Identifier: Apache-2.0
"""Reads a recording as docs/STREAM.md has it, and nothing else: a second pair
of eyes on the format, and an oracle for what report makes of it."""

import collections
import ctypes
import re
import struct

MAGIC = b"\x89HOG\r\n\x1a\n"
RUN, DATA, STATS, END = 1, 2, 3, 4
SLOT = 1_000_000
SAMPLE = 0

Function = collections.namedtuple(
    "Function", "kind name qualname file short_file firstline")
Frame = collections.namedtuple(
    "Frame", "function line end_line column end_column")
Process = collections.namedtuple(
    "Process", "pid parent name cmdline python start_ns")
Thread = collections.namedtuple("Thread", "process tid name interp")
Event = collections.namedtuple(
    "Event", "time_ns thread stack value flags kind duration_ns value2")


class Damaged(Exception):
    """The bytes are not what STREAM.md promises."""


def _unzstd(stored, size):
    lib = ctypes.CDLL("libzstd.so.1")
    lib.ZSTD_decompress.restype = ctypes.c_size_t
    lib.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t,
                                    ctypes.c_char_p, ctypes.c_size_t]
    room = ctypes.create_string_buffer(max(size, 1))
    if lib.ZSTD_decompress(room, size, stored, len(stored)) != size:
        raise Damaged("zstd frame")
    return room.raw[:size]


def fnv1a(data):
    check = 0x811c9dc5
    for byte in data:
        check = (check ^ byte) * 0x01000193 & 0xffffffff
    return check


class _Content:
    def __init__(self, data):
        self.data, self.at = data, 0

    def __bool__(self):
        return self.at < len(self.data)

    def take(self, size):
        if self.at + size > len(self.data):
            raise Damaged("content ends early")
        self.at += size
        return self.data[self.at - size:self.at]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    def varints(self, count):
        return [self.varint() for _ in range(count)]

    def svarint(self):
        raw = self.varint()
        return raw >> 1 if raw & 1 == 0 else ~(raw >> 1)

    def double(self):
        return struct.unpack("<d", self.take(8))[0]

    def text(self):
        return self.take(self.varint()).decode("utf-8", "surrogateescape")


class Recording:
    """All that a recording holds; ended says whether it has an end block."""

    def __init__(self, data):
        self.strings, self.functions, self.frames = [""], [None], [None]
        self.stacks, self.processes, self.threads = [None], [None], [None]
        self.events, self.stats, self.run, self.ended = [], [], None, False
        self.blocks = []  # (offset of its head, type)
        self._last = {}   # thread -> its last event, with the gap as time
        self._next = {}   # thread -> the one that came next
        self._thread = self._time = 0
        if data[:8] != MAGIC or fnv1a(data[:12]) != int.from_bytes(
                data[12:16], "little"):
            raise Damaged("file head")
        self._read_blocks(data, 16)

    def _read_blocks(self, data, at):
        while at + 16 <= len(data) and not self.ended:
            kind, flags, seq, raw, stored, check = struct.unpack(
                "<BBHIII", data[at:at + 16])
            if check != fnv1a(data[at:at + 12]):
                raise Damaged(f"block head at {at}")
            if seq != len(self.blocks) % 65536:
                raise Damaged(f"block number at {at}")
            if at + 16 + stored > len(data):
                return
            self.blocks.append((at, kind))
            content = _unzstd(data[at + 16:at + 16 + stored], raw)
            self._read_block(kind, flags, _Content(content))
            at += 16 + stored

    def _read_block(self, kind, flags, content):
        if kind == RUN:
            self._read_run(content)
        elif kind == DATA:
            while content:
                self._read_record(content)
        elif kind == STATS:
            self._read_stats(content)
        elif kind == END:
            if content.varint() != len(self.events):
                raise Damaged("number of events")
            self.ended = True
        elif flags & 1:
            raise Damaged(f"unknown block {kind} is required")

    def _read_run(self, c):
        mode, flags = c.varints(2)
        self.run = {"mode": ("wall", "cpu", "gil")[mode],
                    "idle": bool(flags & 1), "follow": bool(flags & 2),
                    "rate_hz": c.double(), "start_ns": c.varint(),
                    "start_real_ns": c.varint(), "version": c.text(),
                    "machine": c.text(), "command": c.text()}

    def _read_stats(self, c):
        stats = {"asked_hz": c.double()}
        stats.update(zip(("slots", "samples", "stacks"), c.varints(3)))
        names = ("late", "missed", "retries", "stops", "torn", "unreadable",
                 "truncated", "repaired", "unseen", "tasks_skipped",
                 "unstopped")
        stats.update(dict.fromkeys(names, 0))  # the first wrote fewer
        stats.update(zip(names, c.varints(c.varint())))
        stats["estimated_wrong"] = c.double()
        stats["cpu_seconds"] = c.double()
        stats["max_rss_bytes"] = c.varint()
        stats["wall_seconds"] = c.double()
        stats["processes"], stats["threads"] = c.varints(2)
        later = bool(c)  # the first recorders did not write these
        stats["lowered"] = c.varint() if later else 0
        stats["lowest_hz"] = c.double() if later else 0
        stats["mean_hz"] = c.double() if later else 0
        stats["stopped_seconds"] = c.double() if c else 0.0
        self.stats.append(stats)

    def _read_record(self, c):
        op = c.take(1)[0]
        if op < 0x40:
            self._read_event(c, op)
        elif op < 0x80:
            for _ in range(64 + c.varint() if op == 0x7f else (op & 0x3f) + 1):
                self._read_event(c, 0)
        else:
            for _ in range(c.varint()):
                self._define(c, op)

    def _define(self, c, op):
        if op == 0x80:
            self.strings.append(c.text())
        elif op == 0x81:
            kind, *names = c.varints(5)
            names = [self.strings[name] for name in names]
            self.functions.append(Function(kind, *names, c.svarint()))
        elif op == 0x82:
            function, line = self.functions[c.varint()], c.svarint()
            self.frames.append(Frame(function, line, line + c.svarint(),
                                     c.svarint(), c.svarint()))
        elif op == 0x83:
            parent = len(self.stacks) - c.varint()
            if not 0 <= parent < len(self.stacks):
                raise Damaged("parent of a stack")
            self.stacks.append((parent, self.frames[c.varint()]))
        elif op == 0x84:
            pid, parent, *names, start = c.varints(6)
            names = [self.strings[name] for name in names]
            self.processes.append(Process(pid, parent, *names, start))
        elif op == 0x85:
            process, tid, name, interp = c.varints(4)
            self.threads.append(Thread(self.processes[process], tid,
                                       self.strings[name], interp))
        elif op == 0x86:
            thread, name = c.varints(2)
            self.threads[thread] = self.threads[thread]._replace(
                name=self.strings[name])
        else:
            raise Damaged(f"record {op:#x}")

    def _read_event(self, c, differs):
        thread = c.varint() if differs & 1 else self._next.get(self._thread, 0)
        last = self._last.get(thread, Event(0, thread, 0, 0, 0, 0, 0, 0))
        stack = last.stack + (c.svarint() if differs & 2 else 0)
        gap = last.time_ns + (c.svarint() if differs & 4 else 0)
        value = c.svarint() if differs & 8 else last.value
        flags = c.varint() if differs & 16 else last.flags
        rest = ((c.varint(), c.varint(), c.svarint()) if differs & 32
                else last[5:])
        event = Event((self._time + gap) % 2 ** 64, thread, stack, value, flags,
                      *rest)
        self._last[thread] = event._replace(time_ns=gap)
        self._next[self._thread] = thread
        self._thread, self._time = thread, event.time_ns
        self.events.append(event)

    def frames_of(self, stack):
        """Root first."""
        frames = []
        while stack:
            stack, frame = self.stacks[stack]
            frames.append(frame)
        return frames[::-1]

    def folded(self, function=False, full_paths=False):
        """What folded must say, but for [process ...] and [thread ...]."""
        weights = collections.Counter()
        for event in self.events:
            if event.kind == SAMPLE:
                weights[";".join(_label(frame, function, full_paths) for frame
                                 in self.frames_of(event.stack))
                        ] += event.value
        return {stack: weight / SLOT for stack, weight in weights.items()
                if stack and weight}


def _label(frame, function, full_paths):
    code = frame.function
    if code.kind == 3:
        return _escape(code.name)
    file = code.file if full_paths else code.short_file or code.file
    text = f"{file}:{code.qualname or code.name}"
    return _escape(text if function else f"{text}:{frame.line}")


def _escape(text):
    text = re.sub(r"%(?=[0-9A-Fa-f]{2})", "%25", text)
    # A byte that is no UTF-8 came as a surrogate, U+DC00 and it.
    return re.sub(r"[;\x00-\x1f\x7f\udc80-\udcff]",
                  lambda c: f"%{ord(c.group()) & 0xff:02X}", text)


def read(path):
    """The recording in a file."""
    with open(path, "rb") as file:
        return Recording(file.read())
