# SPDX-License-Identifier: Apache-2.0
"""Tasks of asyncio that wait, in the way that argument 1 names; says what they
are as one line of JSON: name -> [state, awaited by, frames innermost first]."""
import json
import sys
import threading
import time

if "python" in sys.argv[2:]:
    sys.modules["_asyncio"] = None  # not the tasks written in C

import asyncio

WAITING = {}
FOREVER = 1000


def make(coro, name, by, *frames, **more):
    """A task and what an observer should see of it."""
    task = asyncio.ensure_future(coro)
    if hasattr(task, "set_name"):
        task.set_name(name)
    WAITING[name] = [more.get("state", "waiting"), list(by), list(frames)]
    return task


async def leaf():
    await asyncio.sleep(FOREVER)


async def worker():
    await leaf()


WORKER = ("sleep", "leaf", "worker")


# ---- ways to wait ----

class Awaitable(object):
    def __await__(self):
        return (yield from worker().__await__())


async def custom():
    await Awaitable()


async def numbers():
    await asyncio.sleep(FOREVER)
    yield 1


async def generates():
    async for _ in numbers():
        pass


async def directly():
    await make(worker(), "directly-1", ["directly"], *WORKER)


async def waits():
    await asyncio.wait([make(worker(), "waits-1", ["waits"], *WORKER),
                        make(worker(), "waits-2", ["waits"], *WORKER)])


async def waits_for():
    await asyncio.wait_for(make(worker(), "waits_for-1", ["waits_for"],
                                *WORKER), FOREVER)


async def shields():
    await asyncio.shield(make(worker(), "shields-1", ["shields"], *WORKER))


async def groups():
    async with asyncio.TaskGroup() as group:
        for name in ("groups-1", "groups-2"):
            group.create_task(worker(), name=name)
            WAITING[name] = ["waiting", ["groups"], list(WORKER)]


async def queues():
    await asyncio.Queue().get()


async def ways():
    main = ["main"]
    tasks = [
        make(custom(), "custom", main, *(WORKER + ("__await__", "custom"))),
        make(generates(), "generates", main, "sleep", "numbers", "generates"),
        make(directly(), "directly", main, "directly"),
        make(waits(), "waits", main, "_wait", "wait", "waits"),
        make(waits_for(), "waits_for", main, "wait_for", "waits_for"),
        make(shields(), "shields", main, "shields"),
        make(queues(), "queues", main, "get", "queues"),
    ]
    if hasattr(asyncio, "TaskGroup"):
        exits = ["__aexit__", "groups"]
        if hasattr(asyncio.TaskGroup, "_aexit"):
            exits.insert(0, "_aexit")
        tasks.append(make(groups(), "groups", main, *exits))
    await asyncio.gather(*tasks)


# ---- states ----

async def yields():
    while True:
        await asyncio.sleep(0)


async def states():
    make(yields(), "ready", [], "__sleep0", "sleep", "yields", state="ready")
    cancelled = make(worker(), "cancelled", [])
    await asyncio.sleep(0.1)
    cancelled.cancel()
    await asyncio.sleep(0.1)
    del WAITING["cancelled"]
    make(worker(), "created", [], "worker", state="created")
    WAITING["main"] = ["running", [], ["states"]]
    say()
    time.sleep(FOREVER)  # whoever blocks the loop


# ---- odd ones ----

async def awaits(others):
    await others[0]


async def cycle():
    """Three tasks that await each other in a circle."""
    others = [[], [], []]
    tasks = [make(awaits(others[i]), "cycle-%d" % i, ["cycle-%d" % (i - 1 if i
                  else 2)], "awaits") for i in range(3)]
    for i in range(3):
        others[i].append(tasks[(i + 1) % 3])
    await asyncio.sleep(FOREVER)


async def chain():
    """Ten thousand, each awaited by the one before."""
    last = make(worker(), "chain-0", ["chain-1"], *WORKER)
    for i in range(1, 10000):
        last = make(awaits([last]), "chain-%d" % i, ["chain-%d" % (i + 1)],
                    "awaits")
    WAITING["chain-9999"][1] = ["main"]
    await last


async def dive(n):
    if n:
        await dive(n - 1)
    else:
        await asyncio.sleep(FOREVER)


async def deep():
    """One task, suspended in 600 coroutines that await each other."""
    make(dive(600), "deep", [], *(["sleep"] + ["dive"] * 601))
    await asyncio.sleep(FOREVER)


async def many():
    tasks = [make(worker(), "many-%d" % i, ["main"], *WORKER)
             for i in range(10000)]
    await asyncio.gather(*tasks)


async def blocks():
    while True:
        time.sleep(FOREVER)


async def eager():
    """A task that starts at once, inside the one that makes it."""
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    make(worker(), "eager-1", [], *WORKER)
    await asyncio.sleep(FOREVER)


SCENES = {scene.__name__: scene for scene in
          (ways, states, cycle, chain, deep, many, eager)}
TOP = {"ways": ["ways"], "chain": ["chain"], "many": ["many"]}


def say():
    print(json.dumps(WAITING))
    print("ready")
    sys.stdout.flush()


def run(scene):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    async def start():
        loop.call_later(0.3, say)
        top = TOP.get(scene) or ["sleep", scene]
        main = make(SCENES[scene](), "main", [], *top)
        await main

    if scene == "states":
        async def start():
            await make(states(), "main", [])
    loop.run_until_complete(start())


def in_thread():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    async def start():
        await make(worker(), "other-1", ["other"], *WORKER)

    async def outer():
        await make(start(), "other", [], "start")
    loop.run_until_complete(outer())


if __name__ == "__main__":
    sys.setrecursionlimit(20000)
    if "thread" in sys.argv[2:]:
        threading.Thread(target=in_thread, name="second", daemon=True).start()
        time.sleep(0.2)
    run(sys.argv[1])
