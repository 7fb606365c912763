# SPDX-License-Identifier: Apache-2.0
"""Forks argv[1] children that sleep; they carry the words of argv in their
command line, as this does.  Says "ready", and ends them with itself."""
import os
import signal
import sys
import time

children = []
for _ in range(int(sys.argv[1])):
    pid = os.fork()
    if pid == 0:
        parent = os.getppid()
        while os.getppid() == parent:
            time.sleep(5)
        os._exit(0)
    children.append(pid)


def end(_number, _frame):
    for child in children:
        os.kill(child, signal.SIGKILL)
    os._exit(0)


signal.signal(signal.SIGTERM, end)
print("ready")
sys.stdout.flush()
while True:
    time.sleep(5)
