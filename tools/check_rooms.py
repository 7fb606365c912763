#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the table of rooms: who may include whom.  Fails on a breach.

Also: a .c file includes its own header first, a header's guard is named after
its path, and only cli prints or exits.
"""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent

# What a room may include beside itself.
BELOW_COLLECT = {"base", "profile", "target", "native", "python", "syscalls"}
ROOMS = {
    "base": set(),
    "profile": {"base"},
    "target": {"base"},
    "native": {"base", "target"},
    "python": {"base", "target", "native"},
    "syscalls": {"base", "target"},
    "bpf": set(),
    "agent": set(),
    "collect": BELOW_COLLECT | {"bpf", "agent"},
    "analyze": {"base", "profile"},
    "export": {"base", "profile", "analyze"},
    "cli": BELOW_COLLECT | {"collect", "analyze", "export"},
}
# Of native, python may know ELF only.
ONLY = {("python", "native"): {"native/elf.h"}}

INCLUDE = re.compile(r'\s*#\s*include\s*"([^"]+)"')
# At the start of a statement: what prints or ends the process.
PRINTS = re.compile(r"^\s+(?:return )?(printf|puts|putchar|perror|exit|abort|"
                    r"fprintf\(std(?:out|err)|v?printf|err|errx|warn|warnx)\b"
                    r"\s*\(?")


def c_files():
    """Tracked and new files of src."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "src/*.[ch]"],
        cwd=TOP, capture_output=True, text=True, check=True)
    return [pathlib.Path(name) for name in sorted(listed.stdout.split())
            if (TOP / name).exists()]


def check_includes(path, lines):
    room = path.parts[1]
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        if "/" in match[1]:
            other = match[1].split("/")[0]
        elif (TOP / path.parent / match[1]).exists():
            other = room
        else:
            continue  # made by the build
        if other != room and other not in ROOMS[room]:
            yield number, f"room {room} must not include {match[1]}"
        elif match[1] not in ONLY.get((room, other), {match[1]}):
            yield number, f"room {room} must not know {match[1]}"


def check_own_header_first(path, lines):
    own = path.with_suffix(".h")
    if path.suffix != ".c" or not (TOP / own).exists():
        return
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*#\s*include", line):
            match = INCLUDE.match(line)
            wanted = str(own.relative_to("src"))
            if not match or match[1] not in (wanted, own.name):
                yield number, f'the first include must be "{wanted}"'
            return


def check_guard(path, lines):
    if path.suffix != ".h":
        return
    stem = "_".join(path.with_suffix("").parts[1:])
    guard = "HOG_" + re.sub(r"\W", "_", stem).upper() + "_H"
    if not any(line.split() == ["#ifndef", guard] for line in lines):
        yield 1, f"the include guard must be {guard}"


def check_licence(_path, lines):
    if "SPDX-License-Identifier: Apache-2.0" not in (lines or [""])[0]:
        yield 1, "the first line must be the SPDX line"


def check_silence(path, lines):
    if path.parts[1] == "cli":
        return
    for number, line in enumerate(lines, 1):
        match = PRINTS.match(line)
        if match and line[match.end() - 1] == "(":
            yield number, f"only cli prints and exits: {match[1]}"


def main():
    checks = [check_includes, check_own_header_first, check_guard,
              check_licence, check_silence]
    breaches, files = 0, c_files()
    for path in files:
        if path.parts[1] not in ROOMS:
            print(f"{path}:1: no such room in tools/check_rooms.py")
            breaches += 1
            continue
        lines = (TOP / path).read_text(encoding="utf-8").splitlines()
        for check in checks:
            for number, text in check(path, lines):
                print(f"{path}:{number}: {text}")
                breaches += 1
    print(f"rooms: {len(files)} files, {breaches} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
