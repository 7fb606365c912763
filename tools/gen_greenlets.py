#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints rows for src/python/greenlet_layouts.c from builds of greenlet:

    gen_greenlets.py _greenlet.cpython-313-x86_64-linux-gnu.so...

The wheels carry debug information, which gdb reads.  Which CPython a build is
for stands in its name; which greenlet it is, in its folder.
"""
import re
import subprocess
import sys

TYPES = ("greenlet::Greenlet", "greenlet::UserGreenlet",
         "greenlet::MainGreenlet")
FIELDS = ("_self", "_stack_start", "_top_frame", "current_frame",
          "datastack_chunk", "_main_greenlet", "_thread_state")
LINE = re.compile(r"/\*\s+(\d+)\s+\|\s+\d+\s+\*/\s+(.*)")


def offsets(path):
    """{field: offset}, of the outermost struct that has it."""
    found = {}
    for name in TYPES:
        said = subprocess.run(
            ["gdb", "-batch", "-q", "-ex", f"ptype /o {name}", path],
            capture_output=True, text=True, check=False).stdout
        for line in said.splitlines():
            match = LINE.match(line)
            if not match:
                continue
            field = re.search(r"(\w+);$", match.group(2))
            if "std::atomic<greenlet::ThreadState" in line:
                found.setdefault("_thread_state", int(match.group(1)))
            elif field and field.group(1) in FIELDS:
                found.setdefault(field.group(1), int(match.group(1)))
    return found


def main(paths):
    for path in paths:
        python = re.search(r"cpython-(\d)(\d+)(t?)", path)
        major, minor, free = python.groups() if python else ("2", "7", "")
        version = int(major) * 100 + int(minor)
        found = offsets(path)
        if "_main_greenlet" not in found:
            print(f"{path}: older than 2.0, or without debug information")
            continue
        row = [version, version, "true" if free else "false", '"?"',
               *(found.get(field, 0) for field in FIELDS)]
        print(f"\t{{ {', '.join(map(str, row))} }}, /* {path} */")


if __name__ == "__main__":
    main(sys.argv[1:])
