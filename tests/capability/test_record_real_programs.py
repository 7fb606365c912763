# SPDX-License-Identifier: Apache-2.0
"""Programs as users have them: a web server under load, a pool of processes,
numpy that computes without the GIL."""

import http.client
import re
import subprocess
import time

import pytest

import programs
from shares import is_share, said, total, weight_of

POOL = """
import multiprocessing
def grind(n):
    s = 0
    for i in range(n): s += i * i
    return s
if __name__ == '__main__':
    pool = multiprocessing.get_context('fork').Pool(2)
    pool.map(grind, [300000] * 40, 1)
    pool.close(); pool.join()
"""

NUMPY = """
import numpy, time
def product(a):
    return a @ a
def loop():
    for i in range(400000): i * i
a = numpy.random.rand(400, 400)
times = [0.0, 0.0]
end = time.time() + 2
while time.time() < end:
    t = time.time(); product(a); u = time.time(); loop(); v = time.time()
    times[0] += u - t; times[1] += v - u
print('wall', *times)
"""


def ask(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().read()
    connection.close()


def test_a_web_server_under_load(hognose, any_python, target, tmp_path):
    server = target("-m", "http.server", "0", "--bind", "127.0.0.1",
                    ready="Serving", cwd=tmp_path)
    port = int(re.search(r"port (\d+)", server.stdout + server.stderr)[1])
    recorder = hognose.start("record", "-q", "-p", str(server.pid), "-r", "1k",
                             "-f", "folded", "-o", "-")
    end = time.monotonic() + 2
    while time.monotonic() < end:
        ask(port)
    stacks = recorder.interrupt().folded()
    assert total(stacks) > 50
    # Each stack is the accepting thread's or that of one request; at a thread's
    # end the callback of a weak reference runs with no frame below it.
    roots = {s.functions()[0].rpartition(".")[2] for s in stacks}
    assert roots <= {"_run_module_as_main", "_bootstrap", "_remove"}, roots
    assert weight_of(stacks, "SimpleHTTPRequestHandler.do_GET") + weight_of(
        stacks, "do_GET") > 0


def test_a_pool_of_processes(hognose, any_python, tmp_path):
    (tmp_path / "pool.py").write_text(POOL)
    out = tmp_path / "out.folded"
    hognose.run("record", "-q", "-r", "500", "-o", out, "--",
                any_python.path, tmp_path / "pool.py").ok()
    stacks = programs.parse_folded(out.read_text())
    workers = {s.frames[0] for s in stacks if "grind" in s.functions()}
    assert len(workers) == 2
    assert weight_of(stacks, "grind") > 0.4 * total(stacks)  # rest: imports


def test_numpy_shares(hognose, tmp_path):
    python = "/usr/bin/python3"
    if subprocess.run([python, "-c", "import numpy"], check=False,
                      capture_output=True).returncode:
        pytest.skip("needs the package numpy of the system's Python")
    (tmp_path / "np.py").write_text(NUMPY)
    out = tmp_path / "out.folded"
    result = hognose.run("record", "-q", "-r", "500", "-o", out, "--", python,
                         tmp_path / "np.py").ok()
    stacks = programs.parse_folded(out.read_text())
    weights = weight_of(stacks, "product"), weight_of(stacks, "loop")
    wall = said(result.stdout, "wall")
    assert is_share(weights[0], sum(weights), wall[0] / sum(wall), 0.06), (
        weights, wall)
