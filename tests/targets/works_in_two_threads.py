# SPDX-License-Identifier: Apache-2.0
"""Two threads that always run: the main one in spin_outer -> spin_inner, the
other in work.  Runs on Python 2.7 too."""

import sys
import threading


def spin_inner():
    for i in range(20000):
        i = i * i


def spin_outer():
    while True:
        spin_inner()


def work():
    while True:
        for i in range(20000):
            i = i + 1


thread = threading.Thread(target=work, name="worker")
thread.daemon = True
thread.start()
print("ready")
sys.stdout.flush()
spin_outer()
