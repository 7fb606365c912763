# SPDX-License-Identifier: Apache-2.0
"""works() in Python and naps() in a C function that keeps the GIL, in turns."""

import ctypes
import sys
import time

WORK, NAP = 0.1, 0.4  # seconds
libc = ctypes.PyDLL(None)  # the calls of a PyDLL keep the GIL


def works():
    end = time.time() + WORK
    while time.time() < end:
        for i in range(100):
            i = i * i


def naps():
    libc.usleep(int(NAP * 1e6))


print("ready")
sys.stdout.flush()
while True:
    works()
    naps()
