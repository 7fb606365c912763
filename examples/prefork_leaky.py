# SPDX-License-Identifier: Apache-2.0
"""A server that loads its application once and then forks its workers, as
gunicorn --preload, uWSGI and Celery do.  What the application leaves open when
it is loaded, all workers share: one place in a file, one conversation with a
server, one end of a pipe.

    hognose syscalls --fail-on-open -- python3 examples/prefork_leaky.py

names the three lines; prefork_fixed.py beside it passes.
"""
import os
import socket
import sys


class Settings:
    def __init__(self, path):
        self.file = open(path)  # read line by line, and never closed
        self.first = self.file.readline()


class Metrics:
    def __init__(self, host, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((host, port))


class Wakeup:
    def __init__(self):
        self.reader, self.writer = os.pipe()


def load_application():
    """What the imports of an application do."""
    return Settings("/etc/passwd"), Metrics("127.0.0.1", 8125), Wakeup()


def work(number):
    sys.stdout.write("worker %d\n" % number)
    sys.stdout.flush()


def serve(workers):
    application = load_application()
    children = []
    for number in range(workers):
        pid = os.fork()
        if pid == 0:
            work(number)
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    return application


if __name__ == "__main__":
    serve(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
