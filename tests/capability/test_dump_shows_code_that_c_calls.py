# SPDX-License-Identifier: Apache-2.0
"""Python code that C code called, and code of every other kind, is shown with
the lines being executed."""

import json


def truth_of(worker):
    return json.loads(worker.stdout.splitlines()[0])


def test_every_callback_is_shown(python, target, hognose):
    worker = target("stands_in_callbacks.py")
    truth = truth_of(worker)
    dump = hognose.run("dump", "--json", worker.pid).ok().json()
    seen = {"MainThread" if thread["main"] else thread["name"]:
            [[frame["file"], frame["line"], frame["name"]]
             for frame in thread["frames"]]
            for thread in dump["threads"]}
    assert len(truth) > 36
    assert {"on_signal", "at_exit"} <= {name for _, _, name in
                                        truth["MainThread"]}
    for name, frames in truth.items():
        assert seen[name] == frames, name
