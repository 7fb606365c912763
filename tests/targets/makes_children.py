# SPDX-License-Identifier: Apache-2.0
"""Makes a child in the way argv[1] names; the child works in child_work for
argv[2] seconds, and so does the parent in parent_work.  Other programs of
Python that are started are this one with the way "work".  Runs on 2.7 too."""

import multiprocessing
import os
import subprocess
import sys
import time


def work(seconds):
    end = time.time() + seconds
    while time.time() < end:
        sum(range(1000))


def child_work(seconds):
    work(seconds)


def parent_work(seconds):
    work(seconds)


def again(*python):
    return list(python or [sys.executable]) + [__file__, "work",
                                               str(SECONDS)]


def by_fork():
    pid = os.fork()
    if pid == 0:
        child_work(SECONDS)
        os._exit(0)
    parent_work(SECONDS)
    os.waitpid(pid, 0)


def by_subprocess():
    child = subprocess.Popen(again())
    parent_work(SECONDS)
    child.wait()


def by_shell():
    script = "true; sh -c '\"$@\"; true' sh \"$@\"; true"
    child = subprocess.Popen(["sh", "-c", script, "sh"] + again())
    parent_work(SECONDS)
    child.wait()


def by_spawn():
    pid = os.posix_spawn(sys.executable, again(), os.environ)
    parent_work(SECONDS)
    os.waitpid(pid, 0)


def by_exec():
    parent_work(SECONDS)
    python = sys.argv[3] if len(sys.argv) > 3 else sys.executable
    os.execv(python, again(python))


def by_multiprocessing():
    if len(sys.argv) > 3:
        multiprocessing.set_start_method(sys.argv[3])
    child = multiprocessing.Process(target=child_work, args=(SECONDS,))
    child.start()
    parent_work(SECONDS)
    child.join()


def by_many():
    """Short-lived ones, one after the other."""
    for i in range(12):
        pid = os.fork()
        if pid == 0:
            child_work(0.1)
            os._exit(0)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    SECONDS = float(sys.argv[2])
    if sys.argv[1] == "work":
        child_work(SECONDS)
    else:
        globals()["by_" + sys.argv[1]]()
    sys.exit(3)
