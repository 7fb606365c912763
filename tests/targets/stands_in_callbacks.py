# -*- coding: utf-8 -*-
# SPDX-License-Identifier: Apache-2.0
"""Threads that stand still in Python code that C code has called, and in code
of every other kind; then a line of JSON as in stands_in_many_ways.py.  The main
thread stands in a signal handler inside an atexit function.
"""
from __future__ import print_function

import atexit
import gc
import json
import os
import signal
import sys
import threading
import time
import weakref

PY3 = sys.version_info[0] >= 3
MAIN = threading.current_thread().ident
gate = threading.Lock()
gate.acquire()


def stand(*unused):
    gate.acquire()


class Made(object):
    def __init__(self):
        stand()


class Entered(object):
    def __enter__(self):
        stand()

    def __exit__(self, *unused):
        pass


class Dying(object):
    def __del__(self):
        stand()


class Proxy(object):
    def __getattr__(self, name):
        return stand()

    def __len__(self):
        stand()
        return 0

    def __eq__(self, other):
        stand()
        return True

    def __hash__(self):
        return 1

    def __iter__(self):
        return self

    def __next__(self):
        stand()
        raise StopIteration

    next = __next__

    def __call__(self):
        stand()

    def __repr__(self):
        stand()
        return "proxy"


class Described(object):
    class Descriptor(object):
        def __get__(self, instance, owner):
            stand()

        def __set__(self, instance, value):
            stand()

    field = Descriptor()


def constructor():
    return Made()


def with_statement():
    with Entered():
        pass


def destructor():
    dying = Dying()
    del dying


def collected():
    cycle = Dying()
    cycle.self = cycle
    del cycle
    gc.collect()


def weak():
    made = Proxy()
    ref = weakref.ref(made, stand)
    del made
    return ref


def attribute():
    return Proxy().missing


def descriptor_get():
    return Described().field


def descriptor_set():
    Described().field = 1


def length():
    return len(Proxy())


def key_of_dict():
    return {Proxy(): 1}[Proxy()]


def for_loop():
    for _ in Proxy():
        pass


def call_object():
    Proxy()()


def percent():
    return "%r" % (Proxy(),)


def reduce_sum():
    from functools import reduce
    return reduce(lambda a, b: stand(),
                  [1, 2])


def partial():
    from functools import partial
    partial(stand, 1)()


def filtered():
    return list(filter(lambda value: stand(), [1]))


def star():
    return stand(*[1, 2], **{})


def comprehensions():
    return [[{stand(): 1 for _ in range(1)}
             for _ in range(1)]
            for _ in range(1)]


def generator_expression():
    return sum(stand() or 1
               for _ in range(3))


def thrown():
    def inner():
        try:
            yield 1
        finally:
            stand()
    generator = inner()
    next(generator)
    generator.close()


def sent():
    def inner():
        while True:
            got = yield
            if got:
                stand()
    generator = inner()
    next(generator)
    for value in (0, 0, 1):
        generator.send(value)


def decorator(function):
    def wrapper(*args):
        return function(*args)
    return wrapper


@decorator
@decorator
def decorated():
    return stand()


def decorating():
    def stops(function):
        stand()

    @stops
    def never():
        pass


def class_body():
    class Outer(object):
        x = 1

        class Inner(object):
            y = stand()


def metaclass():
    class Meta(type):
        def __new__(mcs, name, bases, body):
            return stand()
    Meta("Name", (), {})


def defaults():
    def never(argument=stand()):
        pass


def evaluated():
    eval("1 + stand()")


def executed():
    exec("def inside():\n"
         "    x = 1\n"
         "    stand()\n"
         "inside()\n", {"stand": stand})


def unnamed_code():
    exec(compile(u"\n\n\nstand()", "", "exec"), {"stand": stand})


def percent_file():
    exec(compile(u"\nstand()", "/a/100%/%41%zz;x y\t.py", "exec"),
         {"stand": stand})


def long_function():
    """5,000 lines; stands in the last."""
    names = {"stand": stand}
    exec(compile("def long_body():\n" + "    x = 1; y = x + 2\n" * 5000
                 + "    stand(); z = 3\n", "/no/where/long.py", "exec"), names)
    names["long_body"]()


def big_steps():
    """Line steps forth and back that do not fit one byte."""
    names = {"stand": stand}
    exec(compile("def steps():\n    x = (1,\n" + "\n" * 700 + "  stand(\n"
                 + "\n" * 300 + "  ))\n", "/no/where/steps.py", "exec"), names)
    names["steps"]()


