# -*- coding: utf-8 -*-
# SPDX-License-Identifier: Apache-2.0
"""Threads that stand still in every kind of frame, and a line of JSON that says
what sys._current_frames() gives for each: {name: [[file, line, name], ...]},
innermost first.  The thread that prints it is not among them.  Python 2.7 too.
"""
from __future__ import print_function

import json
import sys
import threading
import time

PY3 = sys.version_info[0] >= 3
sys.setrecursionlimit(5000)
gate = threading.Lock()
gate.acquire()


def stand():
    gate.acquire()


def deep(n):
    if n:
        return deep(n - 1)
    return stand()


def deep_600():
    deep(600)


class Reader(object):
    def rows(self):
        for i in range(3):
            stand()
            yield i

    def outer(self):
        for row in self.rows():
            yield row

    def read(self):
        return list(self.outer())

    @property
    def prop(self):
        return stand()

    def __add__(self, other):
        return self.prop


def generator():
    Reader().read()


def sort_key(value):
    if value == 2:
        stand()
    return value


def callback():
    sorted([1, 2, 3],
           key=sort_key)


def mapped():
    return list(map(sort_key, [2]))


def multi_line():
    return max(
        1,
        time.sleep(
            10000
        ),
        2)


def operators():
    return (Reader() +
            1)


def handler():
    try:
        raise ValueError("x")
    except ValueError:
        [stand() for _ in range(1)]


COROUTINE = u"""
async def innermost():
    stand()

async def middle():
    await innermost()

async def outermost():
    await middle()

def coroutine():
    outermost().send(None)
"""

WIDE = u"""
def na\u00efve(stop):
    stop()

def \u4e2d\u6587(stop):
    return na\u00efve(stop)

def \U00020000bc(stop):
    return \u4e2d\u6587(stop)

def wide():
    return \U00020000bc(stand)
"""


def define(source, filename):
    names = {"stand": stand}
    if not PY3:
        filename = filename.encode("utf-8")
    exec(compile(source, filename, "exec"), names)
    return names


def long_table():
    """A code object whose line table is larger than 4 KiB."""
    body = "\n".join("    x = [%d,\n         %d]" % (i, i) for i in range(4000))
    names = define(u"def long_function():\n%s\n    stand()\n" % body,
                   u"/no/where/long table.py")
    names["long_function"]()


def odd_file():
    define(u"def odd():\n\n\n    stand()\n",
           u"/odd; name/\u00e9\u4e2d\U0001f600 %41\n\x1b[31m.py")["odd"]()


WAYS = [deep_600, generator, callback, mapped, multi_line, operators, handler,
        long_table, odd_file]
if PY3:
    WAYS.append(define(COROUTINE, u"/no/where/coroutine.py")["coroutine"])
    WAYS.append(define(WIDE, u"/no/where/wide.py")["wide"])


def stack_of(frame):
    out = []
    while frame is not None:
        name = frame.f_code.co_name
        filename = frame.f_code.co_filename
        if not PY3:
            filename = filename.decode("utf-8")
        out.append([filename, frame.f_lineno, name])
        frame = frame.f_back
    return out


def tell():
    time.sleep(0.8)
    frames = sys._current_frames()
    names = dict((t.ident, t.name) for t in threading.enumerate())
    truth = dict((names[ident], stack_of(frame))
                 for ident, frame in frames.items()
                 if names[ident] != "teller")
    print(json.dumps(truth))
    print("ready")
    sys.stdout.flush()
    time.sleep(10000)


def start(function, name):
    thread = threading.Thread(target=function, name=name)
    thread.daemon = True
    thread.start()


for way in WAYS:
    start(way, way.__name__)
start(tell, "teller")
time.sleep(10000)
