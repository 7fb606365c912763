# SPDX-License-Identifier: Apache-2.0
"""The HTML page in headless Chromium: what a user does with it, and how fast.

make_page (beside this file) writes the pages; $BUILD names the build folder.
"""

import os
import pathlib
import subprocess
import time

import pytest

from browser import Browser, find_chromium

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD") or ROOT / "build")
MAKE_PAGE = BUILD / "tests" / "page" / "make_page"
HOSTILE = "</script><img src=x onerror=alert(1)>"

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="no chromium is installed"
)


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


def make_page(folder, *args):
    path = folder / ("page_" + "_".join(args) + ".html")
    with open(path, "wb") as out:
        subprocess.run([MAKE_PAGE, *args], stdout=out, check=True)
    return path


@pytest.fixture
def fixed(browser, tmp_path):
    browser.open(make_page(tmp_path, "fixed"))
    yield browser
    assert browser.console == []


def frames(browser):
    return browser.js(
        "[...document.querySelectorAll('#flamegraph .f')]"
        ".filter(e => !e.hidden).map(e => e.textContent)"
    )


def column(browser, number):
    return browser.js(
        "[...document.querySelectorAll('#functions tbody tr')]"
        f".map(r => r.children[{number}].textContent)"
    )


def middle_of(browser, text):
    return browser.js(
        "(() => { const e = [...document.querySelectorAll('#flamegraph .f')]"
        f".find(e => !e.hidden && e.textContent.startsWith({text!r}));"
        "const b = e.getBoundingClientRect();"
        "return [b.x + b.width / 2, b.y + b.height / 2] })()"
    )


def width_of(browser, text):
    return browser.js(
        "[...document.querySelectorAll('#flamegraph .f')].find(e => !e.hidden"
        f" && e.textContent.startsWith({text!r})).getBoundingClientRect().width"
    )


def wait_until(browser, expression):
    deadline = time.monotonic() + 10
    while not browser.js(expression):
        assert time.monotonic() < deadline, expression
        time.sleep(0.02)


def test_shows_frames_functions_facts_and_losses(fixed):
    shown = frames(fixed)
    assert any(f.startswith("main") and "app.py:12" in f for f in shown)
    assert "fib" in column(fixed, 2)
    summary = fixed.js("document.getElementById('summary').innerText")
    for fact in ("app.py (pid 41)", "19 samples", "100 Hz", "wall time", "3.12.1"):
        assert fact in summary
    losses = fixed.js("document.getElementById('losses').innerText")
    for loss in ("2 late", "1 missed", "1 torn", "0 unreadable", "0 truncated",
                 "0 repaired", "1.3 % estimated wrong"):
        assert loss in losses


def test_markup_in_names_is_text(fixed):
    assert fixed.js("document.images.length") == 0
    assert any(HOSTILE in name for name in column(fixed, 2))
    assert any(f.startswith(HOSTILE) for f in frames(fixed))
    assert fixed.js("document.scripts.length") == 2
    assert any("\\u001b[31m" in name for name in column(fixed, 2))


def test_asks_no_network(fixed):
    assert [u for u in fixed.requests if not u.startswith(("file:", "data:"))] == []
    assert len([u for u in fixed.requests if u.startswith("file:")]) == 1


def test_policy_forbids_network_even_to_a_script_that_got_in(browser, tmp_path):
    browser.open(make_page(tmp_path, "fixed"))
    assert browser.js(
        "fetch('http://127.0.0.1:9/').then(() => 'sent', e => 'refused')"
    ) == "refused"
    assert any("Content Security Policy" in line for line in browser.console)


def test_search_marks_frames_and_filters_the_table(fixed):
    fixed.key("/")
    fixed.type("FIB")
    wait_until(fixed, "document.querySelectorAll('.f.hit').length === 3")
    assert column(fixed, 2) == ["fib"]
    # 11 of 19 samples, though fib stands above itself in most of them.
    assert fixed.js("document.getElementById('matched').textContent") == (
        "matched 57.9 %"
    )
    fixed.key("Escape")
    wait_until(fixed, "document.querySelectorAll('.f.hit').length === 0")
    assert len(column(fixed, 2)) == 6


def test_click_zooms_in_and_0_resets(fixed):
    before = width_of(fixed, "fib")
    fixed.mouse(*middle_of(fixed, "fib"))
    zoomed = width_of(fixed, "fib")
    assert zoomed > before * 1.5
    assert not any(HOSTILE in f for f in frames(fixed))
    assert any(f.startswith("main") for f in frames(fixed))  # the way back
    fixed.key("0")
    assert width_of(fixed, "fib") == pytest.approx(before, abs=1)


def test_tooltip_has_name_place_and_shares(fixed):
    fixed.mouse(*middle_of(fixed, "main"), kind="move")
    tip = fixed.js("document.getElementById('tip').innerText")
    for part in ("main", "/srv/app.py:12", "total", "89.5 %", "own", "15.8 %",
                 "17 stacks", "3 stacks"):
        assert part in tip


