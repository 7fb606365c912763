# SPDX-License-Identifier: Apache-2.0
"""The page with calls on a line of time, in headless Chromium.

make_page (beside this file) writes it, of the calls of tests/unit/fixed_calls.h;
$BUILD names the build folder.
"""

import os
import pathlib
import subprocess
import time

import pytest

from browser import Browser, find_chromium

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD") or ROOT / "build")
LABEL, TOP, ROW = 170, 20, 22  # as timeline.js has them

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="no chromium is installed"
)


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def page(browser, tmp_path):
    path = tmp_path / "calls.html"
    with open(path, "wb") as out:
        subprocess.run([BUILD / "tests/page/make_page", "calls"], stdout=out,
                       check=True)
    browser.open(path)
    yield browser
    assert browser.console == []


def column(page, number):
    return page.js(
        "[...document.querySelectorAll('#longest tbody tr')]"
        f".map(r => r.children[{number}].textContent)"
    )


def text_of(page, name):
    return page.js(f"document.getElementById({name!r}).textContent")


def wait_until(page, expression):
    deadline = time.monotonic() + 10
    while not page.js(expression):
        assert time.monotonic() < deadline, expression
        time.sleep(0.02)


def place(page, microseconds, row):
    """Where on the page that moment of a row is, before any zoom."""
    return page.js(
        "(() => { const b = document.getElementById('chart')"
        ".getBoundingClientRect();"
        f"return [b.x + {LABEL} + ({microseconds} - all.from) / (all.to -"
        f" all.from) * (b.width - {LABEL}), b.y + {TOP} + {row} * {ROW} + 11] }})()"
    )


def test_says_what_was_seen(page):
    assert "app.py (pid 41) and 1 more process" in text_of(page, "title")
    assert text_of(page, "facts").startswith("9 system calls of 3 threads in 49.990 ms")
    calls = column(page, 3)
    assert len(calls) == 9
    assert calls[0].startswith("epoll_wait(")  # it took longest
    assert "<in progress>" in calls[0]
    assert any("-1 ENOENT (No such file or directory)" in c for c in calls)
    assert "Conf.read (lib/conf.py:9)" in column(page, 4)


def test_markup_in_calls_is_text(page):
    assert page.js("document.images.length") == 0
    assert page.js("document.scripts.length") == 2
    assert any("</script>" in c for c in column(page, 3))


def test_asks_no_network(page):
    assert [u for u in page.requests
            if not u.startswith(("file:", "data:"))] == []


def test_search_and_failed_calls(page):
    page.key("/")
    page.type("conf.read")
    wait_until(page, "document.querySelectorAll('#longest tbody tr').length == 3")
    assert text_of(page, "matched") == "3 calls"
    page.key("Escape")
    page.js("document.getElementById('search').value = '';"
            "document.getElementById('failed').click()")
    wait_until(page, "document.querySelectorAll('#longest tbody tr').length == 3")
    assert all("= -1 E" in c for c in column(page, 3))


def test_a_call_is_picked_where_it_is_drawn(page):
    x, y = place(page, 5000, 1)  # the futex of the second thread
    page.mouse(x, y)
    wait_until(page, "!document.getElementById('details').hidden")
    assert text_of(page, "picked").startswith("futex(")
    assert text_of(page, "stack") == "Server.serve (app.py:12)\n<module> (app.py:20)"


def test_zoom_shows_what_is_in_sight(page):
    page.js("look(0, 60)")  # the first 60 microseconds
    calls = column(page, 3)
    assert len(calls) == 3 and not page.js(
        "document.getElementById('reset').disabled")
    page.key("0")
    wait_until(page, "document.getElementById('reset').disabled")
    assert len(column(page, 3)) == 9


def test_rows_are_painted(page):
    """The middle of the long call has another colour than the row beside it."""
    inside, beside = page.js(
        "(() => { const c = document.getElementById('chart');"
        "const s = c.width / c.clientWidth, copy = new OffscreenCanvas(c.width,"
        " c.height).getContext('2d', { willReadFrequently: true });"
        "copy.drawImage(c, 0, 0);"
        "return [25000, 45000].map(t => [...copy.getImageData(x_of(t) * s,"
        f" ({TOP} + 11) * s, 1, 1).data].join()) }})()"
    )
    assert inside != beside
