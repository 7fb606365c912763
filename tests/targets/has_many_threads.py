# SPDX-License-Identifier: Apache-2.0
"""argv[1] threads that sleep and a main one that works in busy()."""

import sys
import threading
import time


def sleeper():
    time.sleep(1000)


def busy():
    while True:
        for i in range(10000):
            i = i * i


for i in range(int(sys.argv[1])):
    thread = threading.Thread(target=sleeper)
    thread.daemon = True
    thread.start()
time.sleep(0.3)
print("ready")
sys.stdout.flush()
busy()
