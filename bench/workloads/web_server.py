# SPDX-License-Identifier: Apache-2.0
"""A threaded WSGI application: JSON in, a template and regular expressions out.

Prints "ready PID PORT".  load_client.py asks it; one piece of work is one
request answered.
"""
import json
import re
import string
import threading
import time

try:
    from socketserver import ThreadingMixIn
    from urllib.parse import parse_qs
except ImportError:  # 2.7
    from SocketServer import ThreadingMixIn
    from urlparse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import common

WORD = re.compile(r"(\w+)@(\w+\.\w+)")
ROW = string.Template("<tr><td>$name</td><td>$mail</td><td>$total</td></tr>")


def people(n):
    return [{"name": "user%d" % i, "mail": "user%d@example.org" % i,
             "orders": [i * k % 17 for k in range(8)]} for i in range(n)]


def render(rows):
    out = []
    for row in rows:
        match = WORD.match(row["mail"])
        out.append(ROW.substitute(name=row["name"].title(),
                                  mail="%s at %s" % match.groups(),
                                  total=sum(row["orders"])))
    return "<table>%s</table>" % "".join(out)


class Application(object):
    def __init__(self, job):
        self.job = job
        self.lock = threading.Lock()
        self.over = threading.Event()

    def count(self):
        with self.lock:
            if not self.job.more():
                self.over.set()

    def __call__(self, environ, start_response):
        self.count()
        query = parse_qs(environ.get("QUERY_STRING", ""))
        rows = json.loads(json.dumps(people(int(query.get("n", ["20"])[0]))))
        body = render(rows).encode("utf-8")
        start_response("200 OK", [("Content-Type", "text/html"),
                                  ("Content-Length", str(len(body)))])
        return [body]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class Handler(WSGIRequestHandler):
    def log_message(self, *args):
        pass


def main():
    job = common.Job()
    app = Application(job)
    server = make_server("127.0.0.1", 0, app, Server, Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.daemon = True
    serving.start()
    job.begin(server.server_port)
    while not app.over.is_set() and common.clock() < job.end:
        time.sleep(0.05)
    job.finish()
    server.shutdown()


main()
