#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/syscalls/table_*.inc and calls.inc from the kernel's own headers.

Give it a folder with an unpacked linux-libc-dev and linux-headers-*-common, the
newer the better: libraries that know system call numbers end years behind the
kernels we meet.  Names and types of arguments come from the prototypes there
and, better, from what a running kernel says of its calls (--events, the folder
events/syscalls of tracefs: root).  What they mean is tools/data/syscalls.txt.

    gen_syscalls.py HEADERS --events DIR      write the tables
    gen_syscalls.py HEADERS --events DIR -n   only say what would change
"""

import argparse
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
TABLES = HERE.parent / "src" / "syscalls"
MEANINGS = HERE / "data" / "syscalls.txt"

# Our name of the machine, its header in linux-libc-dev, fewest calls it has.
MACHINES = [("x86_64", "x86_64-linux-gnu/asm/unistd_64.h", 350),
            ("i386", "x86_64-linux-gnu/asm/unistd_32.h", 400),
            ("aarch64", "aarch64-linux-gnu/asm/unistd_64.h", 300),
            ("arm", "arm-linux-gnueabi/asm/unistd-eabi.h", 380)]

# Defined like a call, but naming no call: limits and reserved ranges.
NO_CALL = {"syscalls", "arch_specific_syscall", "SYSCALL_BIT"}

DEFINE = re.compile(
    r"#\s*define\s+__NR_(\w+)\s+(?:(\d+)|\(__NR_SYSCALL_BASE \+ (\d+)\))\s*$")
PROTOTYPE = re.compile(r"asmlinkage\s+(?:long|void|int|ssize_t)\s+"
                       r"sys_(\w+)\s*\(([^;]*)\)\s*;")

# The kernel's function where it is called differently from the call.
FUNCTIONS = {"stat": "newstat", "lstat": "newlstat", "fstat": "newfstat",
             "uname": "newuname", "sendfile": "sendfile64",
             "umount2": "umount", "fadvise64": "fadvise64"}

CLASSES = ["file", "desc", "network", "process", "memory", "signal", "ipc",
           "creds", "clock", "stat", "lstat", "fstat", "statfs", "fstatfs",
           "pure"]
# Kinds that make a call one of %file, or of %desc.
FILE_KINDS = {"PATH"}
DESC_KINDS = {"FD", "POLL", "FD_NEW", "FD_ANON", "AT", "FDIF"}

SIGNED = {"int", "pid_t", "clockid_t", "mqd_t", "timer_t", "key_serial_t",
          "key_t", "__s32", "s32"}
UNSIGNED = {"unsigned int", "unsigned", "u32", "__u32", "uid_t", "gid_t",
            "qid_t", "old_uid_t", "old_gid_t", "rwf_t", "aio_context32_t"}
LONG = {"long", "ssize_t", "off_t", "ptrdiff_t"}
LONGER = {"loff_t", "s64"}


class Row:
    """What tools/data/syscalls.txt says of a call."""

    def __init__(self, words, where):
        self.kinds, self.result, self.classes = [], "DEC", set()
        words = list(words)
        while words:
            word = words.pop(0)
            if word == "=":
                self.result = words.pop(0)
            elif word.startswith("%"):
                if word[1:] not in CLASSES:
                    sys.exit(f"{where}: no class {word}")
                self.classes.add(word[1:])
            else:
                self.kinds.append(word)


class Meanings:
    """tools/data/syscalls.txt."""

    def __init__(self, path):
        self.rows, self.protos, self.like = {}, {}, {}
        for number, line in enumerate(path.read_text().splitlines(), 1):
            line = line.split("#")[0].strip()
            where = f"{path}:{number}"
            if line.startswith("proto "):
                match = re.match(r"proto ([\w@]+)\((.*)\)$", line)
                self.protos[match[1]] = split_arguments(match[2])
            elif line.startswith("like "):
                _, model, *names = line.split()
                self.like.update(dict.fromkeys(names, model))
            elif line:
                name, *words = line.split()
                self.rows[name] = Row(words, where)


def split_arguments(text):
    """[(type, name)] of a C parameter list; the name may be ''."""
    text = re.sub(r"\b__user\b", " ", text)
    text = re.sub(r"\b__kernel_(old_)?|\b__(?=sighandler_t)|\bold_(?=time_t)", "", text)
    parts = [" ".join(part.split()) for part in text.split(",")]
    arguments = []
    for part in parts:
        if part in ("void", ""):
            continue
        match = re.match(r"(.*?[\s*])(\w+)$", part)
        if (not match or match[1].split()[-1] in ("struct", "enum")
                or part in ("unsigned int", "unsigned long")):
            match = (part, part, "")
        kind = match[1].replace("*", " * ")
        kind = re.sub(r"\* (?=\*)", "*", " ".join(kind.split()))
        if "*" not in kind:
            kind = kind.replace("const ", "")
        arguments.append((kind.replace("* const", "*").replace("* *", "**"), match[2]))
    return arguments


def read_numbers(header, fewest):
    """{number: name} of one asm/unistd_*.h; newer ones hold plain numbers."""
    calls = {}
    for line in header.read_text().splitlines():
        match = DEFINE.match(line)
        if not match or match[1] in NO_CALL:
            continue
        number = int(match[2] or match[3])
        if number in calls:
            sys.exit(f"{header}: {number} is {calls[number]} and {match[1]}")
        calls[number] = match[1]
    if len(calls) < fewest:
        sys.exit(f"{header}: found only {len(calls)} calls")
    return calls


def read_prototypes(root):
    """{function: arguments} of include/linux/syscalls.h."""
    found = sorted(root.glob("usr/src/*/include/linux/syscalls.h"))
    if not found:
        sys.exit(f"{root}: no usr/src/*/include/linux/syscalls.h")
    text = re.sub(r"/\*.*?\*/", "", found[-1].read_text(), flags=re.S)
    protos = {}
    for match in PROTOTYPE.finditer(text):
        protos.setdefault(match[1], split_arguments(match[2]))
    return protos


def read_events(folder):
    """{function: arguments}, as a running kernel tells them."""
    protos = {}
    for path in sorted(folder.glob("sys_enter_*/format")):
        fields = re.findall(r"field:([^;]+);", path.read_text())
        fields = [field for field in fields if " common_" not in field
                  and "__syscall_nr" not in field]
        protos[path.parent.name[len("sys_enter_"):]] = split_arguments(
            ", ".join(fields))
    return protos


def kernel_version(root):
    """"7.2.13", from linux/version.h."""
    text = (root / "usr/include/linux/version.h").read_text()
    parts = re.findall(r"VERSION_(?:MAJOR|PATCHLEVEL|SUBLEVEL) (\d+)", text)
    return ".".join(parts[:3])


def width(kind):
    """How many bits of a register count, and whether it has a sign."""
    if "*" in kind or kind in ("sighandler_t", "cap_user_header_t",
                               "cap_user_data_t"):
        return "POINTER"
    for name, types in (("INT", SIGNED), ("UINT", UNSIGNED), ("LONG", LONG),
                        ("LONGER", LONGER)):
        if kind in types:
            return name
    if kind == "umode_t":
        return "SHORT"
    if kind.startswith("enum "):
        return "UINT"
    return "ULONG"


def usual_kind(kind, name):
    """What an argument is when nobody has said."""
    wide = width(kind)
    if wide == "POINTER":
        return "path" if name in ("pathname", "filename") else "ptr"
    if kind == "umode_t":
        return "mode"
    if name in ("fd", "fildes", "ufd") and wide in ("INT", "UINT"):
        return "fd"
    if "flag" in name or wide == "ULONG" and kind != "size_t":
        return "hex"
    return "dec"


def split_kind(word):
    """("FLAGS", "HOG_T_open") of "flags:open"."""
    kind, _, param = word.partition(":")
    if not param or param == "ret":
        number = "HOG_PARAM_RESULT" if param else "0"
        return kind.upper(), number
    if param.isdigit():
        return kind.upper(), param
    return kind.upper(), f"HOG_T_{param}"


class Source:
    """Everything there is to know of calls."""

    def __init__(self, root, events):
        self.meanings = Meanings(MEANINGS)
        self.headers = read_prototypes(root)
        self.events = read_events(events)

    def arguments(self, name, machine):
        """[(type, name)] of a call, and the row of it that was used."""
        said = self.meanings
        for key in (f"{name}@{machine}", name):
            if key in said.protos:
                return said.protos[key]
        if name in said.like:
            return self.arguments(said.like[name], None)
        function = FUNCTIONS.get(name, name)
        found = self.events.get(function) or self.headers.get(function)
        return found if found is not None else self.headers.get(name, [])

    def row(self, name, machine):
        said = self.meanings
        for key in (f"{name}@{machine}", name):
            if key in said.rows:
                return said.rows[key]
        if name in said.like:
            return self.row(said.like[name], None)
        return Row([], name)

    def text(self, name, machine):
        """What stands behind the name in calls.inc."""
        arguments, row = self.arguments(name, machine), self.row(name, machine)
        classes, lines = set(row.classes), []
        if len(row.kinds) > len(arguments) and row.kinds != ["-"]:
            sys.exit(f"{MEANINGS}: {name}@{machine}: {len(row.kinds)} kinds "
                     f"for {arguments}")
        for i, (kind, argument) in enumerate(arguments):
            word = row.kinds[i] if i < len(row.kinds) else "-"
            if word == "-":
                word = usual_kind(kind, argument)
            if not argument:
                sys.exit(f"{name}@{machine}: argument {i + 1} has no name")
            meaning, param = split_kind(word)
            if meaning in FILE_KINDS:
                classes.add("file")
            if meaning in DESC_KINDS:
                classes.add("desc")
            lines.append(f'    ARG("{argument}", "{kind}", {width(kind)}, '
                         f"{meaning}, {param})")
        meaning, param = split_kind(row.result)
        if meaning in DESC_KINDS:
            classes.add("desc")
        lines = lines or ["    NO_ARGS"]
        bits = " | ".join(f"HOG_CLASS_{c.upper()}" for c in CLASSES
                          if c in classes) or "0"
        head = f"{len(arguments)}, {bits}, {meaning}, {param}"
        return head + "".join(",\n" + line for line in lines) + ")"


def collect(source, tables):
    """{row id: text}, and for each machine {number: (name, row id)}."""
    rows, places = {}, {}
    for machine, calls in tables.items():
        places[machine] = {}
        for number, name in sorted(calls.items()):
            text, row = source.text(name, machine), name
            if rows.get(row, text) != text:
                row = next((r for r in rows if r.startswith(f"{name}_")
                            and rows[r] == text), f"{name}_{machine}")
            rows[row] = text
            places[machine][number] = (name, row)
    return rows, places


def write(path, lines, dry):
    text = "\n".join(lines) + "\n"
    same = path.exists() and path.read_text() == text
    if not dry:
        path.write_text(text)
    print(f"{path.name}: {len(lines)} lines" + ("" if same else ", changed"))
    return same


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("headers", type=pathlib.Path)
    parser.add_argument("--events", type=pathlib.Path, required=True)
    parser.add_argument("-n", "--dry-run", action="store_true")
    args = parser.parse_args()
    version = kernel_version(args.headers)
    tables = {machine: read_numbers(args.headers / "usr/include" / header, few)
              for machine, header, few in MACHINES}
    rows, places = collect(Source(args.headers, args.events), tables)
    spdx = "/* SPDX-License-Identifier: Apache-2.0 */"
    same = True
    for machine, calls in places.items():
        lines = [spdx, f"/* {machine}, {len(calls)} calls of Linux {version}.  "
                 "Made by tools/gen_syscalls.py. */"]
        lines += [f"CALL({number}, {name}, {row})"
                  for number, (name, row) in sorted(calls.items())]
        same &= write(TABLES / f"table_{machine}.inc", lines, args.dry_run)
    lines = [spdx, f"/* The {len(rows)} different calls of Linux {version}.  "
             "Made by tools/gen_syscalls.py. */"]
    lines += [f"ROW({row}, {text}" for row, text in sorted(rows.items())]
    same &= write(TABLES / "calls.inc", lines, args.dry_run)
    sys.exit(1 if args.dry_run and not same else 0)


if __name__ == "__main__":
    main()
