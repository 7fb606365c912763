# SPDX-License-Identifier: Apache-2.0
"""Processes chosen by what they are: several ids, a name, a control group, all
Pythons; those that start later too; and many that sleep cost little."""

import json
import os
import re
import subprocess
import time
import uuid

import pytest

import programs
import shares

ROOT = re.compile(r"\[process (\d+) (.*)\]$")
CGROUPS = "/sys/fs/cgroup"


def pids(stacks):
    """Processes that have a root of their own."""
    roots = (ROOT.match(stack.frames[0]) for stack in stacks)
    return {int(root[1]) for root in roots if root}


@pytest.fixture
def word():
    """A word that no other process has in its command line."""
    return "w" + uuid.uuid4().hex


def shown(hognose, *args):
    return hognose.run("record", "-q", "-f", "folded", "-o", "-", *args).ok()


# --- several ids -------------------------------------------------------------

def test_several_ids_are_several_roots(hognose, target):
    workers = [target("works_in_two_threads.py") for _ in range(2)]
    both = [arg for w in workers for arg in ("-p", w.pid)]
    found = shown(hognose, *both, "-d", "1").folded()
    assert pids(found) == {w.pid for w in workers}


def test_a_recording_of_several_ends_with_the_last(hognose, target, tmp_path):
    first, last = (target("works_in_two_threads.py") for _ in range(2))
    recorder = hognose.start("record", "-p", str(first.pid), "-p",
                             str(last.pid), "-o", str(tmp_path / "o.folded"))
    time.sleep(0.5)
    first.kill()
    time.sleep(0.5)
    assert recorder.running
    last.kill()
    recorder.result(20).ok()
    found = programs.parse_folded((tmp_path / "o.folded").read_text())
    assert pids(found) == {first.pid, last.pid}


# --- names -------------------------------------------------------------------

def test_a_name_chooses(hognose, target, word):
    wanted = [target("works_in_two_threads.py", word) for _ in range(2)]
    target("works_in_two_threads.py", "other")
    found = shown(hognose, "--name", word, "-d", "1").folded()
    assert pids(found) == {w.pid for w in wanted}


def test_a_name_is_a_regular_expression(hognose, any_python, target, word):
    wanted = target("works_in_two_threads.py", word + "-17")
    target("works_in_two_threads.py", word + "-x")
    found = shown(hognose, "--name", word + "-([0-9]+|none)$", "-d", "1", "-v")
    assert f"process {wanted.pid}:" in found.stderr
    assert found.stderr.count(": process ") == 1, found


@pytest.mark.pythons(debug=False, each_minor=True)
def test_a_later_one_is_taken_too(hognose, python, target, word, tmp_path):
    target("works_in_two_threads.py", word)
    recorder = hognose.start("record", "--name", word, "-d", "4", "-o",
                             str(tmp_path / "o.folded"))
    time.sleep(1)
    late = target("works_in_two_threads.py", word)
    other = target("works_in_two_threads.py", "other")
    recorder.result(30).ok()
    found = pids(programs.parse_folded((tmp_path / "o.folded").read_text()))
    assert late.pid in found and other.pid not in found and len(found) == 2


def test_children_of_a_chosen_one_are_taken(hognose, any_python, target, word,
                                            tmp_path):
    """Whatever their command line says; not so with --no-follow."""
    code = ("import subprocess, sys\n"
            "print('ready')\nsys.stdout.flush()\nsys.stdin.readline()\n"
            "subprocess.call([sys.executable, '-c', sys.argv[1]])\n")
    work = ("import time\nend = time.time() + 2\n"
            "while time.time() < end: pass\n")
    counts = []
    for options in ((), ("--no-follow",)):
        parent = programs.Program(
            any_python.command("-c", code, work, word),
            stdin=subprocess.PIPE)
        hognose.started.append(parent)
        parent.wait_for("ready")
        out = tmp_path / f"o{len(counts)}.folded"
        # The child's command line has the pattern's word no more.
        recorder = hognose.start("record", "--name", word + "$", "-d", "4",
                                 *options, "-o", str(out), "-q")
        time.sleep(0.7)
        parent.say(b"\n")
        recorder.result(30).ok()
        counts.append(shares.total(programs.parse_folded(out.read_text())))
        parent.stop()
    assert counts[0] > 60 and counts[1] < 30, counts


def test_nothing_fits(hognose, target, word, tmp_path):
    """Whoever mistypes a name sees what there is."""
    worker = target("says_ready.py")
    for command in (["record", "-d", "1"], ["dump"]):
        done = hognose.run(*command, "--name", word, cwd=tmp_path)
        assert done.returncode == 1 and word in done.stderr, done
        assert len(done.stderr.splitlines()) == 1
        assert "of all kinds there are" in done.stderr
    listed = hognose.run("doctor", "--json").json()["processes"]
    assert worker.pid in {one["pid"] for one in listed}
    assert not list(tmp_path.iterdir())