def wide_columns():
    names = {"stand": stand}
    exec(compile(u"def wide():\n    x = ('" + u"y" * 3000 + u"', stand())\n",
                 "/no/where/columns.py", "exec"), names)
    names["wide"]()


def traced():
    def profile(frame, event, arg):
        if event == "call" and frame.f_code.co_name == "inner":
            sys.setprofile(None)
            stand()

    def inner():
        pass
    sys.setprofile(profile)
    inner()


def line_traced():
    def trace(frame, event, arg):
        if event == "line":
            sys.settrace(None)
            stand()
        return trace

    def inner():
        x = 1
        return x
    sys.settrace(trace)
    inner()


def finalizer():
    class Plain(object):
        pass
    weakref.finalize(Plain(), stand)


class Finder(object):
    """An import hook that stands."""

    def find_module(self, name, path=None):
        if name == "hognose_never":
            stand()

    def find_spec(self, name, path=None, target=None):
        if name == "hognose_never":
            stand()


def imported():
    sys.meta_path.insert(0, Finder())
    import hognose_never


def ctypes_callback():
    import ctypes
    CMP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int),
                           ctypes.POINTER(ctypes.c_int))

    def compare(a, b):
        stand()
        return a[0] - b[0]
    numbers = (ctypes.c_int * 3)(3, 1, 2)
    ctypes.CDLL(None).qsort(numbers, 3, ctypes.sizeof(ctypes.c_int),
                            CMP(compare))


def nested_ctypes():
    """Python in C in Python in C in Python."""
    import ctypes
    CALL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)

    def call(n):
        if n:
            return CALL(call)(n - 1)
        stand()
        return 0
    CALL(call)(3)


ASYNC = u"""
import asyncio
import contextlib

async def agen():
    yield 1
    stand()
    yield 2

async def handle(reader, writer):
    line = await reader.readline()
    async for x in agen():
        [y async for y in agen()]

async def client(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"x\\n")
    await asyncio.sleep(1000)

async def serve():
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await asyncio.gather(client(port), asyncio.sleep(1000))

def asyncio_server():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(serve())

class Awaited:
    def __await__(self):
        stand()
        yield

class Managed:
    async def __aenter__(self):
        await Awaited()
    async def __aexit__(self, *unused):
        pass

async def with_async():
    async with Managed():
        pass

def async_with():
    with_async().send(None)
"""

WAYS = [constructor, with_statement, destructor, weak, attribute,
        descriptor_get, descriptor_set, length, key_of_dict, for_loop,
        call_object, percent, reduce_sum, partial, filtered, star,
        comprehensions, generator_expression, thrown, sent, decorated,
        decorating, class_body, metaclass, defaults, evaluated, executed,
        unnamed_code, percent_file, long_function, big_steps, wide_columns,
        traced, line_traced]
if PY3:
    names = {"stand": stand}
    exec(compile(ASYNC, "/no/where/async.py", "exec"), names)
    WAYS += [names["asyncio_server"], names["async_with"],
             finalizer, collected]  # 2.7 never collects what has a __del__
try:
    import ctypes
    WAYS += [ctypes_callback, nested_ctypes]
except ImportError:
    pass


def stack_of(frame):
    out = []
    while frame is not None:
        out.append([frame.f_code.co_filename, frame.f_lineno,
                    frame.f_code.co_name])
        frame = frame.f_back
    return out


def stacks():
    names = dict((t.ident, t.name) for t in threading.enumerate())
    names[MAIN] = "MainThread"  # 2.7 forgets it before atexit functions run
    frames = sys._current_frames()
    return dict((names[ident], stack_of(frame))
                for ident, frame in frames.items()
                if names.get(ident, "teller") != "teller")


def tell():
    """Once all of them have stood the same for some time."""
    expected = set(way.__name__ for way in WAYS)
    expected.update(["MainThread", "imported"])
    last, same = None, 0
    while same < 3:
        time.sleep(0.1)
        now = stacks()
        same = same + 1 if now == last and expected <= set(now) else 0
        last = now
    print(json.dumps(last))
    print("ready")
    sys.stdout.flush()
    time.sleep(10000)


def start(function, name, after=None):
    thread = threading.Thread(target=function, name=name)
    thread.daemon = True
    thread.start()


def on_signal(number, frame):
    stand()


def at_exit():
    os.kill(os.getpid(), signal.SIGUSR1)
    for _ in range(1000):
        time.sleep(10)


signal.signal(signal.SIGUSR1, on_signal)
atexit.register(at_exit)
for way in WAYS:
    start(way, way.__name__)
time.sleep(0.2)
start(imported, "imported")  # holds the import lock in 2.7
start(tell, "teller")
