#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs what tests need of PyPI, for every CPython that the tests find:

    prepare_packages.py

greenlet and gevent, as wheels, once, into a folder for each binary interface in
the cache (for a chroot: inside it).  tests/capability/packages.py finds them
there.  Exit 77, with the reason, where nothing could be installed.
"""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent
                       / "tests" / "capability"))

import packages
import pythons

WANTED = ("greenlet", "gevent")
PLATFORMS = ("manylinux_2_28", "manylinux_2_24", "manylinux2014",
             "manylinux_2_17", "manylinux2010")


def pip_of(found):
    """argv of a pip that installs for other Pythons, or None."""
    for python in reversed(found):
        argv = [python.path, "-m", "pip"]
        if python.root or python.version < (3, 8):
            continue
        if subprocess.run([*argv, "--version"], capture_output=True,
                          check=False, env=pythons.clean_env()).returncode == 0:
            return argv
    return None


def abi_of(python):
    major, minor = python.version[:2]
    return (f"cp{major}{minor}" + "t" * python.free_threaded
            + "m" * ((3, 0) < (major, minor) < (3, 8)))


def foreign(python):
    """Options by which pip installs for that Python and not for its own."""
    machine = subprocess.run(["uname", "-m"], capture_output=True, text=True,
                             check=True).stdout.strip()
    platforms = [f"--platform={p}_{machine}" for p in PLATFORMS]
    return ["--only-binary=:all:", *platforms, "--implementation=cp",
            "--python-version={}.{}".format(*python.version),
            f"--abi={abi_of(python)}"]


def install(pip, python, package):
    """Why not, or ""."""
    folder = packages.folder(python)
    mark = folder / f".{package}"
    if mark.exists():
        return mark.read_text()
    argv = [*pip, "install", "-q", "--disable-pip-version-check",
            f"--target={folder}", "--upgrade", *foreign(python)]
    if python.version < (3,):
        argv = [python.path, "-m", "pip", "install", "-q",
                f"--target={folder}", "--upgrade", "--only-binary=greenlet"]
    try:
        done = subprocess.run([*argv, package], capture_output=True, text=True,
                              check=False, timeout=600,
                              env=pythons.clean_env())
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = [line for line in done.stderr.splitlines() if "ERROR" in line]
    why = said[-1] if done.returncode and said else ""
    folder.mkdir(parents=True, exist_ok=True)
    if done.returncode == 0 or "No matching" in why:
        mark.write_text(why)  # do not ask for what there is not again
    return why or ("" if done.returncode == 0 else "pip failed")


def main():
    found = pythons.Discovery().found
    pip = pip_of(found)
    if not pip:
        print("no pip that installs for other Pythons")
        return 77
    seen, installed = set(), 0
    for python in found:
        if packages.folder(python) in seen or python.debug:
            continue
        seen.add(packages.folder(python))
        for package in WANTED:
            why = install(pip, python, package)
            print(f"{python.id}: {package}: {why or 'there'}")
            installed += not why
    return 0 if installed else 77


if __name__ == "__main__":
    sys.exit(main())
