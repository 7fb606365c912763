# SPDX-License-Identifier: Apache-2.0
"""Collects garbage all the time, in collector() -> trigger()."""

import gc
import sys


class Node(object):
    def __init__(self, other):
        self.other = other


def trigger():
    gc.collect()


def collector():
    while True:
        trigger()


gc.disable()
nodes = [Node(None)]
for i in range(200000):
    nodes.append(Node(nodes[-1]))
print("ready")
sys.stdout.flush()
collector()
