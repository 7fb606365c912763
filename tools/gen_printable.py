#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints src/python/printable.inc: the code points from 0x7f on that Python's
repr of a str escapes.  Run it with the newest Python there is; the table says
which Unicode that was.

usage: gen_printable.py > src/python/printable.inc
"""
import sys
import unicodedata


def ranges():
    start = None
    for point in range(0x7f, 0x110001):
        hidden = point < 0x110000 and not chr(point).isprintable()
        if hidden and start is None:
            start = point
        elif not hidden and start is not None:
            yield start, point - 1
            start = None


print("/* SPDX-License-Identifier: Apache-2.0 */")
print("/* Written by tools/gen_printable.py from Unicode "
      f"{unicodedata.unidata_version} (Python {sys.version_info[0]}."
      f"{sys.version_info[1]}). */")
for first, last in ranges():
    print(f"{{ 0x{first:x}, 0x{last:x} }},")
