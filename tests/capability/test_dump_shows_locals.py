# SPDX-License-Identifier: Apache-2.0
"""--locals shows the values of arguments and variables as Python prints them."""

import json
import re

import pytest


@pytest.fixture
def frames(target, hognose):
    worker = target("holds_values.py")
    worker.truth = json.loads(worker.stdout.splitlines()[0])
    dump = hognose.run("dump", "--locals", "--json", worker.pid).ok().json()
    stack = dump["threads"][0]["frames"]
    worker.frames = {frame["name"]: {v["name"]: v for v in frame["locals"]}
                     for frame in stack}
    worker.order = {frame["name"]: [v["name"] for v in frame["locals"]]
                    for frame in stack}
    return worker


def test_reprs_are_pythons_own(python, frames):
    values = frames.frames["values"]
    shown = {name: values[name]["repr"] for name in frames.truth}
    assert shown == frames.truth


def test_json_values(python, frames):
    values = {name: v["value"] for name, v in frames.frames["values"].items()}
    assert values["nothing"] is None
    assert values["yes"] is True and values["no"] is False
    assert values["most"] == 2**63 - 1 and values["least"] == -2**63
    assert values["beyond"] is None and values["large"] is None
    assert values["tenth"] == 0.1 and values["tiny"] == 5e-324
    assert values["endless"] is None
    assert values["latin"] == "caf\xe9 \xa0\xad"
    assert values["items"] == [1, "two", 3.5, None, True]
    assert values["pair"] == [1, 2]
    assert values["removed"] == [1, 3, 4]
    assert values["rest"] == [3] and values["named"] == {"key": "value"}


def test_kinds_types_and_order(python, frames):
    values = frames.frames["values"]
    assert frames.order["values"][:4] == ["first", "second", "rest", "named"]
    for name in ("first", "second", "rest", "named"):
        assert values[name]["kind"] == "arg", name
    assert values["nested"]["kind"] == "cell"
    assert frames.frames["inner"]["own"]["kind"] == "arg"
    assert frames.frames["inner"]["nested"]["kind"] == "free"
    assert frames.frames["inner"]["second"]["repr"] == "2"
    assert values["text"]["kind"] == "local"
    assert values["small"]["type"] == "int"
    assert values["new"]["type"] == "__main__.New"
    assert values["number"]["type"] == "__main__.Number"
    for name, type_name in (("new", "New"), ("old", "Old")):
        assert re.fullmatch(rf"<__main__\.{type_name} at 0x[0-9a-f]+>",
                            values[name]["repr"])
        assert values[name]["value"] is None
    assert "gone" not in values
    assert frames.frames["<module>"] == {}


def test_limit_bounds_every_value(python, target, hognose):
    worker = target("holds_values.py")
    dump = hognose.run("dump", "--locals-limit", "20", "--json",
                       worker.pid).ok().json()
    texts = [v["repr"] for frame in dump["threads"][0]["frames"]
             for v in frame["locals"] if not v["repr"].startswith("<")]
    assert max(map(len, texts)) == 20
    assert "'xxxxxxxxxxxxxxxx..." in texts


def test_a_cut_value_is_told(any_python, target, hognose):
    worker = target("holds_values.py")
    dump = hognose.run("dump", "--locals", "--json", worker.pid).ok().json()
    values = {v["name"]: v for frame in dump["threads"][0]["frames"]
              if frame["name"] == "values" for v in frame["locals"]}
    for name in ("long_text", "long_list", "many_keys"):
        assert values[name]["cut"] and len(values[name]["value"]) < 500
    for name in ("pair", "latin", "nothing", "rest", "named"):
        assert not values[name]["cut"], name
