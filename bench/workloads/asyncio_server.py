# SPDX-License-Identifier: Apache-2.0
"""An asyncio HTTP server whose handlers await each other and wait a little.

Prints "ready PID PORT".  load_client.py asks it; one piece of work is one
request answered.  3.6 and later.
"""
import asyncio
import hashlib
import json

import common


async def look_up(key):
    await asyncio.sleep(0.001)
    return {"key": key, "hash": hashlib.sha1(key.encode()).hexdigest()}


async def gather(keys):
    return await asyncio.gather(*[look_up(key) for key in keys])


async def answer(path):
    found = await gather(["%s/%d" % (path, i) for i in range(5)])
    total = sum(i * i % 7 for i in range(3000))
    return json.dumps({"found": found, "total": total}).encode()


class Service:
    def __init__(self, job):
        self.job = job
        self.over = asyncio.Event()

    async def client(self, reader, writer):
        line = await reader.readline()
        while (await reader.readline()).strip():
            pass
        body = await answer(line.decode("latin-1").split(" ")[1])
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n"
                     % len(body) + body)
        await writer.drain()
        writer.close()
        if not self.job.more():
            self.over.set()


async def serve(job):
    service = Service(job)
    server = await asyncio.start_server(service.client, "127.0.0.1", 0)
    job.begin(server.sockets[0].getsockname()[1])
    try:
        await asyncio.wait_for(service.over.wait(), job.seconds)
    except asyncio.TimeoutError:
        pass
    server.close()


def main():
    job = common.Job()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(serve(job))
    job.finish()


main()
