# SPDX-License-Identifier: Apache-2.0
"""Two hundred threads of which two run: the rest wait for an event each."""
import threading

import common

IDLE = 197  # the main thread waits too


def work(job):
    while job.more():
        s = 0
        for i in range(2000):
            s += i * i % 7


def wait(depth, event):
    if depth:
        wait(depth - 1, event)
    else:
        event.wait()


def main():
    job = common.Job()
    events = [threading.Event() for _ in range(IDLE)]
    threads = [threading.Thread(target=wait, args=(8, e)) for e in events]
    for thread in threads:
        thread.daemon = True
        thread.start()
    job.begin()
    workers = []
    for _ in range(2):
        share = common.Job()
        share.end = job.end
        if share.work is not None:
            share.work /= 2
        workers.append(threading.Thread(target=work, args=(share,)))
        workers[-1].daemon = True
        workers[-1].start()
    for worker in workers:
        worker.join()
    job.finish()
    for event in events:
        event.set()


main()
