#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make the viewer page into C: embed.py PAGE.html PAGE.css PAGE.js OUT.c

PAGE.html has the marks {{csp}}, {{css}}, {{js}} and {{data}}; what stands
before and after {{data}} becomes hog_PAGE_head and hog_PAGE_tail.  The policy
names the style and the script by their hashes, so the page can run nothing
else and can ask no network for anything.
"""

import base64
import hashlib
import pathlib
import sys


def csp_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "'sha256-" + base64.b64encode(digest).decode() + "'"


def c_array(name: str, text: str) -> str:
    data = text.encode()
    rows = [
        "\t" + ", ".join(str(b) for b in data[i : i + 16]) + ","
        for i in range(0, len(data), 16)
    ]
    body = "\n".join(rows)
    return (
        f"const char {name}[] = {{\n{body}\n}};\n"
        f"const size_t {name}_len = sizeof({name});\n"
    )


def main() -> None:
    html, css, js = (pathlib.Path(p).read_text("utf-8") for p in sys.argv[1:4])
    if not (css + js).isascii() or not html.isascii():
        sys.exit("embed.py: the page must be ASCII: char may be signed")
    css, js = "\n" + css, "\n" + js
    csp = "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src {csp_hash(css)}",
            f"script-src {csp_hash(js)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    for mark, text in (("{{csp}}", csp), ("{{css}}", css), ("{{js}}", js)):
        if html.count(mark) != 1:
            sys.exit(f"embed.py: {sys.argv[1]} must have {mark} once")
        html = html.replace(mark, text)
    head, tail = html.split("{{data}}")
    name = "hog_" + pathlib.Path(sys.argv[1]).stem
    pathlib.Path(sys.argv[4]).write_text(
        "/* Made by tools/embed.py: change src/export/web instead. */\n"
        '#include "export/page.h"\n\n'
        + c_array(name + "_head", head)
        + c_array(name + "_tail", tail)
    )


if __name__ == "__main__":
    main()
