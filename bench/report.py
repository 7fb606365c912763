# SPDX-License-Identifier: Apache-2.0
"""The results as the tables of bench/README.md."""

from tables import markdown, number, replace_between

FLAT_OUT = 1000000


def short(python):
    """3.11.2-usr -> 3.11.2."""
    return python.partition("-")[0]


def pivot(rows, key, columns, value):
    """[[key..., cell of each column]]: one line per key, in order."""
    lines = {}
    for row in rows:
        lines.setdefault(key(row), {})[columns(row)] = value(row)
    heads = list(dict.fromkeys(columns(row) for row in rows))
    return heads, [[*at, *[cells.get(h) for h in heads]]
                   for at, cells in lines.items()]


def rate_name(rate):
    return {100: "100 Hz", 1000: "1 kHz", 10000: "10 kHz",
            FLAT_OUT: "flat out"}[rate]


def flat_out(rows):
    heads, lines = pivot(rows, lambda r: (r["tool"], short(r["python"])),
                         lambda r: r["workload"],
                         lambda r: r["achieved"] or r["why"])
    lines = merge_reasons(lines)
    return markdown(["recorder", "CPython", *heads], lines)


def merge_reasons(lines):
    """A tool that cannot at all says so once in its line, not in each cell."""
    out = []
    for line in lines:
        cells = line[2:]
        if len(set(map(str, cells))) == 1 and isinstance(cells[0], str):
            cells = [cells[0], *["" for _ in cells[1:]]]
        out.append([*line[:2], *cells])
    return out


def asked(rows):
    table = []
    for row in rows:
        table.append([row["tool"], short(row["python"]), row["workload"],
                      rate_name(row["rate"]),
                      row["achieved"] or row["why"], row["cpu"], row["lost"]])
    return markdown(["recorder", "CPython", "target", "asked", "achieved, Hz",
                     "its CPU, % of a core", "lost, %"], table)


def slowdown(rows):
    table = [[r["tool"], short(r["python"]), r["workload"],
              rate_name(r["rate"]), r["cpu"] or r["why"], r["wall"]]
             for r in rows]
    return markdown(["recorder", "CPython", "target", "asked",
                     "target's CPU time, ratio", "wall time, ratio"], table)


def accuracy(rows):
    table = []
    for r in rows:
        tv = "-" if r["tv"] is None else number(r["tv"])
        noise = "-" if r["noise"] is None else number(r["noise"])
        kept = number(r["kept"]) if r["kept"] else "-"
        table.append([r["tool"], short(r["python"]), rate_name(r["rate"]),
                      kept, r["impossible"] or r["why"], r["torn"], r["lost"],
                      tv, noise])
    return markdown(["recorder", "CPython", "asked", "stacks", "impossible, %",
                     "torn, %", "lost by its own word, %", "TV of depths, %",
                     "noise of the truth, %"], table)


def attach(rows):
    table = [[r["what"], r["tool"], short(r["python"]), r["ms"] or r["why"]]
             for r in rows]
    return markdown(["what", "program", "CPython", "ms"], table)


def sizes(rows):
    table = []
    for r in rows:
        rss = r.get("rss")
        table.append([r["tool"], short(r["python"]), r["workload"],
                      f"{rss / 1e6:.1f}" if rss else r["why"] or "-",
                      number(r.get("cpu")),
                      number(r.get("bytes_per_sample"))])
    return markdown(["recorder", "CPython", "target", "peak memory, MB",
                     "its CPU, % of a core", "recording, bytes per sample"],
                    table)


def calls(rows):
    table = [[r["what"], r["tool"], short(r["python"]), r["us"] or r["why"]]
             for r in rows]
    return markdown(["calls", "follower", "CPython", "added, us a call"], table)


TABLES = {"calls": calls, "flat-out": flat_out, "asked": asked, "slowdown": slowdown,
          "truth": accuracy, "attach": attach, "sizes": sizes}


def about(facts):
    """What the table was taken on, in one paragraph."""
    peers = ", ".join(f"{name} {what}"
                      for name, what in facts["peers"].items())
    text = (f"{facts['date']}, {facts['cpu']}, {facts['cores']} cores, "
            f"{facts['system']}, kernel {facts['kernel']}; hognose "
            f"{facts['hognose']}; {peers}. Runs of {facts['seconds']} s, "
            f"{facts['repeats']} of each in turn, "
            f"{facts['pairs']} pairs for the slowdown. Load average "
            f"{facts['load_at_start']} to {facts['load_at_end']}, "
            f"{facts['steal_pct']} % stolen by the hypervisor.")
    if not facts["pinned"]:
        text += " One CPU only: target and recorder shared it."
    if facts["quick"]:
        text = "**A quick run, to see that it works: no numbers to quote.** " \
            + text
    return text


def section(name, got):
    return about(got["about"]) + "\n\n" + TABLES[name](got["rows"])


def tables(results):
    return "\n\n".join(f"## {name}\n{section(name, got)}"
                       for name, got in results["experiments"].items())


def write(path, results):
    text = path.read_text()
    for name, got in results["experiments"].items():
        text = replace_between(text, name, section(name, got))
    path.write_text(text)