def test_wait_lets_one_come(hognose, target, word):
    recorder = hognose.start("record", "--name", word + "$", "--wait", "30",
                             "-d", "1", "-q", "-f", "folded", "-o", "-")
    time.sleep(0.5)
    assert recorder.running
    target("works_in_two_threads.py", word)
    assert shares.total(recorder.result(30).ok().folded()) > 10


@pytest.mark.parametrize("args,words", [
    (["--name", "("], "extended regular expression"),
    (["--name", ""], "--all takes every Python"),
    (["--cgroup", ""], "a path, a unit or a container id"),
    (["--all", "--name", "x"], "leave --all out"),
    (["--all", "-p", "1"], "leave one of them out"),
])
@pytest.mark.parametrize("command", ["record", "dump"])
def test_bad_usage(hognose, tmp_path, command, args, words):
    done = hognose.run(command, *args, cwd=tmp_path)
    assert done.returncode == 2 and words in done.stderr, done


# --- control groups ----------------------------------------------------------

@pytest.fixture
def group():
    """Makes groups below a hierarchy that lets us: group("name/below") is the
    path of its folder."""
    made = []
    roots = [os.path.join(CGROUPS, name) for name in (
        "", "unified", "pids", "freezer", "memory")]
    for root in roots:
        top = os.path.join(root, f"hognose-test-{os.getpid()}")
        if not os.path.exists(os.path.join(root, "cgroup.procs")):
            continue
        try:
            os.mkdir(top)
        except OSError:
            continue
        made.append(top)
        break
    if not made:
        pytest.skip("no control group can be made here")

    def make(name):
        path = os.path.join(made[0], name)
        os.mkdir(path)
        made.append(path)
        return path

    yield make
    for path in reversed(made):
        programs.wait_until(lambda: not open(path + "/cgroup.procs").read(),
                            what="the end of what was in the group")
        os.rmdir(path)


def move(process, folder):
    with open(os.path.join(folder, "cgroup.procs"), "w",
              encoding="ascii") as procs:
        procs.write(str(process.pid))


@pytest.mark.needs("root")
def test_a_group_holds_those_below(hognose, group, any_python, target, word):
    outer = group("outer")
    inner = group("outer/" + uuid.uuid4().hex)
    workers = [target("works_in_two_threads.py", word) for _ in range(3)]
    try:
        move(workers[0], outer)
        move(workers[1], inner)
        inside = {w.pid for w in workers[:2]}
        relative = next(
            line.split(":", 2)[2].strip()
            for line in open(f"/proc/{workers[0].pid}/cgroup")
            if "hognose-test" in line)
        for name in (outer, outer + "/", relative, relative.strip("/"),
                     "outer"):
            found = hognose.run("dump", "--json", "--cgroup", name, "--name",
                                word).ok().json()
            assert {one["pid"] for one in found} == inside, name
        # What a container's id looks like.
        for name in (inner, os.path.basename(inner),
                     os.path.basename(inner)[:12]):
            found = shown(hognose, "--cgroup", name, "-v", "-d", "0.5")
            assert f"process {workers[1].pid}:" in found.stderr, found
            assert f"process {workers[0].pid}:" not in found.stderr, found
    finally:
        for worker in workers:
            worker.stop()


@pytest.mark.needs("root")
def test_who_enters_a_group_is_taken(hognose, group, any_python, target):
    folder = group("box")
    first, second = (target("works_in_two_threads.py") for _ in range(2))
    try:
        move(first, folder)
        recorder = hognose.start("record", "--cgroup", folder, "-d", "8", "-q",
                                 "-f", "folded", "-o", "-")
        time.sleep(1)
        move(second, folder)
        found = pids(recorder.result(30).ok().folded())
        assert found == {first.pid, second.pid}
    finally:
        first.stop()
        second.stop()


def test_a_group_that_is_not_there(hognose, tmp_path):
    done = hognose.run("record", "--cgroup", "/no/such/group", cwd=tmp_path)
    assert done.returncode == 1 and "/no/such/group" in done.stderr, done


# --- all ---------------------------------------------------------------------

def test_all_takes_every_python(hognose, python, target, tmp_path):
    early = target("works_in_two_threads.py")
    recorder = hognose.start("record", "--all", "-v", "-q", "-o",
                             str(tmp_path / "o.folded"))
    time.sleep(1)
    late = target("works_in_two_threads.py")
    time.sleep(3)
    # Of all that runs here some slots may be left for it, or none: whether it
    # was taken is what counts.
    said = recorder.interrupt(60).ok().stderr
    taken = {int(pid) for pid in re.findall(r"process (\d+): Python", said)}
    assert {early.pid, late.pid} <= taken and recorder.pid not in taken
    found = pids(programs.parse_folded((tmp_path / "o.folded").read_text()))
    assert found and found <= taken


