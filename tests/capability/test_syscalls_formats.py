# SPDX-License-Identifier: Apache-2.0
"""hognose syscalls: what it shows in which format, and what it refuses."""

import json
import re

import pytest

import manners

PROGRAM = """
import os
def look():
    for name in ("no-such-file-1", "no-such-file-2"):
        try:
            os.open(name, os.O_RDONLY)
        except OSError:
            pass
def save():
    fd = os.open("saved", os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(fd, b"12345")
    os.close(fd)
look()
save()
raise SystemExit(7)
"""
SAVED = "path == 'saved' || fd ~ '/saved>'"
LINE = re.compile(r"(\d\d:\d\d:\d\d\.\d{6}) (\d+)/(\d+) (\w+)\((.*)\) = (.*)"
                  r" <(\d+\.\d{6})>")


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def follow(hognose, python, program, *options):
    return hognose.run("syscalls", *options, "--", python.path, program,
                       cwd=program.parent)


@pytest.fixture
def recording(hognose, any_python, program, tmp_path):
    done = follow(hognose, any_python, program, "-e", "%file,write,close",
                  "-o", "calls.hog")
    assert done.returncode == 7
    return tmp_path / "calls.hog"


def test_a_call_is_a_line_with_lines_of_python_below(hognose, any_python,
                                                     program):
    done = follow(hognose, any_python, program, "-e", "%file", "--where",
                  "path ~ 'no-such-file'")
    assert done.returncode == 7
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 6 + 1  # and the exit
    for at, name in ((0, "1"), (3, "2")):
        call = LINE.fullmatch(lines[at])
        assert call, lines[at]
        assert call[2] == call[3]
        assert call[4].startswith("open")
        assert f'"no-such-file-{name}", O_RDONLY' in call[5]
        assert call[6] == "-1 ENOENT (No such file or directory)"
        assert re.fullmatch(r"    look \(.*program\.py:6\)", lines[at + 1])
        assert re.fullmatch(r"    <module> \(.*program\.py:13\)",
                            lines[at + 2])


@pytest.mark.parametrize("option,count", [("none", 0), ("1", 1), ("full", 2)])
def test_the_stack_is_as_long_as_asked_for(hognose, any_python, program,
                                           option, count):
    done = follow(hognose, any_python, program, "-e", "write", "--where",
                  "fd ~ '/saved>'", "--stack", option)
    assert len(re.findall(r"^    .*program\.py", done.stderr, re.M)) == count


def test_jsonl_has_an_object_for_each_call(hognose, any_python, program,
                                           tmp_path):
    follow(hognose, any_python, program, "-e", "%file,write,close", "-o",
           "calls.jsonl", "--where", SAVED, "-q")
    calls = [json.loads(line) for line in
             (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert [c["name"] for c in calls][-2:] == ["write", "close"]
    opened, wrote, closed = calls[-3:]
    assert opened["name"].startswith("open")
    for call in calls[-3:]:
        assert set(call) == {"time", "duration", "pid", "tid", "thread", "name",
                             "args", "result", "errno", "state", "stack"}
        assert [f["name"] for f in call["stack"]] == ["save", "<module>"]
        assert call["stack"][0]["file"].endswith("program.py")
        assert call["errno"] is None and call["state"] is None
    assert [f["line"] for f in opened["stack"]] == [10, 14]
    args = {a["name"]: a for a in opened["args"]}
    assert args["flags"]["text"].startswith("O_WRONLY|O_CREAT")
    assert any(a["value"] == "saved" for a in opened["args"])
    assert wrote["result"] == 5 and closed["result"] == 0
    assert any(a["value"] == "12345" for a in wrote["args"])
    assert opened["time"] < wrote["time"] < closed["time"]


def test_a_recording_makes_every_format(hognose, recording, tmp_path):
    for name in hognose.run("formats", "-q").ok().stdout.split():
        done = hognose.run("report", recording, "-f", name, "-o",
                           tmp_path / name).ok()
        assert done.stderr == ""
        if name != "hog":
            assert b"openat" in (tmp_path / name).read_bytes(), name
    trace = json.loads((tmp_path / "chrome").read_text())
    assert {e["ph"] for e in trace} >= {"X", "M"}
    assert any("program.py:10" in e["args"].get("= stack", "")
               for e in trace if e["ph"] == "X")


def test_report_chooses_and_sums_up(hognose, recording):
    def report(*options):
        return hognose.run("report", recording, *options).ok()

    text = report("-f", "text", "--where", SAVED, "--stack", "1").stdout
    assert len(re.findall(r"^    save ", text, re.M)) == 3
    folded = report("-f", "folded", "--weight", "bytes").stdout
    assert re.search(r":save:11;\[write\] 5$", folded, re.M)
    folded = report("-f", "folded", "--weight", "count").stdout
    assert re.search(r":look:6;\[open(at)?\] 2$", folded, re.M)
    for by in ("call", "line", "thread"):
        assert " all\n" in report(f"--summary={by}").stdout
    lines = report("--summary=line", "--json").json()
    row = next(r for r in lines["rows"] if r.get("function") == "look"
               and r["line"] == 6)
    assert (row["count"], row["errors"]) == (2, 2)
    assert 0 < row["p50"] <= row["p99"] <= row["max"] <= row["total"]
    nothing = report("-f", "text", "--where", "name == nope")
    assert "(" not in nothing.stdout
    assert "no call: none of those asked for was made" in nothing.stderr


def test_a_page_is_a_timeline_or_a_flame_graph(hognose, any_python, program,
                                               tmp_path):
    follow(hognose, any_python, program, "-e", "write", "-o", "a.html")
    follow(hognose, any_python, program, "-e", "write", "--weight", "count",
           "-o", "b.html")
    assert '<canvas id="chart"' in (tmp_path / "a.html").read_text()
    assert 'id="flamegraph"' in (tmp_path / "b.html").read_text()


WRONG = [
    ("fd == O_NOPE", 6, "unknown constant 'O_NOPE'"),
    ("name = open", 5, "write =="),
    ("(name == open", 0, "never closed"),
    ("duration > 5", 11, "needs a unit"),
    ("flasg & O_CREAT", 0, "did you mean 'flags'"),
    ("path ~ '('", 8, "regular expression"),
    ("", 0, "a condition is needed"),
]


@pytest.mark.parametrize("expression,at,words", WRONG)
@pytest.mark.parametrize("command", ["syscalls", "report"])
def test_a_bad_condition_is_pointed_at(hognose, tmp_path, command, expression,
                                       at, words):
    target = {"syscalls": ["-p", "1"], "report": ["none.hog"]}[command]
    done = hognose.run(command, "--where", expression, *target, cwd=tmp_path)
    assert done.returncode == 2
    what, shown, mark = done.stderr.splitlines()
    assert words in what
    start = f"hognose: {command}:   "
    assert shown == (start + expression)
    assert mark == start + at * " " + "^"


def test_no_call_is_explained(hognose, any_python, program):
    done = follow(hognose, any_python, program, "-e", "mount", "-f", "jsonl")
    assert done.returncode == 7
    assert done.stderr == ("hognose: syscalls: no call: none of those asked "
                           "for was made\n")


def test_a_program_that_cannot_be_started_is_told(hognose, tmp_path):
    manners.refused(hognose, "syscalls", "-o", "x.jsonl", "--", "./nope",
                    status=1, words=["./nope"], cwd=tmp_path)
    assert not list(tmp_path.iterdir())
