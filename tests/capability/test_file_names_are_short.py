# SPDX-License-Identifier: Apache-2.0
"""A file is named by what follows its entry of sys.path, from the first sample
of a program on."""

import pytest

APP = """
import time
from shop.till import count
def serve(end):
    while time.time() < end:
        count()
serve(time.time() + 1.0)
"""

TILL = """
def count():
    return sum(range(1000))
"""


@pytest.fixture
def app(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "till.py").write_text(TILL)
    path = tmp_path / "app.py"
    path.write_text(APP)
    return path


def frames_of(result):
    return {frame for stack in result.folded() for frame in stack.frames
            if frame[0] != "[" and ("app.py:" in frame or "till.py:" in frame)}


# The program's own folder comes to sys.path last: at a high rate samples have
# read it before.
@pytest.mark.needs("ptrace")
@pytest.mark.parametrize("rate", [100, 5000])
def test_in_a_launched_program(python, hognose, app, rate):
    done = hognose.run("record", "-r", rate, "-f", "folded", "-o", "-", "--",
                       *python.command(app), timeout=60.0).ok()
    names = {frame.split(":")[0] for frame in frames_of(done)}
    assert names == {"app.py", "shop/till.py"}, done


@pytest.mark.needs("ptrace")
def test_full_paths_are_there_for_who_asks(any_python, hognose, app):
    done = hognose.run("record", "--full-paths", "-f", "folded", "-o", "-",
                       "--", *any_python.command(app), timeout=60.0).ok()
    names = {frame.split(":")[0] for frame in frames_of(done)}
    assert names == {str(app), str(app.parent / "shop" / "till.py")}, done


FORKS = """
import os
def child():
    x = 0
    for i in range(30000):
        x += i
    os._exit(0)
for i in range(400):
    pid = os.fork()
    if pid == 0:
        child()
    os.waitpid(pid, 0)
"""


@pytest.mark.needs("ptrace")
def test_in_children_that_end_at_once(any_python, hognose, tmp_path):
    """Too soon, often, to read their sys.path: it is their parent's."""
    path = tmp_path / "app.py"
    path.write_text(FORKS)
    done = hognose.run("record", "-r", "1k", "-f", "folded", "-o", "-", "--",
                       *any_python.command(path), timeout=60.0).ok()
    names = {frame.split(":")[0] for frame in frames_of(done)}
    assert names == {"app.py"}, done