@pytest.mark.needs("root", "setpriv")
def test_all_leaves_out_what_it_may_not_read(hognose, any_python, target,
                                             tmp_path):
    target("says_ready.py")
    own = programs.Program(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
         "/usr/bin/python3", "-c", "import time; print('ready', flush=True)\n"
         "while True: pass"])
    hognose.started.append(own)
    own.wait_for("ready")
    program = tmp_path / "hognose"
    program.write_bytes(open(hognose.path, "rb").read())
    program.chmod(0o755)
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents:
        if str(parent) not in ("/", "/tmp"):
            parent.chmod(parent.stat().st_mode | 0o055)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
         str(program), "record", "--all", "-d", "1", "-f", "folded", "-o",
         "-", "-v"], capture_output=True, text=True, cwd=tmp_path,
        check=False)
    assert done.returncode == 0, done
    assert f"process {own.pid}:" in done.stderr
    # Once, and once more when there came others meanwhile.
    assert 1 <= done.stderr.count("may not be read") <= 2, done
    assert "user or as root" in done.stderr


@pytest.mark.needs("unshare")
def test_all_sees_into_containers(hognose, any_python, word):
    unshare = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run(unshare + ["true"], check=False,
                      capture_output=True).returncode:
        pytest.skip("no right to make a PID namespace")
    outer = programs.Program(unshare + any_python.command(
        "-c", "import os\nprint('ready %d' % os.getpid(), flush=True)\n"
        "while True: pass", word))
    hognose.started.append(outer)
    outer.wait_for("ready 1")
    found = shown(hognose, "--name", word + "$", "-d", "1", "-v")
    with open(f"/proc/{outer.pid}/task/{outer.pid}/children",
              encoding="ascii") as children:
        assert f"process {int(children.read())}:" in found.stderr, found


# --- dump --------------------------------------------------------------------

def test_dump_shows_several(hognose, target, word):
    workers = [target("says_ready.py", word, ready="ready") for _ in range(3)]
    wanted = sorted(w.pid for w in workers)
    found = hognose.run("dump", *wanted[:2], "--json").ok().json()
    assert [one["pid"] for one in found] == wanted[:2]
    found = hognose.run("dump", "--name", word, "--json").ok().json()
    assert [one["pid"] for one in found] == wanted
    text = hognose.run("dump", "--name", word).ok().stdout
    assert re.findall(r"^Process (\d+):", text, re.M) == \
        [str(pid) for pid in wanted]
    found = hognose.run("dump", "--all", "--json").ok().json()
    assert set(wanted) <= {one["pid"] for one in found}
    alone = hognose.run("dump", wanted[0], "--json").ok().json()
    assert alone["pid"] == wanted[0]


def test_one_bad_process_does_not_hide_the_others(hognose, target):
    worker = target("says_ready.py")
    gone = subprocess.Popen(["true"])
    gone.wait()
    done = hognose.run("dump", gone.pid, worker.pid, "--json")
    assert done.returncode == 1 and str(gone.pid) in done.stderr, done
    assert [one["pid"] for one in done.json()] == [worker.pid]


# --- many that sleep -----------------------------------------------------------

@pytest.mark.timing
def test_sleepers_cost_little(hognose, any_python, target, word, tmp_path):
    """A hundred sleepers beside one that works: what they add is less than a
    microsecond's work for each in each slot would be."""
    target("starts_many.py", "100", word)
    worker = target("works_in_two_threads.py", word)
    cost = []
    for seconds in (2, 10):
        stats = tmp_path / "stats.json"
        out = shown(hognose, "--name", word, "-r", "100", "-d", seconds,
                    "--stats", stats)
        told = json.loads(stats.read_text())
        assert told["processes"] == 102
        assert pids(out.folded()) == {worker.pid}
        cost.append(told["cpu_seconds"])
    # Eight seconds more, on any machine: well below a tenth of a core.
    assert cost[1] - cost[0] < 0.8, cost


@pytest.mark.timing
def test_bursts_among_sleepers_keep_their_weight(hognose, any_python, target,
                                                 word, tmp_path):
    """At 1 kHz 200 sleepers are looked at in turn, every ten slots or so; a
    look that meets work stands for those in between."""
    target("starts_many.py", "200", word)
    worker = target("works_in_bursts.py", "0.03", "0.23", "12", word)
    stats = tmp_path / "stats.json"
    recorder = hognose.start("record", "--name", word, "-r", "1000", "-q",
                             "-f", "folded", "-o", "-", "--stats", str(stats))
    worker.wait(60)
    found = recorder.interrupt().ok().folded()
    spent = shares.said(worker.stdout, "burst")[0]
    told = json.loads(stats.read_text())
    served = 1 - told["missed"] / told["slots"]
    slots = shares.weight_of(found, "burst")
    assert 0.7 < slots / (1000 * spent * served) < 1.4, (slots, spent, served)
