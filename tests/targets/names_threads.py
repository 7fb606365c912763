# -*- coding: utf-8 -*-
# SPDX-License-Identifier: Apache-2.0
"""Threads with names of every kind, each in a system call of its own, and a line
of JSON: {name: [native id or null, call]}.  SIGUSR1 renames "first name"."""
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time

PY3 = sys.version_info[0] >= 3
native_id = getattr(threading, "get_native_id", lambda: None)
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(1)
pair = socket.socketpair()
pipe = os.pipe()
lock = threading.Lock()
lock.acquire()
child = subprocess.Popen([sys.executable, "-c",
                          "import sys; sys.stdin.read()"],
                         stdin=subprocess.PIPE)
epoll = select.epoll()
ways = [
    (u"accepts", "accept4|accept", lambda: server.accept()),
    (u"receives ASCII ~!;%41", "recvfrom", lambda: pair[0].recv(1)),
    (u"r\xe9ads", "read", lambda: os.read(pipe[0], 1)),
    (u"\u7b49\u5f85", "wait4|waitid", lambda: os.waitpid(child.pid, 0)),
    (u"\U0001f40d polls", "epoll_wait|epoll_pwait|epoll_pwait2", epoll.poll),
    (u"first name", "futex", lambda: lock.acquire()),
    (u"a name of more than fifteen characters, " + u"x" * 80, "poll|ppoll",
     lambda: select.poll().poll()),
    (u"selects", "pselect6|select", lambda: select.select([pipe[0]], [], [])),
    (u"line\nbreak \x1b[31m", "clock_nanosleep|pselect6|select",
     lambda: time.sleep(1000)),
]
truth = {}
threads = []


def run(name, call, way):
    truth[name] = [native_id(), call]
    way()


def rename(number, frame):
    for thread in threads:
        if thread.name == u"first name":
            second = u"\u0441\u0435\u043a\u043e\u043d\u0434"
            thread.name = second if PY3 else second.encode("utf-8")
    sys.stdout.write("renamed\n")
    sys.stdout.flush()


signal.signal(signal.SIGUSR1, rename)
for name, call, way in ways:
    thread = threading.Thread(target=run, args=(name, call, way))
    thread.name = name if PY3 else name.encode("utf-8")
    thread.daemon = True
    thread.start()
    threads.append(thread)
for number in range(int(sys.argv[1])):
    thread = threading.Thread(target=time.sleep, name="many-%d" % number,
                              args=(1000,))
    thread.daemon = True
    thread.start()
while len(truth) < len(ways):
    time.sleep(0.01)
time.sleep(0.2)
sys.stdout.write(json.dumps(truth) + "\nready\n")
sys.stdout.flush()
while True:
    time.sleep(1000)
