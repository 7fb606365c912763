# SPDX-License-Identifier: Apache-2.0
"""Four threads that give the GIL away all the time, each in functions of its
own: run_K calls left_K or right_K, which calls deep_left_K or deep_right_K.
Runs on 2.7 too."""
import sys
import threading
import time

TEXT = """
def deep_left_K(n):
    for i in range(n):
        i = i * i
    time.sleep(0)
    for i in range(n):
        i = i * i
def deep_right_K(n):
    for i in range(n):
        i = i * i
    time.sleep(0)
def left_K(n):
    deep_left_K(n)
def right_K(n):
    time.sleep(0)
    deep_right_K(n)
def run_K():
    while True:
        left_K(300)
        right_K(300)
"""

names = {"time": time}
for k in range(4):
    exec(TEXT.replace("K", str(k)), names)
    thread = threading.Thread(target=names["run_%d" % k], name="turn-%d" % k)
    thread.daemon = True
    thread.start()
print("ready")
sys.stdout.flush()
time.sleep(1000)
