# SPDX-License-Identifier: Apache-2.0
"""prefork_leaky.py with its three leaks closed: what a worker needs open, it
opens itself, after the fork.

    hognose syscalls --fail-on-open -- python3 examples/prefork_fixed.py
"""
import os
import socket
import sys


class Settings:
    def __init__(self, path):
        with open(path) as file:
            self.first = file.readline()


class Metrics:
    def __init__(self, host, port):
        self.address = host, port
        self.socket = None

    def open(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(self.address)


class Wakeup:
    def __init__(self):
        self.reader = self.writer = None

    def open(self):
        self.reader, self.writer = os.pipe()


def load_application():
    return Settings("/etc/passwd"), Metrics("127.0.0.1", 8125), Wakeup()


def work(number, application):
    _, metrics, wakeup = application
    metrics.open()
    wakeup.open()
    sys.stdout.write("worker %d\n" % number)
    sys.stdout.flush()


def serve(workers):
    application = load_application()
    children = []
    for number in range(workers):
        pid = os.fork()
        if pid == 0:
            work(number, application)
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)


if __name__ == "__main__":
    serve(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
