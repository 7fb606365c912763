# SPDX-License-Identifier: Apache-2.0
"""A dump says who holds the GIL, who waits for it, and who does something else."""

import collections
import time

import pytest

LOOKS = 5


def look(hognose, worker):
    """{thread name: Counter of its roles} over some dumps."""
    roles = collections.defaultdict(collections.Counter)
    time.sleep(1.0)  # till they are busy
    for _ in range(LOOKS):
        dump = hognose.run("dump", worker.pid, "--json").ok().json()
        threads = {t["name"]: t for t in dump["threads"]}
        assert sorted(threads) == ["MainThread", "busy-1", "busy-2", "sleeper",
                                   "waiter"]
        holders = [t for t in threads.values() if t["gil"] == "holds"]
        assert len(holders) <= 1
        for name, thread in threads.items():
            roles[name][thread["gil"]] += 1
            if name in ("sleeper", "waiter", "MainThread"):
                assert thread["state"] == "sleeping"
            if name.startswith("busy"):
                assert [f["name"] for f in thread["frames"]][0] == "busy"
                assert thread["frames"][0]["line"] in (11, 12, 13, 14)
    return roles


def check_busy(roles):
    """The first to get it never gives it up, the other waits."""
    assert sorted([roles["busy-1"], roles["busy-2"]], key=str) == \
        [{"holds": LOOKS}, {"waits": LOOKS}], roles


@pytest.mark.pythons(free_threaded=False)
def test_one_holds_one_waits_the_others_neither(python, target, hognose):
    roles = look(hognose, target("plays_gil_roles.py"))
    for name in ("sleeper", "waiter", "MainThread"):
        assert roles[name] == {"none": LOOKS}
    check_busy(roles)


@pytest.mark.pythons(free_threaded=True)
def test_no_roles_without_a_gil(python, target, hognose):
    roles = look(hognose, target("plays_gil_roles.py"))
    for name, seen in roles.items():
        assert set(seen) == {"none"}, name


@pytest.mark.pythons(free_threaded=True)
def test_roles_when_the_gil_is_switched_on(python, target, hognose):
    roles = look(hognose, target("plays_gil_roles.py",
                                 env={"PYTHON_GIL": "1"}))
    check_busy(roles)
