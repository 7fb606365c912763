# SPDX-License-Identifier: Apache-2.0
"""Makes code, runs it once and frees it, over and over: function f_N of file
N.gen, so that a name that stands with another file is a wrong one.  The sizes
differ, so that addresses are used again by other code.  Runs on 2.7 too."""

import sys

print("ready")
sys.stdout.flush()
n = 0
while True:
    n += 1
    name = "f_%d" % (n % 5000)
    text = "def %s():\n%s    for i in range(%d): i = i * i\n%s()\n" % (
        name, "    a = 1\n" * (n % 7), 300 + n % 11 * 100, name)
    exec(compile(text, "/%d.gen" % (n % 5000), "exec"), {})
