# SPDX-License-Identifier: Apache-2.0
"""Opens things in the way that argument 1 names, forks, and ends.  Says where:
"opens LINE WHAT" for each that it leaves open, on standard output."""
import fcntl
import inspect
import os
import socket
import subprocess
import sys
import threading

KEPT = []


def keep(thing, what):
    """Left open, by the line that called this."""
    line = inspect.currentframe().f_back.f_lineno
    KEPT.append(thing)
    sys.stdout.write("opens %d %s\n" % (line, what))
    sys.stdout.flush()
    return thing


def number(thing):
    return thing if isinstance(thing, int) else thing.fileno()


def leaky():
    closed = open("/etc/passwd")
    closed.close()
    keep(open("/etc/hosts"), "/etc/hosts")
    keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), "UDP")
    for end in keep(os.pipe(), "pipe:"):
        KEPT.append(end)


def fixed():
    with open("/etc/hosts"):
        pass
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
    for end in os.pipe():
        os.close(end)


def copies():
    first = os.open("/etc/hosts", os.O_RDONLY)
    over = os.open("/etc/passwd", os.O_RDONLY)
    keep(os.dup(first), "/etc/hosts")
    os.dup2(first, over); keep(over, "/etc/hosts")
    keep(fcntl.fcntl(first, fcntl.F_DUPFD, 40), "/etc/hosts")
    os.close(first)


def ranges():
    fds = [os.open("/etc/hosts", os.O_RDONLY) for _ in range(6)]
    last = keep(os.open("/etc/passwd", os.O_RDONLY), "/etc/passwd")
    os.closerange(min(fds), max(fds) + 1)
    assert last == max(fds) + 1


def accepts():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    client = socket.create_connection(listener.getsockname())
    keep(listener.accept(), "TCP 127.0.0.1:")
    client.close()
    listener.close()


def closes_on_exec():
    fd = keep(os.open("/etc/hosts", os.O_RDONLY), "/etc/hosts")
    fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)


def unusual():
    import ctypes  # libffi may leave itself open: a leak of its own
    libc = ctypes.CDLL(None, use_errno=True)
    keep(libc.memfd_create(b"mine", 0), "/memfd:mine")
    keep(libc.eventfd(0, 0), "anon_inode:[eventfd]")
    keep(libc.epoll_create1(0), "anon_inode:[eventpoll]")
    keep(libc.timerfd_create(1, 0), "anon_inode:[timerfd]")


def in_a_thread():
    leaky()
    forker = threading.Thread(target=fork)
    forker.start()
    forker.join()


def with_subprocess():
    fd = os.open("/etc/hosts", os.O_RDONLY)
    fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    subprocess.check_call([sys.executable, "-S", "-c", ""], close_fds=False)
    os.close(fd)


def grows():
    import time
    for _ in range(30):
        KEPT.append(os.open("/etc/hosts", os.O_RDONLY))
        os.close(os.open("/etc/passwd", os.O_RDONLY))
        time.sleep(0.02)


def fork():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


way = sys.argv[1]
globals()[way]()
if way not in ("in_a_thread", "with_subprocess", "grows"):
    fork()
