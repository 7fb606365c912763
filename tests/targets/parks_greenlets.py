# SPDX-License-Identifier: Apache-2.0
"""Greenlets in every state: some parked in a plain call, below a C function and
below a generator, one with a name, a new one, an ended one, and one that runs
(it sleeps).  Needs greenlet on its path."""
import sys
import time

import greenlet


def inner(how):
    if how == "sort":
        sorted([how], key=away)
    elif how == "gen":
        for _ in gen(how):
            pass
    else:
        away(how)


def gen(how):
    away(how)
    yield how


def away(_):
    main.switch()


def plain():
    inner("plain")


def below_c():
    inner("sort")


def below_gen():
    inner("gen")


def ends():
    pass


def runs():
    sleeps()


def sleeps():
    print("ready")
    sys.stdout.flush()
    time.sleep(1000)


class Named(greenlet.greenlet):
    pass


main = greenlet.getcurrent()
parked = [greenlet.greenlet(f) for f in (plain, below_c, below_gen)]
parked.append(Named(plain))
parked[-1].name = "a name; with signs"
ended = greenlet.greenlet(ends)
new = greenlet.greenlet(plain)
for one in parked + [ended]:
    one.switch()
greenlet.greenlet(runs).switch()
