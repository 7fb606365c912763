#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small shop on asyncio, to be profiled: customers ask for pages, each page
waits for a data base and is rendered.  Runs for SECONDS (5).

    hognose record --async -o shop.html -- python3 examples/async_shop.py
    hognose record --async=all -o waits.html -- python3 examples/async_shop.py
"""

import asyncio
import json
import sys
import time


def named(coro, name):
    task = asyncio.ensure_future(coro)
    if hasattr(task, "set_name"):  # 3.8
        task.set_name(name)
    return task


class Database:
    """Two connections for all: the others wait in line."""

    def __init__(self):
        self.connections = asyncio.Semaphore(2)

    async def query(self, rows):
        async with self.connections:
            await asyncio.sleep(0.005)
        return [{"id": i, "price": i * 1.19} for i in range(rows)]


def render(rows):
    return json.dumps(sorted(rows, key=lambda row: -row["price"]))


async def page(database):
    goods, offers = await asyncio.gather(database.query(400),
                                         database.query(100))
    return render(goods + offers)


async def customer(database, end):
    while time.monotonic() < end:
        await page(database)
        await asyncio.sleep(0.01)


async def shop(seconds):
    database, end = Database(), time.monotonic() + seconds
    await asyncio.gather(*[named(customer(database, end), f"customer {i}")
                           for i in range(3)])


async def main(seconds):
    await named(shop(seconds), "shop")


asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0))
