# SPDX-License-Identifier: Apache-2.0
"""Greenlets that switch as fast as they can, each in one of two call chains.

    switches_greenlets.py greenlet|gevent N

Half of them run a0..a9, half b0..b13; at the end of its chain each goes to the
next one, twice in a call.  A stack with names of both chains never was.  They are
called a0, b1, a2 ...: the letter is that of the chain.  Needs greenlet, or
gevent.
"""
import sys

import greenlet

LEAF = """
def {p}{i}(*_):
    s = 0
    for k in range(40):
        s += k
        if k % 20 == 0:
            __await__()
"""
LINK = """
def {p}{i}(*_):
    return {p}{j}()
"""


def define(names):
    for letter, length in (("a", 10), ("b", 14)):
        for i in reversed(range(length)):
            text = (LEAF if i == length - 1 else LINK).format(
                p=letter, i=i, j=i + 1)
            exec(compile(text, "chain_%s%d.py" % (letter, i), "exec"), names)


def __await__():
    """The end of a chain, called as measure_stacks knows it."""
    at[0] = (at[0] + 1) % len(ring)
    ring[at[0]].switch()


def loop_a():
    wait_for_start()
    while True:
        names["a0"]()


def loop_b():
    wait_for_start()
    while True:
        names["b0"]()


class Green(greenlet.greenlet):
    pass


def wait_for_start():
    """All begin at one depth, as those of a hub do."""
    if greenlet.getcurrent().parent is main:
        main.switch()


def by_greenlet(number):
    names["__await__"] = __await__
    for i in range(number):
        ring.append(Green((loop_a, loop_b)[i % 2]))
        ring[i].name = "%s%d" % ("ab"[i % 2], i)
        ring[i].switch()
    print("ready")
    sys.stdout.flush()
    ring[0].switch()


def by_gevent(number):
    import gevent

    def __await__():
        gevent.sleep(0)
    names["__await__"] = __await__
    for i in range(number):
        ring.append(gevent.spawn((loop_a, loop_b)[i % 2]))
        ring[i].name = "%s%d" % ("ab"[i % 2], i)
    print("ready")
    sys.stdout.flush()
    gevent.joinall(ring)


ring, at, names = [], [0], {}
main = greenlet.getcurrent()
define(names)
(by_gevent if sys.argv[1] == "gevent" else by_greenlet)(int(sys.argv[2]))
