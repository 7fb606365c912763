# SPDX-License-Identifier: Apache-2.0
"""A program to which things happen that a tracer may get in the way of.  Says
"ready", does what its argument names, and says "done" when all of it went as it
does without a tracer.  Each takes so long that a recorder that is started at
"ready" sees most of it.  Runs on 2.7 too."""

import os
import signal
import subprocess
import sys
import threading
import time


def say(text):
    os.write(1, (text + "\n").encode())


def work(seconds):
    end = time.time() + seconds
    while time.time() < end:
        sum(range(300))


def signals():
    """For a second a child sends signals, each as soon as the one before was
    answered: the first one that is lost is the last."""
    heard, answer = os.pipe()
    told, tell = os.pipe()
    count, answered = [0], 0

    def handler(_number, _frame):  # one that answered would meet the next here
        count[0] += 1

    signal.signal(signal.SIGUSR1, handler)
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        end, sent = time.time() + 1, 0
        while time.time() < end:
            os.kill(parent, signal.SIGUSR1)
            os.read(heard, 1)
            sent += 1
        os.write(tell, str(sent).encode())
        os._exit(0)
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        for _ in range(100):
            sum(range(300))
            if answered < count[0]:
                answered += 1
                os.write(answer, b".")
    assert count[0] == int(os.read(told, 100)) > 100


def timer():
    """SIGALRM a thousand times a second."""
    count = [0]

    def handler(_number, _frame):
        count[0] += 1

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    work(1)
    signal.setitimer(signal.ITIMER_REAL, 0, 0)
    assert count[0] > 100


def children():
    """Children end, and their parent hears of each and collects it."""
    heard = [0]

    def handler(_number, _frame):
        heard[0] += 1

    signal.signal(signal.SIGCHLD, handler)
    end, number = time.time() + 1, 0
    while time.time() < end:
        number += 1
        assert subprocess.call(["sh", "-c", "exit %d" % (number % 100)]) == \
            number % 100
        work(0.005)
    assert heard[0] > 0 and number > 3


def threads():
    """Threads end while they are looked at; nothing of them stays."""
    end = time.time() + 1
    while time.time() < end:
        some = [threading.Thread(target=work, args=(0.002,))
                for _ in range(4)]
        for thread in some:
            thread.start()
        for thread in some:
            thread.join()
    wait_until = time.time() + 5
    while len(os.listdir("/proc/self/task")) > 1:
        assert time.time() < wait_until
        time.sleep(0.01)


def replaced():
    """Another program in this process, and that one's another."""
    work(0.4)
    left = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    if left:
        os.execv(sys.executable, [sys.executable, sys.argv[0], "replaced",
                                  str(left - 1)])


def replaced_by_thread():
    def run():
        work(0.3)
        os.execv(sys.executable, [sys.executable, sys.argv[0], "replaced",
                                  "1"])

    threading.Thread(target=run).start()
    while True:
        work(1)


def ends():
    work(1)


say("ready")
globals()[sys.argv[1]]()
say("done")
sys.exit(7)
