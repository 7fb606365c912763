# SPDX-License-Identifier: Apache-2.0
"""A loop that waits a lot, with callbacks that sleep, receive, sync, wait for a
lock and compute in it; argument 1: asyncio, or own for one made by hand."""
import os
import socket
import sys
import tempfile
import threading
import time

SLEEP, RECV, LOCK, WORK = 0.15, 0.06, 0.08, 0.07


def sleeps():
    time.sleep(SLEEP)


def receives():
    left, right = socket.socketpair()
    sender = threading.Timer(RECV, right.send, [b"x"])
    sender.start()
    left.recv(1)


def locks():
    lock = threading.Lock()
    lock.acquire()
    opener = threading.Timer(LOCK, lock.release)
    opener.start()
    lock.acquire()


def works():
    end = time.time() + WORK
    while time.time() < end:
        pass
    os.stat("/")


def syncs():
    with tempfile.TemporaryFile() as out:
        for _ in range(20):
            out.write(b"x" * 65536)
            out.flush()
            os.fsync(out.fileno())


BY_ASYNCIO = """
import asyncio
async def task_sleeps(): sleeps()
async def task_receives(): receives()
async def task_locks(): locks()
async def task_works(): works()
async def main():
    for task in (task_sleeps, task_receives, task_locks, task_works):
        await asyncio.sleep(0.04)
        await asyncio.ensure_future(task())
    await asyncio.sleep(0.1)
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(main())
"""


def by_hand():
    import select
    for step in (sleeps, receives, locks, works, syncs):
        select.select([], [], [], 0.04)
        step()


if sys.argv[1] == "asyncio":
    exec(BY_ASYNCIO)  # 2.7 has no such words
else:
    by_hand()
