# -*- coding: utf-8 -*-
# SPDX-License-Identifier: Apache-2.0
"""A frame with a value of every kind; prints {name: repr} of those whose repr
is theirs alone, then stands.  Python 2.7 too."""
from __future__ import print_function

import json
import sys
import time

PY3 = sys.version_info[0] >= 3


class Old:
    pass


class New(object):
    def __init__(self):
        self.attribute = 1


class Number(int):
    pass


def told(values):
    truth = {}
    for name, value in values.items():
        text = repr(value)
        truth[name] = text if len(text) <= 128 else text[:125] + "..."
    print(json.dumps(truth))
    print("ready")
    sys.stdout.flush()


def values(first, second=2, *rest, **named):
    nothing = None
    yes = True
    no = False
    zero = 0
    small = -7
    word = 2 ** 62
    most = 2 ** 63 - 1
    least = -2 ** 63
    beyond = 2 ** 63
    large = 10 ** 40
    lower = -2 ** 90
    huge = 7 ** 1000
    tenth = 0.1
    third = 1 / 3.0
    whole = 1e15
    sixteen = 1e16
    many = 123456789012345680.0
    tiny = 5e-324
    edge = 2.0 ** -44
    point = 0.0001
    less = 0.00001
    minus = -0.0
    largest = 1.7976931348623157e308
    endless = float("inf")
    text = "plain"
    quotes = 'it\'s "both"'
    single = "it's"
    escapes = "tab\t nl\n cr\r nul\0 esc\x1b back\\ del\x7f"
    latin = u"caf\xe9 \xa0\xad"
    wide = u"\u4e2d\u6587 \u2028 \ue000"
    widest = u"\U0001f600\U0001d4b6 \U000e0001"
    long_text = "x" * 1000
    octets = b"\x00abc\xff'\"\n"
    empty_list = []
    items = [1, "two", 3.5, None, True]
    pair = (1, 2)
    one = (1,)
    empty_tuple = ()
    mapping = {"key": 1, 2: "two"}
    empty_dict = {}
    group = set([1])
    removed = set([1, 2, 3, 4])
    removed.discard(2)
    empty_set = set()
    frozen = frozenset(["x"])
    long_list = list(range(1000))
    many_keys = dict((i, i) for i in range(500))
    told(dict(locals()))
    old, new, number = Old(), New(), Number(5)
    nested = [[1], {"a": 1}]
    gone = 1
    del gone

    def inner(own=first):
        time.sleep(10000 if (own, second, nested) else 0)
    inner()


values(1, 2, 3, key="value")
