# SPDX-License-Identifier: Apache-2.0
"""Packages of PyPI that tools/prepare_packages.py has installed for a CPython.

A target gets the folder as its PYTHONPATH.
"""

import pathlib
import subprocess

import pytest

import pythons

CHROOT_PACKAGES = "srv/hognose-packages"


def folder(python):
    """Where they are, as we see it."""
    top = pathlib.Path(pythons.cache_folder()) / "packages"
    if python.root:
        top = pathlib.Path(python.root) / CHROOT_PACKAGES
    return top / ("cp{}{}".format(*python.version)
                  + "t" * python.free_threaded)


def environment(python, *modules):
    """What a target must have in its environment to import these; skips the
    test where they are not."""
    path = str(folder(python))[len(python.root):]
    env = pythons.clean_env(PYTHONPATH=path)
    code = "import " + ", ".join(modules)
    done = subprocess.run(python.command("-c", code), env=env, check=False,
                          capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or "no answer").splitlines()[-1]
        pytest.skip(f"no {' and '.join(modules)} (make check installs them): "
                    f"{said}")
    return {"PYTHONPATH": path}
