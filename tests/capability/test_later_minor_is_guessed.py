# SPDX-License-Identifier: Apache-2.0
"""A CPython newer than all we know is read by the table it carries, with a
warning that the rest is guessed."""

import pytest

import builds

COOKIE = b"xdebugpy"
LATER = 0x031000f0  # 3.16.0


@pytest.mark.pythons(low=(3, 15), debug=False)
def test_later_minor(python, program, hognose, tmp_path):
    copy = builds.Copy(python, tmp_path)
    image = bytearray(copy.binary.read_bytes())
    known = python.version
    wanted = COOKIE + bytes((0, known[2], known[1], 3))[1:]
    at = -1
    while True:
        at = image.find(COOKIE, at + 1)
        assert at >= 0, "no _Py_DebugOffsets"
        if image[at + 9:at + 12] == wanted[8:]:
            break
    image[at + 8:at + 16] = LATER.to_bytes(8, "little")
    copy.binary.write_bytes(image)
    worker = program(copy.command("stands_still.py"), env=copy.env())
    dump = builds.assert_stands(hognose, worker.pid, (3, 16))
    assert dump["python"].startswith("3.16")
    for command in (["dump", worker.pid],
                    ["record", "-p", worker.pid, "-d", "0.2", "--idle", "-f",
                     "folded", "-o", "-"]):
        result = hognose.run(*command).ok()
        assert "3.16" in result.stderr and "guess" in result.stderr, result
