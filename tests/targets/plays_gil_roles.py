# SPDX-License-Identifier: Apache-2.0
"""Two threads that want the GIL all the time, of which the first to get it never
gives it up; one that sleeps, one that waits for a lock.  Python 2.7 too."""

import sys
import threading
import time


def busy():
    time.sleep(0.5)
    while True:
        for i in range(1000):
            i = i * i


def sleeper():
    time.sleep(10000)


def waiter():
    lock.acquire()


lock = threading.Lock()
lock.acquire()
for name, function in (("busy-1", busy), ("busy-2", busy),
                       ("sleeper", sleeper), ("waiter", waiter)):
    thread = threading.Thread(target=function, name=name)
    thread.daemon = True
    thread.start()
if hasattr(sys, "setswitchinterval"):
    sys.setswitchinterval(1000)
else:
    sys.setcheckinterval(2 ** 30)
print("ready")
sys.stdout.flush()
time.sleep(10000)
