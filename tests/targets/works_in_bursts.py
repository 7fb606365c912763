# SPDX-License-Identifier: Apache-2.0
"""Sleeps, and now and then burns CPU in burst() for argv[1] seconds, every
argv[2] seconds, for argv[3] seconds in all.  At its end it prints the wall time
that it spent in burst().  Runs on Python 2.7 too."""
import sys
import time


def burst(seconds):
    end = time.time() + seconds
    while time.time() < end:
        for i in range(2000):
            i = i * i


def main(length, every, seconds):
    print("ready")
    sys.stdout.flush()
    spent = 0.0
    end = time.time() + seconds
    while time.time() < end:
        time.sleep(every - length)
        before = time.time()
        burst(length)
        spent += time.time() - before
    print("burst %.3f" % spent)


main(float(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
