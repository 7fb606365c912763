# SPDX-License-Identifier: Apache-2.0
"""Says "ready ARGS", then sleeps until it is stopped: what the harness tests
itself with."""
import sys
import time

sys.stderr.write("to stderr\n")
print("ready %s" % " ".join(sys.argv[1:]))
sys.stdout.flush()
while True:
    time.sleep(0.1)
