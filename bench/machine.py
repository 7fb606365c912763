# SPDX-License-Identifier: Apache-2.0
"""What the numbers were taken on."""

import datetime
import os
import pathlib
import platform
import re


def cpu_model():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    got = re.search(r"^model name\s*: (.*)$", text, re.M)
    return got[1] if got else platform.machine()


def virtual():
    try:
        return " hypervisor" in pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def system():
    try:
        text = pathlib.Path("/etc/os-release").read_text()
    except OSError:
        return "Linux"
    got = re.search(r'^PRETTY_NAME="?([^"\n]*)', text, re.M)
    return got[1] if got else "Linux"


def busy():
    """Load average of the last minute, and what that means."""
    return os.getloadavg()[0]


def steal():
    """Ticks that the hypervisor took from us since boot, and all of them."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n")[0].split()
    ticks = list(map(int, fields[1:]))
    return ticks[7] if len(ticks) > 7 else 0, sum(ticks[:8])


def describe():
    return {"cpu": cpu_model() + (" (virtual)" if virtual() else ""),
            "cores": os.cpu_count(), "kernel": platform.release(),
            "machine": platform.machine(), "system": system(),
            "load_at_start": round(busy(), 2),
            "date": datetime.date.today().isoformat()}
