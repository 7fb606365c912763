# SPDX-License-Identifier: Apache-2.0
"""Bad usage is refused at once, in one line that says what to do."""

import pytest

from manners import refused

HUGE = str(2 ** 200)

USAGE = [
    ((), "no command"),
    (("recrod",), "did you mean 'record'"),
    (("xyzzy",), "unknown command 'xyzzy'"),
    (("--pid", "1"), "the command comes first"),
    (("record",), "no target"),
    (("record", "-d", "1"), "no target"),
    (("record", "--"), "no program after '--'"),
    (("record", "--", ""), "no program after '--'"),
    (("record", "true"), "behind '--'"),
    (("record", "-p", "1", "--", "true"), "both -p and a program"),
    (("record", "-p", "1", "-p", "1"), "named twice"),
    (("record", "--ratee", "5", "-p", "1"), "did you mean '--rate'"),
    (("record", "--rat", "5", "-p", "1"), "did you mean '--rate'"),
    (("record", "-Z", "-p", "1"), "unknown option '-Z'"),
    (("record", "--idle=1", "-p", "1"), "takes no value"),
    (("record", "-p"), "needs a value"),
    (("record", "-o", "--", "true"), "needs a value"),
    (("record", "-p", "0"), "'0' is out of range"),
    (("record", "-p", "-1"), "'-1' is no process id"),
    (("record", "-p", HUGE), "out of range"),
    (("record", "-p", "1x"), "'1x' is no process id"),
    (("record", "-p", ""), "'' is no process id"),
    (("record", "-p", " 1"), "' 1' is no process id"),
    (("record", "-p", "1\x1b[2J"), "\\x1b[2J"),
    (("record", "-p", "1", "-r", "0"), "rate '0' is out of range"),
    (("record", "-p", "1", "-r", "-5"), "'-5' is no rate"),
    (("record", "-p", "1", "-r", "nan"), "'nan' is no rate"),
    (("record", "-p", "1", "-r", "1e9"), "'1e9' is no rate"),
    (("record", "-p", "1", "-r", "9999999k"), "out of range"),
    (("record", "-p", "1", "-d", "-1"), "'-1' is no time"),
    (("record", "-p", "1", "-d", "inf"), "'inf' is no time"),
    (("record", "-p", "1", "-d", "0"), "records nothing"),
    (("record", "-p", "1", "--wait", "soon"), "'soon' is no time"),
    (("record", "-p", "1", "--mode", "fast"), "wall, cpu or gil"),
    (("record", "-p", "1", "--async=some"), "--async=all"),
    (("record", "-p", "1", "-f", "jpeg"), "unknown format 'jpeg'"),
    (("record", "-p", "1", "-f", "fodled"), "did you mean 'folded'"),
    (("record", "-p", "1", "-o", "x.jpeg"), "add -f"),
    (("record", "-p", "1", "-o", ""), "empty"),
    (("record", "-p", "1", "-o", "x.hog", "--stats", "x.hog"), "same output"),
    (("record", "-p", "1", "-f", "jsonl"), "hognose syscalls"),
    (("syscalls",), "no target"),
    (("syscalls", "-p", "1", "--", "true"), "both -p and a program"),
    (("syscalls", "-p", "1", "--stack", "many"), "none or full"),
    (("syscalls", "-p", "1", "--stack", "5000"), "none or full"),
    (("syscalls", "-p", "1", "--weight", "mass"), "count, time or bytes"),
    (("syscalls", "-p", "1", "--weight", "time", "-f", "text"),
     "without a weight"),
    (("syscalls", "-p", "1", "--summary=file"), "--summary=line"),
    (("syscalls", "-p", "1", "--summary", "-f", "jsonl"), "leave one"),
    (("syscalls", "-p", "1", "--json"), "-f jsonl"),
    (("syscalls", "-p", "1", "--via", "magic"), "seccomp or ptrace"),
    (("syscalls", "-p", "1", "--via", "seccomp"), "hognose launches"),
    (("syscalls", "-p", "1", "--string-limit", "0"), "out of range"),
    (("syscalls", "-p", "1", "-d", "0"), "shows nothing"),
    (("syscalls", "-p", "1", "-e", "opemat"), "openat"),
    (("syscalls", "-p", "1", "-e", "%nope"), "%nope"),
    (("syscalls", "-p", "1", "-f", "jsonk"), "did you mean 'jsonl'"),
    (("syscalls", "-p", "1", "-o", "x.json", "--stats", "x.json"),
     "same output"),
    (("doctor", "0"), "'0' is out of range"),
    (("doctor", "1", "2"), "more than one process"),
    (("--version", "--xml"), "--json"),
]


@pytest.mark.parametrize("args,words", USAGE,
                         ids=[" ".join(args).replace(HUGE, "2**200")
                              for args, _ in USAGE])
def test_bad_usage_is_refused_with_words(hognose, tmp_path, args, words):
    refused(hognose, *args, status=2, words=[words], cwd=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("args", [("--help",), ("help",), ("-h",),
                                  ("record", "--help"), ("help", "record"),
                                  ("record", "-h", "-p", "x"),
                                  ("doctor", "--help")])
def test_help_goes_to_stdout(hognose, args):
    result = hognose.run(*args).ok()
    assert result.stdout.startswith("Usage: hognose ")
    assert result.stderr == ""
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_the_version_is_for_people_and_for_programs(hognose):
    assert hognose.run("--version").ok().stdout == "hognose 0.1.0\n"
    said = hognose.run("--version", "--json").ok().json()
    assert said["version"] == "0.1.0"
    assert {"2.7", "3.6", "3.15", "3.15t"} <= set(said["pythons"])
    assert {"html", "folded", "hog", "table"} <= set(said["formats"])
    assert {"record", "dump", "doctor"} <= set(said["features"])


@pytest.mark.parametrize("args", [("--help",), ("--version", "--json")])
def test_a_full_disk_behind_stdout_is_an_error(hognose, args):
    import subprocess
    with open("/dev/full", "wb") as full:
        done = subprocess.run([hognose.path, *args], stdout=full,
                              stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert b"No space left" in done.stderr
