# SPDX-License-Identifier: Apache-2.0
"""Two threads, each in an interpreter of its own: "sleeps" and "spins".  With
"own" each has a GIL of its own (3.12+) and the main thread spins too."""
import sys
import threading
import time

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

SLEEPS = """
import time
def sleeps():
    print("ready", flush=True)
    time.sleep(1000)
def in_sub():
    sleeps()
in_sub()
"""

SPINS = """
import time
def spins():
    while True:
        sum(range(1000))
        time.sleep(0)  # up to 3.12 nothing else makes it drop the GIL
def in_sub():
    spins()
in_sub()
"""


def create(own):
    try:
        return interpreters.create("isolated" if own else "legacy")
    except (TypeError, ValueError):
        pass
    try:
        return interpreters.create(isolated=own)
    except TypeError:
        return interpreters.create()


def enter(code, own):
    interpreters.run_string(create(own), code)


own = "own" in sys.argv
for code, name in ((SPINS, "spins"), (SLEEPS, "sleeps")):
    threading.Thread(target=enter, args=(code, own), name=name,
                     daemon=True).start()
    time.sleep(0.2)
while own:
    pass
time.sleep(1000)
