# SPDX-License-Identifier: Apache-2.0
"""The examples of the man pages run as they stand."""

import os
import pathlib
import shutil
import subprocess

import pytest

PAGES = pathlib.Path(__file__).parents[2] / "docs" / "man"


def examples(page):
    """The command lines of a page's examples, in order."""
    text = page.read_text().partition(".Sh EXAMPLES")[2].partition("\n.Sh")[0]
    return [line[4:] for line in text.splitlines() if line.startswith(".Dl ")]


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.1")),
                         ids=lambda page: page.stem)
def test_every_example_of_the_page_works(hognose, any_python, tmp_path, page):
    lines = examples(page)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "hognose").symlink_to(os.path.abspath(hognose.path))
    (tools / "python3").symlink_to(any_python.path)
    env = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}")
    if page.stem in ("hognose-dump", "hognose-record", "hognose-report"):
        assert lines
    for line in lines:
        if "gcore" in line and not shutil.which("gcore"):
            continue
        done = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=env,
                              capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
