# SPDX-License-Identifier: Apache-2.0
"""Calls os.getppid so many times, from so many Python frames.

    cheap_calls.py DEPTH CALLS [wait|ptracer]

Prints "us X": microseconds a call.  wait: prints "ready PID" first and begins
at a line on stdin.  ptracer: follows its own calls by that module.
"""
import os
import sys
import time

try:
    clock = time.perf_counter
except AttributeError:  # 2.7
    clock = time.time


def work(depth, calls):
    if depth > 1:
        return work(depth - 1, calls)
    call = os.getppid
    start = clock()
    for _ in range(calls):
        call()
    return 1e6 * (clock() - start) / calls


def followed(depth, calls):
    import ptracer
    with ptracer.context(lambda call: None, filter=[
            ptracer.SysCallPattern(name=sys.argv[4])]):
        return work(depth, calls)


how = sys.argv[3] if len(sys.argv) > 3 else ""
if how == "wait":
    print("ready %d" % os.getpid())
    sys.stdout.flush()
    sys.stdin.readline()
run = followed if how == "ptracer" else work
print("us %.4f" % run(int(sys.argv[1]) - 1, int(sys.argv[2])))
