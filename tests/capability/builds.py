# SPDX-License-Identifier: Apache-2.0
"""Copies and embedders of an interpreter, and what stands_still.py shows."""

import os
import pathlib
import shutil
import subprocess

import pytest

import pythons

LINES = {}


def _say(python, code):
    argv = python.command("-c", code)
    return subprocess.run(argv, capture_output=True, text=True, check=True,
                          timeout=60, env=pythons.clean_env()).stdout.strip()


def config(python, *names):
    """sysconfig's variables of that interpreter."""
    said = _say(python, "import sysconfig\n"
                f"for n in {names!r}: print(sysconfig.get_config_var(n))")
    return said.split("\n")


def libpython(python):
    """Path of the libpython that it loads, as it sees it; None: static."""
    code = "print(open('/proc/self/maps').read())"
    paths = {line.split()[-1] for line in _say(python, code).splitlines()
             if "/libpython" in line}
    return pathlib.Path(paths.pop()) if paths else None


class Copy:
    """An interpreter copied to `folder`, with its libpython."""

    def __init__(self, python, folder, name="python-copy"):
        self.python = python
        self.exe = folder / name
        shutil.copy(python.root + python.path, self.exe)
        lib = libpython(python)
        self.lib = None
        if lib:
            self.lib = folder / lib.name
            shutil.copy(python.root + str(lib), self.lib)
        self.exe.chmod(0o755)

    @property
    def binary(self):
        """The file that the interpreter is in."""
        return self.lib or self.exe

    def strip(self):
        for path in filter(None, (self.exe, self.lib)):
            subprocess.run(["strip", str(path)], check=True)

    def command(self, script, *args):
        return [*self.python.enter(), str(self.exe),
                self.python.script_path(script), *args]

    def env(self):
        prefix = _say(self.python, "import sys; print(sys.prefix)")
        extra = {"PYTHONHOME": prefix}
        if self.lib:
            extra["LD_LIBRARY_PATH"] = str(self.lib.parent)
        return pythons.clean_env(**extra)


def embedder(python, folder, source, *options, static=False):
    """Compiles a C program of tests/targets against that CPython, which is
    not in a chroot: no compiler is there."""
    include, libdir, libpl, version, libs, modlibs, shared = config(
        python, "INCLUDEPY", "LIBDIR", "LIBPL", "LDVERSION", "LIBS",
        "MODLIBS", "Py_ENABLE_SHARED")
    name = f"python{version if version != 'None' else '2.7'}"
    if not os.path.exists(f"{include}/Python.h"):
        pytest.skip(f"no Python.h in {include}")
    if static:
        link = [f"{libpl}/lib{name}.a", "-Wl,--export-dynamic"]
        if not os.path.exists(link[0]):
            pytest.skip(f"no {link[0]}")
    elif shared == "1":
        link = [f"-L{libdir}", f"-Wl,-rpath,{libdir}", f"-l{name}"]
    else:
        pytest.skip("no shared libpython")
    program = folder / "embeds"
    done = subprocess.run(
        ["cc", "-w", "-o", str(program), *options, f"-I{include}",
         str(pythons.TARGETS / source), *link, *libs.split(),
         *modlibs.split(), "-lm", "-lpthread", "-ldl", "-lutil"],
        capture_output=True, text=True, check=False)
    if static and "recompile with -fPI" in done.stderr:
        pytest.skip("its libpython.a is not position-independent")
    assert done.returncode == 0, done.stderr
    return program


def other_binary(python, other):
    """The file that holds a CPython of another version, if possible."""
    if other.version[:2] != python.version[:2]:
        return libpython(other) or other.path
    return libpython(python) or "/bin/sh"


def home(python):
    """The environment in which an embedder finds its library."""
    prefix = _say(python, "import sys; print(sys.prefix)")
    return pythons.clean_env(PYTHONHOME=prefix)


def _line_of(text):
    if not LINES:
        source = (pythons.TARGETS / "stands_still.py").read_text()
        for number, line in enumerate(source.splitlines(), 1):
            LINES[line.strip()] = number
    return LINES[text]


def expected_frames():
    """What a thread of stands_still.py shows, innermost first."""
    return [["inner", _line_of("time.sleep(1000)")],
            ["middle", _line_of("inner(ready)")],
            ["outer", _line_of("middle(ready)")]]


def frames_of(thread):
    return [[frame["name"], frame["line"]] for frame in thread["frames"]]


def assert_stands(hognose, pid, version=None, main="MainThread"):
    """dump and record show stands_still.py as it is.  Returns the dump."""
    dump = hognose.run("dump", "--json", pid).ok().json()
    threads = {thread["name"]: thread for thread in dump["threads"]}
    frames = expected_frames()
    assert frames_of(threads["second"])[:3] == frames, dump
    assert frames_of(threads[main])[:4] == [
        *frames, ["<module>", _line_of("outer(True)")]], dump
    if version:
        shown = dump["python"].split(".")[:2]
        assert shown == list(map(str, version[:2])), dump
    stacks = hognose.run("record", "-p", pid, "-d", "0.2", "--idle", "-t",
                         "-f", "folded", "-o", "-").ok().folded()
    for name in (main, "second"):
        assert any(f" {name}]" in stack.line
                   and stack.has("outer", "middle", "inner")
                   for stack in stacks), (name, stacks)
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        status = f.read()
    assert "TracerPid:\t0\n" in status and "T (stopped)" not in status
    return dump
