# SPDX-License-Identifier: Apache-2.0
"""Every CPython of this machine that a test can start a program under.

Looked for on PATH, in ~/.pyenv/versions, /usr/bin, the paths of
$HOGNOSE_PYTHONS (separated by colons), the Debian sid chroot ($HOGNOSE_SID)
and the free-threaded build that tools/build_free_threaded.sh keeps.
"""

import dataclasses
import glob
import os
import pathlib
import re
import shutil
import subprocess

TARGETS = pathlib.Path(__file__).resolve().parent.parent / "targets"

# Where a chroot sees TARGETS.
CHROOT_TARGETS = "/srv/hognose-targets"

NAME = re.compile(r"python(2\.7|3\.\d+)(-dbg|d|t|td)?$")

PROBE = """
import os, platform, sys, sysconfig
if platform.python_implementation() != 'CPython':
    sys.exit('is %s' % platform.python_implementation())
print('%d.%d.%d' % sys.version_info[:3])
print(int(hasattr(sys, 'gettotalrefcount')))
print(int(bool(sysconfig.get_config_var('Py_GIL_DISABLED'))))
print(os.path.realpath(sys.executable))
"""

# In a mount namespace of its own, so that nothing is left behind: a /proc, the
# host's /tmp (tests hand over paths there) and the targets.
ENTER_CHROOT = """
root=$1 targets=$2; shift 2
mount -t proc proc "$root/proc" &&
mount --bind /tmp "$root/tmp" &&
mount --bind "$targets" "$root%s" &&
exec chroot "$root" "$@"
""" % CHROOT_TARGETS


@dataclasses.dataclass(frozen=True)
class Python:
    """One interpreter.  `command` gives the whole argv to run a target with."""

    id: str
    path: str  # as seen inside root
    version: tuple
    debug: bool
    free_threaded: bool
    root: str = ""  # of the chroot, or ""

    def enter(self):
        """What must stand before the interpreter's path."""
        return enter_chroot(self.root) if self.root else []

    def command(self, script, *args):
        """argv that runs a program of tests/targets, or code after "-c"."""
        if str(script).startswith("-"):
            return [*self.enter(), self.path, script, *map(str, args)]
        return [*self.enter(), self.path, self.script_path(script),
                *map(str, args)]

    def script_path(self, script):
        """The script as the target sees it; a path of /tmp stays as it is."""
        if os.path.isabs(script):
            return str(script)
        folder = CHROOT_TARGETS if self.root else str(TARGETS)
        return f"{folder}/{script}"

    def has_module(self, name):
        """Can it import that?"""
        argv = [*self.enter(), self.path, "-c", f"import {name}"]
        return subprocess.run(argv, capture_output=True, check=False,
                              env=clean_env()).returncode == 0


def enter_chroot(root):
    return ["unshare", "-m", "sh", "-c", ENTER_CHROOT, "sh", root, str(TARGETS)]


