#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares every man page with what the program's --help says, both ways.

Every command has a page docs/man/hognose-COMMAND.1 with an EXAMPLES section;
mandoc finds nothing to say about it.  $HOGNOSE: the program (build/hognose).
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
PAGES = TOP / "docs" / "man"
PROGRAM = os.path.abspath(os.environ.get("HOGNOSE", TOP / "build" / "hognose"))

SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES"]
OPTION = re.compile(r"--(?:\[no-\])?[a-z][a-z0-9-]*|(?<!\S)-[A-Za-z0-9](?![\w-])")


def said(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def commands():
    """The names below "Commands:" of the overview."""
    block = said(PROGRAM, "--help").partition("Commands:\n")[2]
    return [line.split()[0] for line in block.partition("\n\n")[0].splitlines()]


def options_of(lines):
    """Names of options that begin a line; "--[no-]x" counts as --x, --no-x."""
    names = set()
    for line in lines:
        # The description stands apart by two blanks.
        head = re.split(r"\s{2,}", line.strip())[0]
        if not head.startswith("-") or len(head) == 1:
            continue
        for name in OPTION.findall(head):
            if "[no-]" in name:
                names.add(name.replace("[no-]", "no-"))
            names.add(name.replace("[no-]", ""))
    return names


def help_options(command):
    text = said(PROGRAM, command, "--help").partition("Options:\n")[2]
    return options_of(line for line in text.splitlines()
                      if re.match(r"\s{2,6}-", line))


def render(page):
    """The page as text, without overstriking."""
    text = said("mandoc", "-T", "ascii", "-O", "width=200", str(page))
    return re.sub(r".\x08", "", text)


def section(text, title):
    match = re.search(rf"^{title}\n(.*?)(?=^\S|\Z)", text, re.M | re.S)
    return match[1] if match else ""


def page_options(text):
    lines = section(text, "OPTIONS").splitlines()
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    shallow = min(indents, default=0)
    # Only what stands at the margin is a tag; a "-" inside a text is none.
    return options_of(line for line in lines
                      if re.match(rf"\s{{{shallow}}}-", line))


def check_page(page):
    """Complaints about one page by itself."""
    text = render(page)
    for title in SECTIONS:
        if not section(text, title).strip():
            yield f"no {title} section"
    for line in said("mandoc", "-T", "lint", "-W", "warning",
                     str(page)).splitlines():
        yield line.partition(": ")[2]


def check_options(command, page):
    """Complaints about a page beside the program."""
    helped, written = help_options(command), page_options(render(page))
    for name in sorted(helped - written):
        yield f"{name} is in --help, not in the page"
    for name in sorted(written - helped):
        yield f"{name} is in the page, not in --help"


def main():
    if not shutil.which("mandoc"):
        print("no mandoc")
        return 77
    complaints, names = [], commands()
    pages = sorted(PAGES.glob("*.1"))
    for page in pages:
        complaints += [f"{page.name}: {text}" for text in check_page(page)]
    for name in names:
        page = PAGES / f"hognose-{name}.1"
        if not page.exists():
            complaints.append(f"{page.name}: there is no such page")
            continue
        complaints += [f"{page.name}: {text}"
                       for text in check_options(name, page)]
    known = {f"hognose-{name}.1" for name in names} | {"hognose.1"}
    complaints += [f"{page.name}: there is no such command"
                   for page in pages if page.name not in known]
    if not names:
        complaints.append(f"{PROGRAM} --help names no commands")
    print("\n".join(complaints))
    if not complaints:
        print(f"{len(pages)} pages, {len(names)} commands: the options agree")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
