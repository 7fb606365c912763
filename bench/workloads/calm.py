# SPDX-License-Identifier: Apache-2.0
"""Stacks that stand still while their leaf works some 50 us.

deep20, deep200: that many frames in one thread.  threads9: eight threads of 20
frames that share the interpreter, and the main thread waiting for them.
One piece of work is one call of the leaf.
"""
import sys
import threading

import common

MODES = ("deep20", "deep200", "threads9")
WORKERS = 8


def leaf(n):
    s = 0
    for i in range(n):
        s += i * i % 7
    return s


def down(depth):
    return leaf(2000) if depth <= 0 else down(depth - 1)


def repeat(job, depth):
    while job.more():
        down(depth)


def in_threads(job):
    # A count of their own each: += of a shared one would lose some.
    shares = []
    for _ in range(WORKERS):
        share = common.Job(MODES)
        share.end = job.end
        if share.work is not None:
            share.work /= WORKERS
        shares.append(share)
    threads = [threading.Thread(target=repeat, args=(s, 15)) for s in shares]
    for thread in threads:
        thread.daemon = True
        thread.start()
    for thread in threads:
        thread.join()


def main():
    job = common.Job(MODES)
    sys.setrecursionlimit(5000)
    job.begin()
    # <module>, main, repeat and leaf make up the rest of the frames.
    if job.mode == "threads9":
        in_threads(job)
    else:
        repeat(job, {"deep20": 15, "deep200": 195}[job.mode])
    job.finish()


main()
