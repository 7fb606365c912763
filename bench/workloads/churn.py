# SPDX-License-Identifier: Apache-2.0
"""Two call chains that never mix, each called through in under a microsecond.

a0..a9 and b0..b13, the last of each adds 40 numbers.  A sampled stack is
impossible when it holds names of both, a gap in the numbers, or one of them
without `loop` below it: see ../truth.py.
"""
import common

LENGTHS = (("a", 10), ("b", 14))
LINK = "def {p}{i}():\n    return {p}{j}()\n"
LEAF = """
def {p}{i}():
    s = 0
    for k in range(40):
        s += k
    return s
"""


def define():
    names = {}
    for letter, length in LENGTHS:
        for i in range(length):
            text = LEAF if i == length - 1 else LINK
            text = text.format(p=letter, i=i, j=i + 1)
            exec(compile(text, "chain.py", "exec"), names)
    return names["a0"], names["b0"]


def loop(job, a0, b0):
    while job.more(200):
        for _ in range(100):
            a0()
            b0()


def main():
    job = common.Job()
    a0, b0 = define()
    job.begin()
    loop(job, a0, b0)
    job.finish()


main()
