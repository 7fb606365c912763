# SPDX-License-Identifier: Apache-2.0
"""Could workloads/churn.py have stood like this, and how often that deep?

Pure functions on stacks: lists of function names, root first.  They need no
second tool, only what the program can do: it calls a0..a9 or b0..b13, each
from the one before, the first from `loop`.
"""

import collections
import re

CHAIN = re.compile(r"([ab])(\d+)$")
LENGTH = {"a": 10, "b": 14}
TORN = "[torn]"


def link(caller, callee):
    """Can caller call callee?  Names that are in no chain may do anything."""
    down = CHAIN.match(callee)
    up = CHAIN.match(caller)
    if not down:
        return not up  # the chains call nothing else
    letter, number = down[1], int(down[2])
    if number >= LENGTH[letter]:
        return False
    if number == 0:
        return caller == "loop"
    return bool(up) and up[1] == letter and int(up[2]) == number - 1


def possible(names):
    """An empty stack is none: the program always stands in its module."""
    if not names or CHAIN.match(names[0]):
        return False
    return all(link(a, b) for a, b in zip(names, names[1:]))


def judge(stacks):
    """Per cent of [(names, weight)] that are impossible, and torn."""
    count = collections.Counter()
    for names, weight in stacks:
        if TORN in names:
            count["torn"] += weight
        elif possible(names):
            count["right"] += weight
        else:
            count["impossible"] += weight
    kept = count["right"] + count["impossible"]
    whole = kept + count["torn"]
    return {"impossible": 100 * count["impossible"] / kept if kept else 0.0,
            "torn": 100 * count["torn"] / whole if whole else 0.0,
            "kept": kept}


def depths(stacks):
    """{frames above the loop: weight} of the possible ones."""
    shape = collections.Counter()
    for names, weight in stacks:
        if TORN not in names and possible(names) and "loop" in names:
            shape[len(names) - 1 - names.index("loop")] += weight
    return shape


def total_variation(one, other):
    """Per cent by which two histograms differ: 0 the same, 100 nothing shared.

    None when one of them is empty.
    """
    n_one, n_other = sum(one.values()), sum(other.values())
    if not n_one or not n_other:
        return None
    return 50 * sum(abs(one.get(k, 0) / n_one - other.get(k, 0) / n_other)
                    for k in set(one) | set(other))


def stopped_depths(rows, below):
    """The truth's histogram of measure_stacks: rows of [depth, sampled, truth].

    `below`: frames up to and with the loop.
    """
    return collections.Counter({depth - below: truth
                                for depth, _, truth in rows
                                if truth and depth >= below})
