# SPDX-License-Identifier: Apache-2.0
"""Stands at the end of a recursion; the number of frames is told."""
import sys
import threading
import time

depth = int(sys.argv[1])
sys.setrecursionlimit(depth + 1000)
threading.stack_size(256 << 20)


def down(n):
    if n > 1:
        return down(n - 1)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    time.sleep(1000)


thread = threading.Thread(target=down, name="deep", args=(depth,))
thread.daemon = True
thread.start()
time.sleep(1000)
