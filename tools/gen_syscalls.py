#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/syscalls/table_*.inc from the kernel's own headers.

Give it the root of an unpacked linux-libc-dev, the newer the better: libraries
that know system call numbers end years behind the kernels we meet.

    gen_syscalls.py HEADERS        write the tables
    gen_syscalls.py HEADERS -n     only say what would change (exit 1)
"""

import argparse
import pathlib
import re
import sys

TABLES = pathlib.Path(__file__).resolve().parent.parent / "src" / "syscalls"

# Our name of the machine, Debian's multiarch name.
MACHINES = [("x86_64", "x86_64-linux-gnu"), ("aarch64", "aarch64-linux-gnu")]

# Defined like a call, but naming no call: limits and reserved ranges.
NO_CALL = {"syscalls", "arch_specific_syscall", "SYSCALL_BIT"}

DEFINE = re.compile(r"#\s*define\s+__NR_(\w+)\s+(\d+)\s*$")


def read_numbers(header):
    """{number: name} of one asm/unistd_64.h; newer headers hold plain numbers."""
    calls = {}
    for line in header.read_text().splitlines():
        match = DEFINE.match(line)
        if not match or match[1] in NO_CALL:
            continue
        number = int(match[2])
        if number in calls:
            sys.exit(f"{header}: {number} is {calls[number]} and {match[1]}")
        calls[number] = match[1]
    if calls.get(max(calls, default=0)) is None or len(calls) < 250:
        sys.exit(f"{header}: found only {len(calls)} calls")
    return calls


def kernel_version(root):
    """"7.2.13", from linux/version.h."""
    text = (root / "usr/include/linux/version.h").read_text()
    parts = re.findall(r"VERSION_(?:MAJOR|PATCHLEVEL|SUBLEVEL) (\d+)", text)
    return ".".join(parts[:3])


def render(machine, calls, version):
    """The text of one table."""
    lines = [
        "/* SPDX-License-Identifier: Apache-2.0 */",
        f"/* {machine}, {len(calls)} calls of Linux {version}.  "
        "Made by tools/gen_syscalls.py. */",
    ]
    lines += [f'[{number}] = "{calls[number]}",' for number in sorted(calls)]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("headers", type=pathlib.Path)
    parser.add_argument("-n", "--dry-run", action="store_true")
    args = parser.parse_args()
    version = kernel_version(args.headers)
    differs = False
    for machine, triplet in MACHINES:
        header = args.headers / "usr/include" / triplet / "asm/unistd_64.h"
        calls = read_numbers(header)
        table = TABLES / f"table_{machine}.inc"
        text = render(machine, calls, version)
        same = table.exists() and table.read_text() == text
        differs = differs or not same
        if not args.dry_run:
            table.write_text(text)
        print(f"{table.name}: {len(calls)} calls, highest {max(calls)}"
              + ("" if same else ", changed"))
    sys.exit(1 if args.dry_run and differs else 0)


if __name__ == "__main__":
    main()
