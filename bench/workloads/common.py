# SPDX-License-Identifier: Apache-2.0
"""What the workloads share: options, the word to start, their own times.

    WORKLOAD.py [MODE] [--seconds S | --work N] [--go]

A workload prints "ready PID WHAT" and, with --go, waits for a line on its
standard input.  It ends after S seconds or N pieces of work and prints one
line of JSON: {"wall": seconds, "cpu": seconds of its own}.  Runs on 2.7-3.15.
"""
from __future__ import print_function

import json
import os
import sys
import time

LONGEST = 900.0  # nothing is left running for ever


def clock():
    return getattr(time, "perf_counter", time.time)()


def cpu():
    times = os.times()
    if hasattr(time, "process_time"):
        return time.process_time()
    return times[0] + times[1]


class Job(object):
    """One run: `mode`, and `more()` until the work is done."""

    def __init__(self, modes=("",)):
        words = sys.argv[1:]
        self.mode = words.pop(0) if words and words[0][:2] != "--" else modes[0]
        if self.mode not in modes:
            sys.exit("%s: one of %s" % (sys.argv[0], ", ".join(modes)))
        self.wait = "--go" in words
        self.work = self._number(words, "--work")
        self.seconds = self._number(words, "--seconds") or LONGEST
        self.done = 0
        self.start = self.start_cpu = self.end = 0.0

    @staticmethod
    def _number(words, option):
        if option not in words:
            return None
        return float(words[words.index(option) + 1])

    def begin(self, what=""):
        """Say ready, wait for the word, start the clocks."""
        print("ready %d %s" % (os.getpid(), what))
        sys.stdout.flush()
        if self.wait:
            sys.stdin.readline()
        self.start, self.start_cpu = clock(), cpu()
        self.end = self.start + self.seconds

    def more(self, step=1):
        """Is there another piece of `step` to do?  Counts it."""
        if self.work is not None:
            self.done += step
            return self.done <= self.work
        return clock() < self.end

    def finish(self):
        print(json.dumps({"wall": clock() - self.start,
                          "cpu": cpu() - self.start_cpu}))
        sys.stdout.flush()
