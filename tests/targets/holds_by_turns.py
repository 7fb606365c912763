# SPDX-License-Identifier: Apache-2.0
"""Two threads have the GIL by turns: holds_long() for three parts of the time,
holds_short() for one.  A third is in a C function that needs CPU time and no
GIL.  After argv[1] seconds it says how long the first two were in theirs, by
the clock on the wall.  Runs on Python 2.7 too."""
import sys
import threading
import time
import zlib

now = getattr(time, "perf_counter", time.time)
end = now() + float(sys.argv[1])

DATA = bytes(bytearray(range(256)) * 40000)


def work(n):
    for i in range(n):
        i = i * i


def holds_long(n):
    work(3 * n)


def holds_short(n):
    work(n)


def by_turns(function, mine, other):
    spent = 0.0
    while now() < end:
        mine.acquire()
        start = now()
        function(30000)
        spent += now() - start
        other.release()
    times[function.__name__] = spent


def needs_no_gil():
    while now() < end:
        zlib.compress(DATA, 9)


# No switch but those that the locks make.
if hasattr(sys, "setswitchinterval"):
    sys.setswitchinterval(10)
else:
    sys.setcheckinterval(2 ** 30)
times = {}
one, two = threading.Lock(), threading.Lock()
two.acquire()
for target, args in ((by_turns, (holds_long, one, two)),
                     (by_turns, (holds_short, two, one)), (needs_no_gil, ())):
    thread = threading.Thread(target=target, args=args)
    thread.daemon = True
    thread.start()
print("ready")
sys.stdout.flush()
while len(times) < 2:
    time.sleep(0.01)
print("held %f %f" % (times["holds_long"], times["holds_short"]))
