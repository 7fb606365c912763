# SPDX-License-Identifier: Apache-2.0
"""Tasks of asyncio that run, in the way that argument 1 names; says "ready"."""
import asyncio
import random
import sys

FAMILIES = 4
FAMILY = """
def burn%(i)d(n):
    x = 0
    for k in range(n):
        x += k
    return x
async def leaf%(i)d(n):
    burn%(i)d(n)
    await asyncio.sleep(0)
    burn%(i)d(n)
async def mid%(i)d(n):
    await leaf%(i)d(n)
async def child%(i)d(n):
    for _ in range(3):
        await mid%(i)d(n)
async def parent%(i)d():
    while True:
        kids = [make(child%(i)d(random.randrange(300)), "C%(i)d")
                for _ in range(3)]
        how = random.random()
        if how < 0.3:
            await asyncio.gather(*kids)
        elif how < 0.6:
            await asyncio.wait(kids)
        else:
            for kid in kids:
                await kid
"""


def make(coro, name):
    task = asyncio.ensure_future(coro)
    if hasattr(task, "set_name"):
        task.set_name(name)
    return task


async def families():
    """Tasks of very short steps; whatever stands in one stack has one number."""
    for i in range(FAMILIES):
        code = compile(FAMILY % {"i": i}, "families.py", "exec")
        exec(code, globals())
    await asyncio.gather(*[make(globals()["parent%d" % i](), "P%d" % i)
                           for i in range(FAMILIES)])


def burn(rounds):
    x = 0
    for k in range(rounds):
        x += k
    return x


async def step(rounds):
    burn(rounds)


async def worker(rounds):
    while True:
        await step(rounds)
        await asyncio.sleep(0)


async def sleeper():
    await asyncio.sleep(1000)


async def shares():
    """"long" runs three times as long as "short"; "sleeps" not at all."""
    await asyncio.gather(make(worker(60000), "long"),
                         make(worker(20000), "short"),
                         make(sleeper(), "sleeps"))


async def request():
    await step(40000)


async def requests():
    """A new task for each, as servers do."""
    for _ in range(100):
        await asyncio.ensure_future(asyncio.sleep(0))
    while True:
        await asyncio.ensure_future(request())


async def many():
    await asyncio.gather(*[sleeper() for _ in range(10000)])


async def eager():
    """Tasks that start inside the step of the one that makes them."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    while True:
        loop.create_task(request(), name="inner")
        burn(40000)
        await asyncio.sleep(0)


def driven():
    """Coroutines that no event loop knows."""
    async def forever():
        while True:
            await step(200000)
    forever().send(None)


def ready():
    print("ready")
    sys.stdout.flush()


def run(scene):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    async def start():
        loop.call_later(0.3, ready)
        await make(globals()[scene](), "main")
    loop.run_until_complete(start())


if sys.argv[1] == "driven":
    ready()
    driven()
else:
    run(sys.argv[1])
