# SPDX-License-Identifier: Apache-2.0
"""holder() has the GIL nearly all the time: a second thread, in releaser(),
is in a call that needs CPU time but no GIL."""

import sys
import threading
import zlib

DATA = bytes(bytearray(range(256)) * 40000)


def releaser():
    while True:
        zlib.compress(DATA, 9)


def holder():
    while True:
        for i in range(100000):
            i = i * i


thread = threading.Thread(target=releaser)
thread.daemon = True
thread.start()
print("ready")
sys.stdout.flush()
holder()
