# SPDX-License-Identifier: Apache-2.0
"""A target in other namespaces, or behind another root, shows the same thread
ids, names, lines and source as any other."""

import json
import subprocess

import pytest

import builds
import programs




def inner_ids(pid):
    """{native id as the target sees it: as we see it}"""
    ids = {}
    for path in programs.pathlib.Path(f"/proc/{pid}/task").iterdir():
        for line in (path / "status").read_text().splitlines():
            if line.startswith("NSpid:"):
                ids[int(line.split()[-1])] = int(path.name)
    return ids


@pytest.mark.needs("unshare")
@pytest.mark.pythons(chroot=False)
def test_in_pid_user_and_mount_namespaces(python, program, hognose):
    own = ["unshare", "-Urpmf", "--mount-proc"]
    if subprocess.run([*own, "true"], capture_output=True,
                      check=False).returncode:
        pytest.skip("no user namespaces here")
    worker = program([*own, *python.command("names_threads.py", 5)],
                     env=builds.pythons.clean_env())
    truth = json.loads(worker.stdout.splitlines()[0])
    pid = inner = None
    with open(f"/proc/{worker.pid}/task/{worker.pid}/children",
              encoding="ascii") as children:
        pid = int(children.read().split()[0])
    dump = hognose.run("dump", "--json", pid).ok().json()
    threads = {thread["name"]: thread for thread in dump["threads"]}
    assert dump["pid"] == pid and threads["MainThread"]["tid"] == pid
    assert sorted(t["tid"] for t in dump["threads"]) == sorted(
        inner_ids(pid).values())
    for name, (inner, calls) in truth.items():
        assert threads[name]["syscall"] in calls.split("|"), threads[name]
        if inner is not None:
            assert threads[name]["tid"] == inner_ids(pid)[inner]
    stacks = hognose.run("record", "-p", pid, "-d", "0.2", "--idle", "-t",
                         "--no-follow", "-f", "folded", "-o",
                         "-").ok().folded()
    assert any(stack.frames[0] == f"[thread {pid} MainThread]"
               for stack in stacks)
    assert worker.running


@pytest.mark.pythons(chroot=True)
def test_behind_another_root(python, target, hognose):
    """The files are those of the target's root, not of ours."""
    worker = target("stands_still.py")
    builds.assert_stands(hognose, worker.pid, python.version)
    text = hognose.run("dump", worker.pid).ok().stdout
    assert "    inner (/srv/hognose-targets/stands_still.py:" in text
    assert "        time.sleep(1000)\n" in text
    assert "/threading.py:" in text
    assert "        self.run()\n" in text or "_context.run" in text


HIDE = 'mount -t tmpfs none "$0" && exec "$@"'


@pytest.mark.needs("root", "unshare")
@pytest.mark.pythons(low=(3, 10))
def test_hognose_in_another_mount_namespace(python, program, hognose,
                                            tmp_path):
    """Where it runs, the target's files do not exist."""
    folder = tmp_path / "hidden"
    folder.mkdir()
    copy = builds.Copy(python, folder)
    script = folder / "stands_still.py"
    script.write_text((builds.pythons.TARGETS / "stands_still.py").read_text())
    worker = program([*copy.command("x")[:-1], script], env=copy.env())
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", HIDE, str(folder), hognose.path, "dump",
         str(worker.pid)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name, line in builds.expected_frames():
        assert f"    {name} ({script}:{line})\n" in done.stdout
    assert "        time.sleep(1000)\n" in done.stdout
