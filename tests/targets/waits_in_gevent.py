# SPDX-License-Identifier: Apache-2.0
"""A gevent program in which everything waits, in three greenlets and the main
one; needs gevent."""
import sys

import gevent


def waits():
    sleeps()


def sleeps():
    gevent.sleep(1000)


greenlets = [gevent.spawn(waits) for _ in range(3)]
gevent.sleep(0)
print("ready")
sys.stdout.flush()
gevent.joinall(greenlets)
