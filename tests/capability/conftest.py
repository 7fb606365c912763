# SPDX-License-Identifier: Apache-2.0
"""The harness of the capability tests: one named file per promise, each run on
every CPython found.  See README beside this file."""

import fnmatch
import functools
import os
import pathlib
import re
import shutil
import signal

import pytest

import programs
import pythons

HERE = pathlib.Path(__file__).resolve().parent
TEST_SECONDS = 240  # no test needs more; one that hangs must not hang the rest

# What started us may have them ignored (a job in the background, nohup); the
# programs that the tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
for ignored in (signal.SIGQUIT, signal.SIGHUP):
    signal.signal(ignored, signal.SIG_DFL)


@functools.lru_cache(maxsize=None)
def discovery():
    return pythons.Discovery()


# --- which CPython -------------------------------------------------------

def _wanted(python, marks):
    """Does it meet every `pythons` mark of the test?"""
    for mark in marks:
        low = mark.kwargs.get("low", (0,))
        high = mark.kwargs.get("high", (99,))
        minors = mark.kwargs.get("minors")
        if minors and python.version[:2] not in minors:
            return False
        flags = [(mark.kwargs.get("debug"), python.debug),
                 (mark.kwargs.get("free_threaded"), python.free_threaded),
                 (mark.kwargs.get("chroot"), bool(python.root))]
        if not low <= python.version or python.version[:len(high)] > high:
            return False
        if any(want is not None and want != has for want, has in flags):
            return False
    return True


def pytest_generate_tests(metafunc):
    if "python" not in metafunc.fixturenames:
        return
    marks = list(metafunc.definition.iter_markers("pythons"))
    wanted = [p for p in discovery().found if _wanted(p, marks)]
    if any(mark.kwargs.get("each_minor") for mark in marks):
        wanted = pythons.each_minor(wanted)
    fewest = os.environ.get("HOGNOSE_FEW_PYTHONS")
    if fewest or any(mark.kwargs.get("each_layout") for mark in marks):
        chosen = pythons.few(discovery().found,
                             pythons.KINDS if fewest else pythons.FAMILIES)
        wanted = [p for p in wanted if p in chosen] or wanted[-1:]
    if not wanted:
        asked = [mark.kwargs for mark in marks]
        wanted = [pytest.param(None, id="none", marks=pytest.mark.skip(
            reason=f"no CPython here meets {asked}"))]
        metafunc.parametrize("python", wanted)
        return
    metafunc.parametrize("python", wanted, ids=[p.id for p in wanted])


@pytest.fixture(scope="session")
def any_python():
    """One CPython, for promises that do not depend on its version."""
    usable = [p for p in discovery().found
              if not (p.debug or p.free_threaded or p.root)]
    if not usable:
        pytest.skip("no CPython found")
    for python in usable:
        if python.path.startswith("/usr/bin/python3"):
            return python
    return usable[-1]


# --- what a test needs -----------------------------------------------------

def _why_no_attach():
    if os.getuid() == 0:
        return ""
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope",
                  encoding="ascii") as scope:
            value = int(scope.read())
    except OSError:
        value = 0
    if value == 0:
        return ""
    return ("needs ptrace rights: run as root, or set "
            f"kernel.yama.ptrace_scope=0 (it is {value})")


def _why_not(item):
    for mark in item.iter_markers("needs"):
        for need in mark.args:
            if need == "root" and os.getuid() != 0:
                return "needs root"
            if need == "ptrace" and _why_no_attach():
                return _why_no_attach()
            if need not in ("root", "ptrace") and not shutil.which(need):
                return f"needs the program {need}"
    return ""


