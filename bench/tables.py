# SPDX-License-Identifier: Apache-2.0
"""Medians, and tables between the markers of bench/README.md."""

import statistics


def spread(values):
    """{"median", "low", "high", "n"} of what is there; None of nothing."""
    values = [v for v in values if v is not None]
    if not values:
        return None
    return {"median": statistics.median(values), "low": min(values),
            "high": max(values), "n": len(values)}


def number(value):
    """Three figures that mean something, thousands set apart."""
    if value is None:
        return "-"
    size = abs(value)
    if size >= 1000:
        return f"{round(value, 3 - len(str(int(size)))):,.0f}".replace(",", " ")
    if size >= 100:
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def cell(got, unit=""):
    """`median (low-high)`, or only the median when there was one run."""
    if got is None:
        return "-"
    if isinstance(got, str):
        return got.replace("|", "/").replace("\n", " ")
    text = number(got["median"]) + unit
    if got["n"] > 1:
        text += f" ({number(got['low'])}-{number(got['high'])})"
    return text


def markdown(head, rows):
    """A table; cells are what cell() takes, or text."""
    lines = ["| " + " | ".join(head) + " |",
             "| " + " | ".join("--" for _ in head) + " |"]
    lines += ["| " + " | ".join(cell(c) for c in row) + " |" for row in rows]
    return "\n".join(lines)


def markers(name):
    return f"<!-- {name}: written by run.py -->", f"<!-- {name}: end -->"


def replace_between(text, name, new):
    """The text with `new` between the markers of that name."""
    begin, end = markers(name)
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"README.md has no markers for {name}")
    head, rest = text.split(begin)
    _, tail = rest.split(end)
    return f"{head}{begin}\n{new}\n{end}{tail}"