def clean_env(**extra):
    """The environment of every target: none of this machine's Python settings."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("PYTHON", "PYENV", "ASAN_", "UBSAN_"))}
    env.update(LC_ALL="C.UTF-8", PYTHONUNBUFFERED="1",
               PYTHONDONTWRITEBYTECODE="1", **extra)
    return env


def cache_folder():
    """Where tools/prepare_sid.sh and build_free_threaded.sh keep things."""
    if os.environ.get("HOGNOSE_CACHE"):
        return os.environ["HOGNOSE_CACHE"]
    if os.getuid() == 0:
        return "/var/cache/hognose"
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "hognose")


def sid_root():
    return os.environ.get("HOGNOSE_SID") or f"{cache_folder()}/sid-root"


def _named_in(folder):
    return [path for path in sorted(glob.glob(f"{folder}/python[23].*"))
            if NAME.search(path) and os.access(path, os.X_OK)]


def _candidates():
    """(path, origin), the telling origins first: the first of a kind stays."""
    for path in filter(None, os.environ.get("HOGNOSE_PYTHONS", "").split(":")):
        yield path, "given"
    for path in _named_in("/usr/bin"):
        yield path, "usr"
    for folder in sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/*"))):
        for path in _named_in(f"{folder}/bin"):
            yield path, "pyenv"
    for path in sorted(glob.glob(f"{cache_folder()}/python3.*t/bin/python3*t")):
        yield path, ""
    for folder in os.environ.get("PATH", "").split(":"):
        if folder.endswith("/.pyenv/shims"):
            continue  # scripts, for what we have found above
        for path in _named_in(folder):
            yield path, "path"


def _probe(argv):
    """[version, debug, free-threaded, real path]; a str says why not."""
    try:
        done = subprocess.run([*argv, "-c", PROBE], capture_output=True,
                              text=True, timeout=60, check=False,
                              env=clean_env())
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = done.stdout.split()
    if done.returncode == 0 and len(lines) == 4:
        return lines
    said = (done.stderr.strip() or "no answer").splitlines()
    return f"does not run: {said[-1]}"


def _make(facts, origin, root, taken):
    version, debug, free, real = facts
    name = version + "t" * int(free) + "d" * int(debug)
    if origin:
        name += f"-{origin}"
    stem, count = name, 2
    while name in taken:
        name, count = f"{stem}-{count}", count + 1
    return Python(name, real, tuple(map(int, version.split("."))),
                  debug == "1", free == "1", root)


# The oldest of each way in which frames, code and threads are laid out, and
# the newest CPython.
FAMILIES = ((2, 7), (3, 6), (3, 10), (3, 11), (3, 12), (3, 13), (3, 14))


# For sanitizers, which look for what one reader of each kind does wrong.
KINDS = ((2, 7), (3, 10), (3, 12))


def few(found, families=FAMILIES):
    """Some of `found`: one for each way in which frames lie in memory."""
    plain = [p for p in found if not p.debug and not p.free_threaded]
    chosen = [p for p in found if p.free_threaded and not p.debug][:1]
    for family in families:
        chosen += [p for p in plain if p.version >= family][:1]
    return [p for p in found if p in chosen or p in plain[-1:]]


def each_minor(found):
    """The newest of each minor version and kind of build."""
    newest = {(p.version[:2], p.debug, p.free_threaded): p for p in found}
    return [p for p in found if p in newest.values()]


class Discovery:
    """`found`: the interpreters in order; `missing`: {what: why not}."""

    def __init__(self):
        self.found = []
        self.missing = {}
        self._seen = set()
        for path, origin in _candidates():
            self._add([path], origin, "")
        self._add_sid()
        if not any(p.free_threaded for p in self.found):
            self.missing["free-threaded"] = (
                "no build at hand: tools/build_free_threaded.sh makes one")
        self.found.sort(key=lambda p: (p.version, p.free_threaded, p.debug,
                                       p.id))

    def _add(self, argv, origin, root):
        shown = argv[-1] if not root else f"{root}{argv[-1]}"
        if os.path.realpath(shown) in self._seen:
            return
        facts = _probe(argv)
        if isinstance(facts, str):
            self.missing[shown] = facts
            return
        key = os.path.realpath(root + facts[3])
        if key in self._seen:
            return
        self._seen.add(key)
        taken = {p.id for p in self.found}
        self.found.append(_make(facts, origin, root, taken))

    def _add_sid(self):
        root = sid_root()
        paths = _named_in(f"{root}/usr/bin")
        why = self._why_no_sid(root, paths)
        if why:
            self.missing["sid"] = why
            return
        for path in paths:
            inside = path[len(root):]
            self._add([*enter_chroot(root), inside], "sid", root)

    @staticmethod
    def _why_no_sid(root, paths):
        if not os.path.isdir(root):
            return f"no chroot at {root}: tools/prepare_sid.sh makes one"
        if os.getuid() != 0:
            return "a chroot needs root"
        if not paths:
            return f"no python in {root}"
        if not shutil.which("unshare"):
            return "no unshare program"
        os.makedirs(root + CHROOT_TARGETS, exist_ok=True)
        done = subprocess.run([*enter_chroot(root), "true"],
                              capture_output=True, text=True, check=False)
        return done.stderr.strip().splitlines()[-1] if done.returncode else ""
