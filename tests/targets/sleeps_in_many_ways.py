# SPDX-License-Identifier: Apache-2.0
"""Threads that sleep, each in a call of its own, and (with "busy") a main
thread that works in busy(); else the main one sleeps too.  Runs on 2.7 too."""

import os
import select
import socket
import sys
import threading
import time


def in_sleep():
    time.sleep(1000)


def in_select():
    select.select([READ], [], [], 1000)


def in_read():
    os.read(READ, 1)


def in_recv():
    PAIR[0].recv(1)


def in_lock():
    LOCK.acquire()


def busy():
    while True:
        for i in range(10000):
            i = i * i


READ, WRITE = os.pipe()
PAIR = socket.socketpair()
LOCK = threading.Lock()
LOCK.acquire()
for function in in_sleep, in_select, in_read, in_recv, in_lock:
    thread = threading.Thread(target=function, name="the " + function.__name__)
    thread.daemon = True
    thread.start()
time.sleep(0.2)
print("ready")
sys.stdout.flush()
if "busy" in sys.argv:
    busy()
in_sleep()