def _too_long(_number, _frame):
    pytest.fail(f"not done after {TEST_SECONDS} s")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(TEST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def pytest_runtest_setup(item):
    why = _why_not(item)
    if why:
        pytest.skip(why)


# --- fixtures ----------------------------------------------------------------

@pytest.fixture
def hognose():
    """Runs hognose: hognose.run(args...), hognose.start(args...)."""
    runner = programs.Hognose()
    if not os.access(runner.path, os.X_OK):
        pytest.fail(f"no {runner.path}: build it first (make), or set $HOGNOSE")
    yield runner
    runner.stop_all()


@pytest.fixture
def target(request):
    """Starts a program of tests/targets and waits for its ready line:
    target("spins.py", arg..., ready="ready", python=..., env=..., cwd=...)."""
    why = _why_no_attach()
    if why:
        pytest.skip(why)
    started = []

    def start(script, *args, ready="ready", python=None, env=None,
              timeout=60.0, **popen):
        if python is None:
            name = "python" if "python" in request.fixturenames else "any_python"
            python = request.getfixturevalue(name)
        program = programs.Target(
            python, python.command(script, *args), python.script_path(script),
            env=pythons.clean_env(**(env or {})), **popen)
        started.append(program)
        if ready is not None:
            program.wait_for(ready, timeout)
        return program

    yield start
    for program in started:
        program.stop()


@pytest.fixture
def program():
    """Starts any program and waits until it says `ready`; ends it after the
    test: program(argv, ready="ready", env=...)."""
    started = []

    def start(argv, ready="ready", timeout=60.0, **popen):
        one = programs.Program(argv, **popen)
        started.append(one)
        if ready is not None:
            one.wait_for(ready, timeout)
        return one

    yield start
    for one in started:
        one.stop()


# --- what was covered --------------------------------------------------------

def pytest_configure(config):
    config.addinivalue_line(
        "markers", "pythons(low=(3, 11), high=(3, 12), debug=, free_threaded=, chroot=,"
        " each_minor=, each_layout=, minors=): only these CPythons; others are"
        " not parametrised at all")
    config.addinivalue_line(
        "markers", "needs('root', 'ptrace', 'gdb'): skip, with the reason, "
        "where rights or programs are missing")
    config.addinivalue_line(
        "markers", "timing: measures speed or races; left out under sanitizers, "
        "which make hognose several times slower")


def pytest_report_header():
    found = discovery()
    lines = [f"CPythons: {' '.join(p.id for p in found.found)}"]
    lines += [f"  without {what}: {why}" for what, why in found.missing.items()]
    return lines


def _expected_skips():
    """[(pattern of a test id, pattern of a reason)]"""
    rows = []
    for line in (HERE / "expected_skips").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            pattern, _, reason = line.partition("  ")
            rows.append((pattern, reason.strip() or "*"))
    return rows


def _reason(report):
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].replace("Skipped: ", "", 1)
    return str(report.longrepr)


def _unexpected_skips(stats):
    rows = _expected_skips()

    def expected(what, why):
        return any(fnmatch.fnmatchcase(what, pattern)
                   and fnmatch.fnmatchcase(why, reason)
                   for pattern, reason in rows)

    skips = [(report.nodeid.rpartition("/")[2], _reason(report))
             for report in stats.get("skipped", [])]
    skips += [(f"python:{what}", why)
              for what, why in discovery().missing.items()]
    return [skip for skip in skips if not expected(*skip)]


def pytest_sessionfinish(session):
    """On CI a skip that nobody expects is a failure: it hides a promise."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not reporter or not os.environ.get("HOGNOSE_STRICT_SKIPS"):
        return
    if _unexpected_skips(reporter.stats) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _used(stats, python):
    named = re.compile(r"[\[-]" + re.escape(python.id) + r"[]-]")
    return sum(bool(named.search(report.nodeid))
               for report in stats.get("passed", []))


def pytest_terminal_summary(terminalreporter):
    stats = terminalreporter.stats
    write = terminalreporter.write_line
    lines = [value for reports in stats.values() for report in reports
             for name, value in getattr(report, "user_properties", ())
             if name == "truth"]
    if lines:
        terminalreporter.section("measured against the truth")
        for line in sorted(set(lines)):
            write(f"truth: {line}")
    terminalreporter.section("CPythons covered")
    for python in discovery().found:
        write(f"{python.id:16} {_used(stats, python):4} passed  "
              f"{python.root}{python.path}")
    for what, why in discovery().missing.items():
        write(f"without {what}: {why}")
    strange = _unexpected_skips(stats)
    if strange:
        terminalreporter.section("skips that expected_skips does not list")
        for what, why in strange:
            write(f"{what}: {why}")
