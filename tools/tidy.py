#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over files, several at a time; those that it found nothing in are
not looked at again until they, a header of ours that they include, the
compiler's command, .clang-tidy or clang-tidy itself have changed.

    tidy.py BUILD CACHE FILE...     BUILD has compile_commands.json

Exit status 1 when it found something.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(rb'^#\s*include\s+"([^"]+)"', re.M)
NOISE = re.compile(r"warnings generated|^Suppressed|^Use -header", re.M)


def included(file, build, seen):
    """Adds file and what it includes of ours, made files of the build too."""
    if file in seen:
        return
    text = seen[file] = file.read_bytes()
    for name in INCLUDE.findall(text):
        for folder in (file.parent, TOP / "src", build, build / "src"):
            header = folder / os.fsdecode(name)
            if header.is_file():
                included(header.resolve(), build, seen)
                break


def key_of(file, build, command, common):
    digest = hashlib.sha256(common)
    # The same tree elsewhere is the same.
    digest.update(command.replace(str(TOP), "").encode())
    seen = {}
    included(file, build, seen)
    for path in sorted(seen, key=lambda path: path.name):
        digest.update(path.name.encode() + b"\0" + seen[path] + b"\0")
    return digest.hexdigest()


def check(file, build, done):
    """What clang-tidy says; "" when it is content, or was before."""
    if done.exists():
        return ""
    run = subprocess.run(
        ["clang-tidy", "--quiet", "-p", build, "--warnings-as-errors=*", file],
        capture_output=True, text=True, check=False)
    if run.returncode == 0:
        done.touch()
        return ""
    errors = [line for line in run.stderr.splitlines()
              if not NOISE.search(line)]
    return run.stdout + "\n".join(errors) or f"{file}: clang-tidy failed"


def main(build, cache, *files):
    build, cache = pathlib.Path(build).resolve(), pathlib.Path(cache)
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], check=True,
                             capture_output=True).stdout
    common = version + (TOP / ".clang-tidy").read_bytes()
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        commands[path] = entry["command"]
    jobs, old = [], 0
    workers = min(os.cpu_count() or 1, 4)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for name in files:
            path = (TOP / name).resolve()
            done = cache / key_of(path, build, commands.get(path, ""), common)
            old += done.exists()
            jobs.append(pool.submit(check, path, build, done))
    said = [text for text in (job.result() for job in jobs) if text]
    print(*said, sep="\n")
    print(f"{len(files)} files, {old} of them known to be good")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
