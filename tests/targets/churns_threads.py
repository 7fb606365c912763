# SPDX-License-Identifier: Apache-2.0
"""Threads start and end all the time; what they run stands in their names.  One
thread, "steady", stays."""
import itertools
import sys
import threading
import time


def end_at(end):
    while time.time() < end:
        sum(range(200))


def red(end):
    end_at(end)


def blue(end):
    time.sleep(max(0, end - time.time()))
    sum(range(500))


def steady():
    while True:
        time.sleep(0.001)
        sum(range(1000))


def start(function, name, *args):
    thread = threading.Thread(target=function, name=name, args=args)
    thread.daemon = True
    thread.start()


start(steady, "steady")
sys.stdout.write("ready\n")
sys.stdout.flush()
for number in itertools.count():
    function = (red, blue)[number % 2]
    start(function, "%s-%d" % (function.__name__, number),
          time.time() + 0.001 * (number % 7))
    time.sleep(0.0005)
    while threading.active_count() > 40:
        time.sleep(0.001)
