# SPDX-License-Identifier: Apache-2.0
"""Two threads that work at the same time for argv[1] seconds, each in functions
of its own: red_3 calls red_2 calls red_1, which runs red_long and red_short as
3:1; blue likewise.  Each is in an interpreter with a GIL of its own (3.12+), or
with "threads" just a thread (of a free-threaded build).  Each prints the CPU
time it had: "red 0.75 0.25", long and short."""
import sys
import threading

WORK = """
import sys
import time
spent = {"long": 0.0, "short": 0.0}
def K_long(n):
    for i in range(3 * n):
        i = i * i
def K_short(n):
    for i in range(n):
        i = i * i
def K_1(n):
    before = time.thread_time()
    K_long(n)
    between = time.thread_time()
    K_short(n)
    spent["long"] += between - before
    spent["short"] += time.thread_time() - between
def K_2(n):
    K_1(n)
def K_3(end):
    while time.monotonic() < end:
        K_2(4000)
K_3(time.monotonic() + SECONDS)
sys.stdout.write("K %.6f %.6f\\\\n" % (spent["long"], spent["short"]))
sys.stdout.flush()
""".replace("\\\\", "\\")


def interpreter():
    """A function that runs code in a new interpreter with its own GIL."""
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    try:
        made = interpreters.create("isolated")
    except (TypeError, ValueError):
        made = interpreters.create(isolated=True)
    return lambda code: interpreters.run_string(made, code)


def plain():
    return lambda code: exec(code, {})


threads = []
for color in "red", "blue":
    code = WORK.replace("K", color).replace("SECONDS", sys.argv[1])
    run = plain() if "threads" in sys.argv else interpreter()
    threads.append(threading.Thread(target=run, args=(code,), name=color))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
