# SPDX-License-Identifier: Apache-2.0
"""What tests ask of weighted stacks."""

import math


def weight_of(stacks, function):
    """Slots in which this Python function was on the stack."""
    return sum(s.weight for s in stacks if function in s.functions())


def total(stacks):
    return sum(s.weight for s in stacks)


def is_share(part, whole, expected, slack=0.015):
    """Is part of whole what chance allows of expected, at three sigma?  The
    slack is for what is not chance: turns that are cut, clocks that differ."""
    allowed = 3 * math.sqrt(expected * (1 - expected) / whole) + slack
    return abs(part / whole - expected) <= allowed


def said(text, key):
    """The numbers behind a word in a program's output."""
    for line in text.splitlines():
        if line.startswith(key + " "):
            return [float(word) for word in line.split()[1:]]
    raise AssertionError(f"no {key!r} in {text!r}")
