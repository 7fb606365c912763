# SPDX-License-Identifier: Apache-2.0
"""Code that is made, run once and freed, over and over.

    frees_code.py FILE SECONDS [PAUSE]

Round N runs <module>, f_N and g_N, whose code lives for that round alone; all
rounds make objects of the same size, so that the next one's lie where the last
one's lay.  N stands in the first 8 bytes of FILE before anything of the round
is made: an observer who reads N before and after a sample knows which names the
sample may hold.  PAUSE: so many additions in g_N (500).  Runs on 2.7 too.
"""
import mmap
import struct
import sys
import time

now = getattr(time, "perf_counter", time.time)
TEXT = """
def g_%06d(n):
    s = 0
    for i in range(n):
        s += i
    return s
def f_%06d(n):
    return g_%06d(n)
f_%06d(%d)
"""


def rounds(shared, end, pause):
    n = 0
    while now() < end:
        n = (n + 1) % 1000000
        struct.pack_into("<Q", shared, 0, n)
        exec(compile(TEXT % (n, n, n, n, pause), "/%06d.gen" % n, "exec"), {})


def main(path, seconds, pause=500):
    with open(path, "r+b") as file:
        shared = mmap.mmap(file.fileno(), 4096)
    print("ready")
    sys.stdout.flush()
    rounds(shared, now() + float(seconds), int(pause))


main(*sys.argv[1:])
