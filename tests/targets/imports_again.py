# SPDX-License-Identifier: Apache-2.0
"""Imports modules of the library, forgets them and imports them again, so that
their code is made and freed all the time.  Runs on Python 2.7 too."""
import sys

NAMES = ("textwrap", "string", "shlex", "calendar", "csv", "bisect", "decimal",
         "difflib", "pprint", "getopt", "optparse", "colorsys", "fractions")


def again():
    before = set(sys.modules)
    for name in NAMES:
        __import__(name)
    for name in set(sys.modules) - before:
        del sys.modules[name]


print("ready")
sys.stdout.flush()
while True:
    again()
