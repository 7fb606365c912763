# SPDX-License-Identifier: Apache-2.0
"""Spends its time in three, two, one: functions whose shares are as 3:2:1, in
turns of some milliseconds, for argv[1] seconds.  With "sleepy" as argv[2] it
sleeps in rest() after each turn, and a second thread waits for a lock all the
time.  At its end it prints the seconds it measured: wall and CPU time of each
function and of the whole process.  Runs on Python 2.7 too."""

import resource
import sys
import threading
import time


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def three(n):
    for i in range(3 * n):
        i = i * i


def two(n):
    for i in range(2 * n):
        i = i * i


def one(n):
    for i in range(n):
        i = i * i


def rest():
    time.sleep(0.004)


def blocked(lock):
    lock.acquire()


def wait_on(lock):
    lock.acquire()
    thread = threading.Thread(target=blocked, args=(lock,))
    thread.daemon = True
    thread.start()


def main(seconds, sleepy):
    wall = {"three": 0.0, "two": 0.0, "one": 0.0}
    lock = threading.Lock()
    if sleepy:
        wait_on(lock)
    print("ready")
    sys.stdout.flush()
    end = time.time() + seconds
    before = time.time()
    while before < end:
        for function in three, two, one:
            function(9000)
            now = time.time()
            wall[function.__name__] += now - before
            before = now
        if sleepy:
            rest()
            before = time.time()
    print("wall %.6f %.6f %.6f" % (wall["three"], wall["two"], wall["one"]))
    print("cpu %.6f" % cpu())
    sys.stdout.flush()
    if sleepy:
        lock.release()


main(float(sys.argv[1]), "sleepy" in sys.argv)
