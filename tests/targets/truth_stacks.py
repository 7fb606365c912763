# SPDX-License-Identifier: Apache-2.0
"""Call chains that a sampler may not mix up: a0..a9 and b0..b13.

    truth_stacks.py CASE SECONDS

Runs on 2.7 and 3.6+.  A sampled stack is impossible when it holds names of both
chains, a gap in the numbers, or a chain without `loop` below it.  Every call is
short (a leaf is 40 additions), so the stack changes faster than it can be read:
the hardest case there is.  Cases:

    plain      functions
    ccall      called back from C: sorted, map, property, __init__
    classes    through type calls with __init__, __call__ and __getattr__
    with       through with blocks, sort keys and try/finally
    gen        generators, each driven by the one before it
    coro       coroutines that suspend twice (3.6+)
    exc        an exception is raised at the end and travels to the loop
    threads    plain, in two threads that switch often
    shared     both chains end in the same four functions h0..h3
    recursion  r0 calls itself 200 deep; s0 and s1 call each other 150 deep
    border     like recursion, to and fro where the frames fill their memory
    calm       20 frames of which only the last one moves
"""
import sys
import threading
import time

now = getattr(time, "perf_counter", time.time)
LENGTHS = (("a", 10), ("b", 14))
LEAF = """
def {p}{i}(*_):
    s = 0
    for k in range(40):
        s += k
"""
LINKS = {
    "plain": "def {p}{i}(*_):\n    return {p}{j}()\n",
    "ccall": (
        "def {p}{i}(*_):\n    sorted((0,), key={p}{j})\n",
        "def {p}{i}(*_):\n    list(map({p}{j}, (0,)))\n",
        "class C{p}{i}(object):\n    x = property({p}{j})\n"
        "def {p}{i}(*_):\n    C{p}{i}().x\n",
        "class C{p}{i}(object):\n    __init__ = {p}{j}\n"
        "def {p}{i}(*_):\n    C{p}{i}()\n",
    ),
    "classes": (
        "class C{p}{i}(object):\n    def __init__(self):\n        {p}{j}()\n"
        "def {p}{i}(*_):\n    C{p}{i}()\n",
        "class C{p}{i}(object):\n    def __call__(self):\n"
        "        return {p}{j}()\ndef {p}{i}(*_):\n    C{p}{i}()()\n",
        "class C{p}{i}(object):\n    def __getattr__(self, name):\n"
        "        return {p}{j}()\ndef {p}{i}(*_):\n    C{p}{i}().x\n",
    ),
    "with": (
        "class C{p}{i}(object):\n    def __enter__(self): return {p}{j}()\n"
        "    def __exit__(self, *_): pass\n"
        "def {p}{i}(*_):\n    with C{p}{i}():\n        pass\n",
        "class C{p}{i}(object):\n    def __enter__(self): pass\n"
        "    def __exit__(self, *_): {p}{j}()\n"
        "def {p}{i}(*_):\n    with C{p}{i}():\n        pass\n",
        "def {p}{i}(*_):\n    try:\n        [0].sort(key={p}{j})\n"
        "    finally:\n        pass\n",
    ),
    "gen": "def {p}{i}():\n    for x in {p}{j}():\n        yield x\n",
    "coro": "async def {p}{i}():\n    return await {p}{j}()\n",
    "exc": (
        "def {p}{i}():\n    {p}{j}()\n",
        "def {p}{i}():\n    try:\n        {p}{j}()\n"
        "    except ValueError:\n        raise\n",
    ),
}
LEAVES = {
    "gen": LEAF.replace("*_", "") + "        if k % 20 == 0: yield k\n",
    "exc": LEAF + "    raise ValueError(s)\n",
    "coro": """
class Yield(object):
    def __await__(self):
        yield
async def {p}{i}():
    s = 0
    for k in range(40):
        s += k
        if k % 20 == 0:
            await Yield()
""",
    "shared": LEAF + "    h0()\n",
}


def define(case):
    names = {}
    links = LINKS.get(case, LINKS["plain"])
    if isinstance(links, str):
        links = (links,)
    if case == "shared":
        chain("h", 4, (LINKS["plain"],), LEAF, names)
    for letter, length in LENGTHS:
        chain(letter, length, links, LEAVES.get(case, LEAF), names)
    return names["a0"], names["b0"]


def chain(letter, length, links, leaf, names):
    for i in reversed(range(length)):
        text = leaf if i == length - 1 else links[i % len(links)]
        text = text.format(p=letter, i=i, j=i + 1)
        exec(compile(text, "chain_%s%d.py" % (letter, i), "exec"), names)


def loop(a, b, end):
    while now() < end:
        a()
        b()


def loop_gen(a, b, end):
    while now() < end:
        for _ in a():
            pass
        for _ in b():
            pass


def loop_exc(a, b, end):
    while now() < end:
        try:
            a()
        except ValueError:
            pass
        try:
            b()
        except ValueError:
            pass


def loop_coro(a, b, end):
    while now() < end:
        for coro in (a(), b()):
            try:
                while True:
                    coro.send(None)
            except StopIteration:
                pass


def r0(n, again=0):
    if n:
        return r0(n - 1, again)
    for _ in range(again):
        r0(60)
    return 0


def s0(n):
    return s1(n - 1) if n else 0


def s1(n):
    return s0(n - 1) if n else 0


def loop_recursion(a, b, end):
    while now() < end:
        r0(199)
        s0(149)


def loop_border(a, b, end):
    """A frame of r0 is some 100 bytes on 3.11+, a chunk 16 KiB."""
    depth = 60
    while now() < end:
        depth = depth % 240 + 1
        r0(depth, 20)


def busy():
    s = 0
    for i in range(2000):
        s += i * i % 7
    return s


def deeper(n):
    return busy() if n <= 0 else deeper(n - 1)


def loop_calm(a, b, end):
    while now() < end:
        deeper(16)


def often():
    if hasattr(sys, "setswitchinterval"):
        sys.setswitchinterval(0.0005)
    else:
        sys.setcheckinterval(100)


def main(case, seconds):
    a, b = (None, None) if case in ("recursion", "border", "calm") else define(case)
    run = globals().get("loop_" + case, loop)
    end = now() + seconds
    if case == "threads":
        often()
        other = threading.Thread(target=run, args=(a, b, end))
        other.daemon = True
        other.start()
    print("ready")
    sys.stdout.flush()
    run(a, b, end)
    if case == "threads":
        other.join()


main(sys.argv[1], float(sys.argv[2]))