def test_table_sorts_by_each_column_both_ways(fixed):
    def click(key):
        fixed.js(f"document.querySelector('th[data-key={key}] button').click()")

    assert column(fixed, 2)[0] == "fib"
    click("total")
    assert column(fixed, 2)[:2] == ["main", "<module>"]
    click("name")
    names = column(fixed, 2)
    assert names == sorted(names)
    click("name")
    assert column(fixed, 2) == names[::-1]
    assert fixed.js(
        "document.querySelector('th[data-key=name]').getAttribute('aria-sort')"
    ) == "descending"


def test_row_marks_its_frames(fixed):
    fixed.js("document.querySelector('#functions tbody tr').click()")
    assert fixed.js("document.querySelectorAll('.f.hit').length") == 3
    assert len(column(fixed, 2)) == 6


def choose(browser, name, value, what="value"):
    browser.js(
        f"(() => {{ const e = document.getElementById({name!r});"
        f"e.{what} = {value}; e.dispatchEvent(new Event('change')) }})()"
    )


def test_one_thread_can_be_chosen(fixed):
    choose(fixed, "who", "'t1'")
    assert frames(fixed)[0] == "all  84.2 ms"
    assert HOSTILE not in column(fixed, 2)
    choose(fixed, "who", "''")
    assert frames(fixed)[0] == "all  200 ms"


def test_threads_can_be_told_apart_and_lines_merged(fixed):
    choose(fixed, "split", "true", "checked")
    assert any(f.startswith("worker;1 (thread 42)") for f in frames(fixed))
    choose(fixed, "lines", "false", "checked")
    assert not any("app.py:12" in f for f in frames(fixed))
    assert column(fixed, 0)[0].split() == ["116", "ms", "57.9", "%"]


def test_graph_can_be_turned_over(fixed):
    top = middle_of(fixed, "all")[1]
    fixed.key("i")
    assert middle_of(fixed, "all")[1] > middle_of(fixed, "main")[1] > top


def test_is_readable_in_light_and_dark(fixed):
    """Text and ground differ by the contrast that WCAG asks of small text."""
    measure = """(() => {
        const lum = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3)
            .map(v => v / 255).map(v => v <= .03928 ? v / 12.92 :
            ((v + .055) / 1.055) ** 2.4);
            return .2126 * r + .7152 * g + .0722 * b; };
        const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)]
            .sort((p, q) => q - p); return (x + .05) / (y + .05); };
        const body = getComputedStyle(document.body).backgroundColor;
        const out = ['#facts', '#functions td.place', 'h1', 'footer'].map(q =>
            ratio(getComputedStyle(document.querySelector(q)).color, body));
        for (const e of document.querySelectorAll('.f:not([hidden])')) {
            const s = getComputedStyle(e);
            out.push(ratio(s.color, s.backgroundColor));
        }
        return Math.min(...out) })()"""
    for scheme in ("light", "dark"):
        fixed.media(scheme)
        assert fixed.js(measure) >= 4.5, scheme


def test_narrow_window_keeps_the_names(fixed):
    fixed.call("Emulation.setDeviceMetricsOverride",
               width=480, height=800, deviceScaleFactor=1, mobile=False)
    try:
        width = fixed.js(
            "document.querySelector('#functions tbody td:nth-child(3)').offsetWidth"
        )
        assert width > 100
        assert fixed.js("document.documentElement.scrollWidth") <= 480
    finally:
        fixed.call("Emulation.clearDeviceMetricsOverride")


ACT = """(async () => {
    const drawn = () => new Promise(r => requestAnimationFrame(() => setTimeout(r)));
    await drawn();
    %s;
    await drawn() })()"""


def cost(browser, do, *args):
    """Seconds of wall time and of the page's CPU time that do(*args) takes."""
    wall, cpu = time.monotonic(), browser.busy()
    do(*args)
    cpu = browser.busy() - cpu
    return time.monotonic() - wall, cpu


SIZES = {
    "10,000 stacks": ("10000", "16", "6"),
    "200,000 nodes": ("10000", "40", "6"),
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_large_page_opens_fast_and_stays_smooth(browser, tmp_path, size):
    page = make_page(tmp_path, *size)
    browser.open(make_page(tmp_path, "fixed"))  # Chromium itself is warm now
    opening = cost(browser, browser.open, page)
    actions = {
        "zoom": "zoom(tree.first[tree.first[0]])",
        "reset": "zoom(0)",
        "search": "search('get')",
        "clear": "search('')",
        "merge lines": "state.lines = false; rebuild()",
        "lines": "state.lines = true; rebuild()",
    }
    # In rounds, so that each changes the picture; the best of them.
    rounds = [
        {name: cost(browser, browser.js, ACT % act) for name, act in actions.items()}
        for _ in range(3)
    ]
    costs = {name: min(r[name] for r in rounds) for name in actions}
    print(f"\n{browser.js('tree.parent.length')} nodes: "
          + ", ".join(f"{name} {wall * 1000:.0f} ms ({cpu * 1000:.0f} of CPU)"
                      for name, (wall, cpu) in {"open": opening, **costs}.items()))
    assert browser.console == []
    assert 0 < opening[1] < 1.5
    assert max(costs[n][1] for n in ("zoom", "reset", "search", "clear")) < 0.15
    assert max(cpu for _, cpu in costs.values()) < 0.8
    # On a machine with more to do than it can, only CPU time says something.
    if os.getloadavg()[0] < os.cpu_count():
        assert opening[0] < 2
