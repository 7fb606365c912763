# SPDX-License-Identifier: Apache-2.0
"""What all refusals have in common."""

import time


def refused(hognose, *args, status, words=(), seconds=1.0, **popen):
    """Runs it; it must say one line with what, why and remedy, soon."""
    for attempt in (1, 2):
        begin = time.monotonic()
        result = hognose.run(*args, **popen)
        took = time.monotonic() - begin
        if took <= seconds:
            break  # a machine under load gets a second try
    assert took <= seconds, f"{took:.2f} s: {result}"
    return is_refusal(result, status, words)


def is_refusal(result, status, words=()):
    assert result.returncode == status, result
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result
    line = lines[0]
    assert line.startswith("hognose: "), result
    assert line.isprintable(), result
    # What: why; remedy.
    assert ";" in line or ": give " in line, result
    for word in words:
        assert word in line, (word, result)
    return result
