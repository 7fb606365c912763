# SPDX-License-Identifier: Apache-2.0
"""Stands in inner <- middle <- outer, in the main thread and in "second"."""
import sys
import threading
import time


def inner(ready):
    if ready:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
    while True:
        time.sleep(1000)


def middle(ready):
    inner(ready)


def outer(ready):
    middle(ready)


thread = threading.Thread(target=outer, args=(False,), name="second")
thread.daemon = True
thread.start()
time.sleep(0.1)
outer(True)
