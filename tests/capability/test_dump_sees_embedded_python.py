# SPDX-License-Identifier: Apache-2.0
"""A program that embeds CPython is read once it is initialised, and refused
with the reason before that and after its end."""

import subprocess

import pytest

import builds
import manners
import pythons

pytestmark = [pytest.mark.pythons(chroot=False), pytest.mark.needs("cc")]


@pytest.fixture
def embed(python, program, tmp_path):
    """embed(code, word...) runs embeds_python.c with a shared libpython, or
    with a static one where there is no other."""
    shared = builds.config(python, "Py_ENABLE_SHARED")[0] == "1"
    exe = builds.embedder(python, tmp_path, "embeds_python.c",
                          static=not shared)

    def start(code, *words, ready="ready", **popen):
        return program([exe, code, *words], ready=ready,
                       env=builds.home(python), **popen)

    return start


@pytest.fixture
def stands():
    return (pythons.TARGETS / "stands_still.py").read_text()


def test_initialised_late(python, embed, stands, hognose, tmp_path):
    worker = embed(stands, "wait", "init", "run", ready="waits",
                   stdin=subprocess.PIPE)
    manners.refused(hognose, "dump", worker.pid, status=1,
                    words=["not running yet"])
    recorder = hognose.start("record", "-p", worker.pid, "--wait", "30", "-d",
                             "1", "--idle", "-f", "folded", "-o", "-")
    worker.say(b"\n")
    worker.wait_for("ready", 30)
    builds.assert_stands(hognose, worker.pid, python.version)
    assert any(stack.has("outer", "middle", "inner")
               for stack in recorder.result().ok().folded())


def test_finalised(embed, hognose):
    worker = embed("x = 1", "init", "run", "end", "wait", ready="waits",
                   stdin=subprocess.PIPE)
    assert "finalized" in worker.stdout
    for command in (["dump"], ["record", "-o", "-", "-p"]):
        manners.refused(hognose, *command, worker.pid, status=1,
                        words=["no longer"])
    assert worker.running


@pytest.mark.pythons(low=(3, 10))
def test_ends_while_recorded(embed, hognose):
    """Py_Finalize in the middle of a recording ends it with what there was."""
    worker = embed("import time; print('spins')\nimport sys\n"
                   "sys.stdout.flush()\nend = time.time() + 0.8\n"
                   "while time.time() < end: sum(range(2000))\n",
                   "init", "run", "end", "wait", ready="spins",
                   stdin=subprocess.PIPE)
    recorder = hognose.start("record", "-p", worker.pid, "-d", "3", "-f",
                             "folded", "-o", "-")
    result = recorder.result().ok()
    assert any("<module>" in stack.line for stack in result.folded())
    assert worker.running


def test_python_only_in_a_second_thread(python, embed, stands, hognose):
    worker = embed(stands, "thread", "init", "run")
    dump = builds.assert_stands(hognose, worker.pid, python.version)
    assert not any(thread["main"] for thread in dump["threads"])
    assert worker.pid not in [thread["tid"] for thread in dump["threads"]]


AGAIN = """
import os
if os.environ.get("HOGNOSE_LIFE"):
    exec(compile(open({path!r}).read(), {path!r}, "exec"))
os.environ["HOGNOSE_LIFE"] = "2"
"""


def test_initialised_again(python, embed, hognose):
    """The second life of a runtime, its interpreter at another address."""
    path = str(pythons.TARGETS / "stands_still.py")
    worker = embed(AGAIN.format(path=path), "init", "run", "end", "init",
                   "run")
    builds.assert_stands(hognose, worker.pid, python.version)
