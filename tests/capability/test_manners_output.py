# SPDX-License-Identifier: Apache-2.0
"""Where the result goes, and what happens when it cannot go there."""

import json
import os
import subprocess

import pytest

from manners import is_refusal, refused


@pytest.fixture
def worker(target):
    return target("-c", "import sys\n"
                  "sys.stdout.write('ready\\n'); sys.stdout.flush()\n"
                  "while True: sum(range(1000))")


def test_the_default_is_a_page_named_after_program_and_process(
        hognose, target, tmp_path):
    script = tmp_path / "my app;x.py"
    script.write_text("print('ready', flush=True)\n"
                      "while True: sum(range(1000))\n")
    worker = target(str(script))
    folder = tmp_path / "out"
    folder.mkdir()
    result = hognose.run("record", "-p", worker.pid, "-d", "0.3",
                         cwd=folder).ok()
    made = [path.name for path in folder.iterdir()]
    assert made == [f"hognose-my_app_x-{worker.pid}.html"]
    assert made[0] in result.stderr
    assert (folder / made[0]).read_text().lower().startswith("<!doctype html")


def test_the_suffix_picks_the_format(hognose, worker, tmp_path):
    out = tmp_path / "x.folded"
    hognose.run("record", "-p", worker.pid, "-d", "0.3", "-o", out).ok()
    assert "sum(range" not in out.read_text()
    assert out.read_text().splitlines()[0].split()[-1].isdigit()


def test_format_wins_over_the_suffix(hognose, worker, tmp_path):
    out = tmp_path / "x.html"
    hognose.run("record", "-p", worker.pid, "-d", "0.3", "-f", "folded", "-o",
                out).ok()
    assert not out.read_text().startswith("<!")


@pytest.mark.parametrize("form", ["html", "folded", "hog", "table"])
def test_a_full_disk_is_an_error(hognose, worker, form):
    result = hognose.run("record", "-p", worker.pid, "-d", "0.2", "-f", form,
                         "-o", "/dev/full")
    is_refusal(result, 1, ["/dev/full", "No space left"])


def test_a_full_disk_for_the_statistics_is_an_error(hognose, worker, tmp_path):
    result = hognose.run("record", "-p", worker.pid, "-d", "0.2", "-o",
                         tmp_path / "x.folded", "--stats", "/dev/full")
    assert result.returncode == 1
    assert "/dev/full" in result.stderr


def test_a_directory(hognose, worker, tmp_path):
    refused(hognose, "record", "-p", worker.pid, "-d", "5", "-o", tmp_path,
            status=1, words=["Is a directory"])
    refused(hognose, "record", "-p", worker.pid, "-d", "5", "-f", "html",
            "-o", tmp_path, status=1, words=["Is a directory"])
    refused(hognose, "record", "-p", worker.pid, "-d", "5", "--stats",
            tmp_path, "-o", tmp_path / "x.html", status=1,
            words=["Is a directory"])
    assert not list(tmp_path.iterdir())


def test_a_directory_that_is_not_there(hognose, worker, tmp_path):
    refused(hognose, "record", "-p", worker.pid, "-d", "5", "-o",
            tmp_path / "no" / "x.html", status=1,
            words=["No such file or directory"])


def test_a_place_where_nobody_may_write(hognose, worker):
    """Not even root makes files in /sys."""
    result = refused(hognose, "record", "-p", worker.pid, "-d", "5", "-o",
                     "/sys/x.html", status=1, words=["/sys/x.html"])
    assert ("Permission denied" in result.stderr
            or "Read-only file system" in result.stderr)


def test_a_reader_that_goes_away_is_an_error_with_words(hognose, worker):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [hognose.path, "record", "-p", str(worker.pid), "-d", "0.2", "-f",
         "folded", "-o", "-"], stdout=write, stderr=subprocess.PIPE,
        text=True, check=False)
    os.close(write)
    assert done.returncode == 1, done
    assert "Broken pipe" in done.stderr


def test_a_closed_stdout_is_an_error(hognose, worker):
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" >&-', hognose.path, "record", "-p",
         str(worker.pid), "-d", "0.2", "-f", "folded", "-o", "-"],
        capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    assert "hognose: record:" in done.stderr


def test_quiet_says_nothing(hognose, worker, tmp_path):
    result = hognose.run("record", "-q", "-p", worker.pid, "-d", "0.3", "-o",
                         tmp_path / "x.html").ok()
    assert result.stdout == "" and result.stderr == ""


def test_the_summary_is_one_line(hognose, worker, tmp_path):
    out = tmp_path / "x.html"
    result = hognose.run("record", "-p", worker.pid, "-d", "0.3", "-o",
                         out).ok()
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert "samples" in result.stderr and str(out) in result.stderr


def test_statistics_have_every_field(hognose, worker, tmp_path):
    stats = tmp_path / "stats.json"
    hognose.run("record", "-p", worker.pid, "-d", "0.5", "-r", "200", "-o",
                tmp_path / "x.html", "--stats", stats).ok()
    said = json.loads(stats.read_text())
    assert set(said) >= {
        "asked_hz", "slots", "samples", "late", "missed", "retries", "stops",
        "torn", "unreadable", "truncated", "repaired", "unseen",
        "estimated_wrong",
        "cpu_seconds", "max_rss_bytes", "wall_seconds", "processes", "threads",
        "unstopped", "stopped_seconds"}
    assert said["asked_hz"] == 200
    assert said["stops"] == said["unstopped"] == said["stopped_seconds"] == 0
    assert said["processes"] == 1
    assert 0.4 < said["wall_seconds"] < 2
    assert 0 < said["samples"] <= said["slots"]
