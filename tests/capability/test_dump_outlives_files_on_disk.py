# SPDX-License-Identifier: Apache-2.0
"""A process runs on when its files are replaced or deleted, and so does
hognose: it reads what runs, not what lies on the disk now."""

import os
import shutil

import builds


def test_replaced_by_another_version_then_deleted(python, program, hognose,
                                                  any_python, tmp_path):
    copy = builds.Copy(python, tmp_path)
    worker = program(copy.command("stands_still.py"), env=copy.env())
    files = list(filter(None, (copy.exe, copy.lib)))
    for path in files:
        shutil.copy(builds.other_binary(python, any_python), f"{path}.new")
        os.rename(f"{path}.new", path)
    builds.assert_stands(hognose, worker.pid, python.version)
    for path in files:
        path.unlink()
    builds.assert_stands(hognose, worker.pid, python.version)
