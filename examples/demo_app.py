#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small web shop, to be profiled: requests come in over a queue, two threads
answer them, a third writes a compressed access log.  Runs for SECONDS (5).

    hognose record -o shop.html -- python3 examples/demo_app.py
"""

import hashlib
import json
import queue
import random
import re
import sys
import threading
import time
import zlib

WORDS = "apple pear plum quince medlar cherry fig date grape lemon".split()

ROUTES = []


def route(pattern):
    """Registers a view for the paths that match."""
    def register(view):
        ROUTES.append((re.compile(pattern), view))
        return view
    return register


class Catalogue:
    """What the shop sells."""

    def __init__(self, size, seed=7):
        rng = random.Random(seed)
        self.products = [
            {"id": i, "name": " ".join(rng.sample(WORDS, 3)),
             "price": rng.randint(100, 9999), "stock": rng.randint(0, 40)}
            for i in range(size)]

    def matching(self, words):
        """Products whose names match all words, the best first."""
        patterns = [re.compile(r"\b%s" % re.escape(w), re.I) for w in words]
        found = [p for p in self.products
                 if all(rx.search(p["name"]) for rx in patterns)]
        return sorted(found, key=self.rank)

    @staticmethod
    def rank(product):
        return (product["stock"] == 0, product["price"], product["name"])


CATALOGUE = Catalogue(800)


@route(r"^/search/(?P<query>.+)$")
def search(_body, query):
    found = CATALOGUE.matching(query.split("+"))
    return render("search", {"items": found[:20], "count": len(found)})


@route(r"^/product/(?P<number>\d+)$")
def product(_body, number):
    item = CATALOGUE.products[int(number) % len(CATALOGUE.products)]
    return render("product", {"items": [item], "count": 1})


@route(r"^/order$")
def order(body):
    lines = json.loads(body)["lines"]
    total = sum(price(line) for line in lines)
    return json.dumps({"total": total, "receipt": sign(lines)})


def price(line):
    item = CATALOGUE.products[line["id"] % len(CATALOGUE.products)]
    return item["price"] * line["amount"] * (0.9 if line["amount"] > 5 else 1)


def sign(lines):
    """A receipt number that is slow to guess."""
    text = json.dumps(lines, sort_keys=True).encode()
    return hashlib.pbkdf2_hmac("sha256", text, b"shop", 400).hex()


def escape(text):
    return re.sub(r"[<>&]", lambda m: "&#%d;" % ord(m.group()), str(text))


def render(title, values):
    rows = "".join(
        "<tr><td>%s</td><td>%s</td></tr>" % (escape(item["name"]),
                                             money(item["price"]))
        for item in values["items"])
    return "<h1>%s (%d)</h1><table>%s</table>" % (title, values["count"], rows)


def money(cents):
    return "%d.%02d" % divmod(cents, 100)


def handle(request):
    """Finds the view of a request and calls it."""
    for pattern, view in ROUTES:
        match = pattern.match(request["path"])
        if match:
            return view(request.get("body"), **match.groupdict())
    return "<h1>404</h1>"


class AccessLog(threading.Thread):
    """Collects lines and compresses them, a block at a time."""

    def __init__(self):
        super().__init__(name="access-log", daemon=True)
        self.lines = queue.Queue()
        self.size = 0

    def run(self):
        block = []
        while True:
            block.append(self.lines.get())
            if len(block) >= 200:
                self.size += len(self.pack(block))
                block = []

    @staticmethod
    def pack(block):
        return zlib.compress("\n".join(block).encode() * 20, 9)


class Worker(threading.Thread):
    """Answers requests until there is a None."""

    def __init__(self, name, requests, log):
        super().__init__(name=name, daemon=True)
        self.requests, self.log, self.answered = requests, log, 0

    def run(self):
        for request in iter(self.requests.get, None):
            answer = handle(request)
            self.answered += 1
            self.log.lines.put("%s %s %d" % (self.name, request["path"],
                                             len(answer)))


def make_request(rng):
    """What a customer does next."""
    kind = rng.random()
    if kind < 0.3:
        return {"path": "/search/" + "+".join(rng.sample(WORDS, 2))}
    if kind < 0.8:
        return {"path": "/product/%d" % rng.randint(0, 5000)}
    lines = [{"id": rng.randint(0, 799), "amount": rng.randint(1, 9)}
             for _ in range(rng.randint(1, 12))]
    return {"path": "/order", "body": json.dumps({"lines": lines})}


def main(seconds):
    requests = queue.Queue(maxsize=50)
    log = AccessLog()
    workers = [Worker("worker-%d" % i, requests, log) for i in (1, 2)]
    for thread in [log] + workers:
        thread.start()
    rng = random.Random(1)
    end = time.time() + seconds
    while time.time() < end:
        requests.put(make_request(rng))
    for _ in workers:
        requests.put(None)
    for worker in workers:
        worker.join()
    print("%d requests answered" % sum(w.answered for w in workers))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
