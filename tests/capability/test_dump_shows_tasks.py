# SPDX-License-Identifier: Apache-2.0
"""dump --async shows asyncio's tasks: their names, what each waits for, the
frames it is suspended in, and who awaits whom."""

import json
import re
import subprocess

import pytest

pytestmark = pytest.mark.pythons(each_minor=True)

TASKS = pytest.mark.pythons(low=(3, 8))  # 3.7 has no names
SCRIPT = "awaits_in_many_ways.py"


def truth_of(worker):
    return json.loads(worker.stdout.splitlines()[0])


def dump_of(hognose, worker, which="--async=all"):
    return hognose.run("dump", "--json", which, worker.pid).ok().json()


def tasks_of(dump, thread=0):
    """name -> [state, awaited by, frames], as the target says them."""
    tasks = dump["threads"][thread]["tasks"]
    names = {t["id"]: t["name"] for t in tasks}
    return {t["name"]: [t["state"], sorted(names[i] for i in t["awaited_by"]),
                        [f["name"] for f in t["frames"]]] for t in tasks}


def compare(dump, truth, top="Task-1"):
    """top: who awaits main; the program gave it no name."""
    found = tasks_of(dump)
    for name, (state, awaited_by, frames) in truth.items():
        want = [top] if name == "main" else sorted(awaited_by)
        assert found[name] == [state, want, frames], name
    assert len(found) == len(truth) + 1


@TASKS
def test_every_way_to_wait(python, target, hognose):
    worker = target(SCRIPT, "ways")
    dump = dump_of(hognose, worker)
    compare(dump, truth_of(worker))
    awaits = {t["name"]: t["awaits"] for t in dump["threads"][0]["tasks"]}
    assert awaits["main"] == "gather"
    assert awaits["directly"] == "task directly-1"
    assert awaits["custom"] == "sleep"
    assert re.search("get$", awaits["queues"])
    lines = {f["line"] for t in dump["threads"][0]["tasks"]
             for f in t["frames"]}
    assert all(lines)


@pytest.mark.pythons(low=(3, 7), high=(3, 7))
def test_without_names_coroutines_tell(python, target, hognose):
    worker = target(SCRIPT, "ways")
    tasks = dump_of(hognose, worker)["threads"][0]["tasks"]
    by_id = {t["id"]: t["coro"] for t in tasks}
    parents = {(t["coro"], by_id[i]) for t in tasks for i in t["awaited_by"]}
    assert {t["name"] for t in tasks} == {None}
    for caller in ("directly", "waits", "waits_for", "shields"):
        assert ("worker", caller) in parents
        assert (caller, "ways") in parents


@TASKS
def test_tasks_written_in_python(python, target, hognose):
    worker = target(SCRIPT, "ways", "python")
    found = tasks_of(dump_of(hognose, worker))
    for name, (state, awaited_by, frames) in truth_of(worker).items():
        if found[name][2][0] == "__await__":
            del found[name][2][0]  # of a Future written in Python
        if name != "main":
            assert found[name] == [state, sorted(awaited_by), frames], name


@TASKS
def test_states(python, target, hognose):
    """A task that blocks its loop is seen running, with its frames; those that
    could run, and those that have not begun, say so."""
    worker = target(SCRIPT, "states")
    compare(dump_of(hognose, worker), truth_of(worker))


@TASKS
def test_running_shows_the_task_and_who_awaits_it(python, target, hognose):
    worker = target(SCRIPT, "states")
    dump = dump_of(hognose, worker, "--async")
    assert set(tasks_of(dump)) == {"main", "Task-1"}
    worker.stop()


@TASKS
def test_a_circle_of_tasks(python, target, hognose):
    worker = target(SCRIPT, "cycle")
    compare(dump_of(hognose, worker), truth_of(worker))
    text = hognose.run("dump", "--async=all", worker.pid).ok().stdout
    assert len(re.findall(r'Task "cycle-\d"', text)) == 3


@TASKS
@pytest.mark.parametrize("scene", ["chain", "many"])
def test_ten_thousand_tasks(python, target, hognose, scene):
    worker = target(SCRIPT, scene)
    compare(dump_of(hognose, worker), truth_of(worker))
    text = hognose.run("dump", "--async=all", worker.pid).ok().stdout
    assert len(re.findall(rf'^ *Task "{scene}-\d+"', text, re.M)) == 10000


@TASKS
def test_deep_coroutines(python, target, hognose):
    worker = target(SCRIPT, "deep")
    compare(dump_of(hognose, worker), truth_of(worker))


@pytest.mark.pythons(low=(3, 12))
def test_eager_tasks(python, target, hognose):
    worker = target(SCRIPT, "eager")
    compare(dump_of(hognose, worker), truth_of(worker))


@TASKS
def test_each_loop_has_its_thread(python, target, hognose):
    worker = target(SCRIPT, "ways", "thread")
    dump = dump_of(hognose, worker)
    names = [t["name"] for t in dump["threads"]]
    truth = truth_of(worker)
    second = tasks_of(dump, names.index("second"))
    first = tasks_of(dump, names.index("MainThread"))
    assert second["other-1"] == truth["other-1"]
    assert "other-1" not in first
    assert first["custom"] == truth["custom"]
    assert "custom" not in second


@TASKS
@pytest.mark.needs("gcore", "ptrace")
def test_core(python, target, hognose, tmp_path):
    if python.root:
        pytest.skip("the core would lie inside the other root")
    worker = target(SCRIPT, "ways")
    live = dump_of(hognose, worker)
    prefix = tmp_path / "core"
    subprocess.run(["gcore", "-o", prefix, str(worker.pid)], check=True,
                   capture_output=True)
    core = hognose.run("dump", "--core", f"{prefix}.{worker.pid}",
                       "--async=all", "--json").ok().json()
    assert tasks_of(core) == tasks_of(live)


@pytest.mark.pythons(high=(3, 6))
def test_what_cannot_be_read_is_said(python, target, hognose):
    worker = target("says_ready.py")
    result = hognose.run("dump", "--async", worker.pid).ok()
    assert "tasks" in result.stderr and python.id[:3] in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_program_without_asyncio_has_no_tasks(python, target, hognose):
    worker = target("says_ready.py")
    dump = dump_of(hognose, worker)
    assert [t["tasks"] for t in dump["threads"]] == [[]]
