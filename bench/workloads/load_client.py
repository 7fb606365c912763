# SPDX-License-Identifier: Apache-2.0
"""Asks a server of this folder, at a bounded rate, from a few threads.

    load_client.py PORT SECONDS [REQUESTS_PER_SECOND [THREADS]]

Prints {"requests": n, "errors": n, "median_ms": x} (of an answer).  Stops early when the server is gone.
"""
import http.client
import json
import statistics
import sys
import threading
import time


class Load:
    def __init__(self, port, seconds, rate, threads):
        self.port = port
        self.end = time.monotonic() + seconds
        self.gap = threads / rate
        self.requests = self.errors = 0
        self.times = []
        self.lock = threading.Lock()

    def ask(self):
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            conn.request("GET", "/page?n=20")
            conn.getresponse().read()
            return True
        except (OSError, http.client.HTTPException):
            return False
        finally:
            conn.close()

    def run(self):
        due, failed = time.monotonic(), 0
        while due < self.end and failed < 20:
            time.sleep(max(0, due - time.monotonic()))
            begin = time.monotonic()
            good = self.ask()
            took = time.monotonic() - begin
            failed = 0 if good else failed + 1
            due = max(due + self.gap, time.monotonic() - 0.5)
            with self.lock:
                self.requests += good
                self.times += [took] * good
                self.errors += not good


def main():
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    rate = float(sys.argv[3]) if len(sys.argv) > 3 else 200
    threads = int(sys.argv[4]) if len(sys.argv) > 4 else 4
    load = Load(port, seconds, rate, threads)
    workers = [threading.Thread(target=load.run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    median = statistics.median(load.times) if load.times else 0
    print(json.dumps({"requests": load.requests, "errors": load.errors,
                      "median_ms": round(1000 * median, 3)}))


main()
