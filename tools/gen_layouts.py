#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/python/layouts/*.inc from measured offsets.

usage: gen_layouts.py [--check] [FACTS.json]

The rows come from src/python/layout_fields.h, the numbers from the facts
(default: tools/data/cpython-offsets.json).  --check writes nothing and exits
with 1 when a committed file is not what would be written.
"""
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIELDS = ROOT / "src/python/layout_fields.h"
OUT = ROOT / "src/python/layouts"
FACTS = ROOT / "tools/data/cpython-offsets.json"

# Table, the measured build behind it.
TABLES = [
    ("2.7", "2.7.18"), ("3.6", "3.6.15"), ("3.7", "3.7.16"),
    ("3.8", "3.8.18"), ("3.9", "3.9.18"), ("3.10", "3.10.13"),
    ("3.11", "3.11.7"), ("3.12", "3.12.1"), ("3.13", "3.13.18"),
    ("3.14", "3.14.10"), ("3.15", "3.15.2"), ("3.13t", "3.13.15t"),
    ("3.14t", "3.14.10t"), ("3.15t", "3.15.2t"),
]

# Our field = the header's number at `at`, + that at `plus`, - that at `minus`;
# below that at `limit`.  ft: only free-threaded builds fill it.
OVERLAY = [
    # field, at, plus, minus, limit, ft
    ("runtime_size", "runtime_state.size"),
    ("runtime_finalizing", "runtime_state.finalizing"),
    ("runtime_interpreters_head", "runtime_state.interpreters_head"),
    ("interp_size", "interpreter_state.size"),
    ("interp_id", "interpreter_state.id"),
    ("interp_next", "interpreter_state.next"),
    ("interp_threads_head", "interpreter_state.threads_head"),
    ("interp_threads_main", "interpreter_state.threads_main"),
    ("interp_modules", "interpreter_state.imports_modules"),
    ("interp_sysdict", "interpreter_state.sysdict"),
    ("interp_gil", "interpreter_state.ceval_gil"),
    ("interp_code_generation", "interpreter_state.code_object_generation"),
    ("interp_tlbc_generation", "interpreter_state.tlbc_generation", "ft"),
    ("interp_gc_collecting", "gc.collecting", "+interpreter_state.gc"),
    ("interp_gc_frame", "gc.frame", "+interpreter_state.gc"),
    # The numbers of holder and locked count from the interpreter, to its own
    # embedded GIL; that of enabled counts from the GIL already.
    ("gil_last_holder", "interpreter_state.gil_runtime_state_holder",
     "-interpreter_state.gil_runtime_state"),
    ("gil_locked", "interpreter_state.gil_runtime_state_locked",
     "-interpreter_state.gil_runtime_state"),
    ("gil_enabled", "interpreter_state.gil_runtime_state_enabled", "ft"),
    ("tstate_size", "thread_state.size"),
    ("tstate_prev", "thread_state.prev"),
    ("tstate_next", "thread_state.next"),
    ("tstate_interp", "thread_state.interp"),
    ("tstate_current_frame", "thread_state.current_frame"),
    ("tstate_base_frame", "thread_state.base_frame"),
    ("tstate_thread_id", "thread_state.thread_id"),
    ("tstate_native_thread_id", "thread_state.native_thread_id"),
    ("tstate_datastack_chunk", "thread_state.datastack_chunk"),
    ("tstate_status", "thread_state.status"),
    ("tstate_holds_gil", "thread_state.holds_gil"),
    ("tstate_gil_requested", "thread_state.gil_requested"),
    ("iframe_size", "interpreter_frame.size"),
    ("iframe_previous", "interpreter_frame.previous"),
    ("iframe_code", "interpreter_frame.executable"),
    ("iframe_instr", "interpreter_frame.instr_ptr"),
    ("iframe_localsplus", "interpreter_frame.localsplus"),
    ("iframe_owner", "interpreter_frame.owner"),
    ("iframe_stackpointer", "interpreter_frame.stackpointer"),
    ("iframe_tlbc_index", "interpreter_frame.tlbc_index", "ft"),
    ("gen_iframe", "gen_object.gi_iframe"),
    ("gen_frame_state", "gen_object.gi_frame_state"),
    ("code_size", "code_object.size"),
    ("code_filename", "code_object.filename"),
    ("code_name", "code_object.name"),
    ("code_qualname", "code_object.qualname"),
    ("code_linetable", "code_object.linetable"),
    ("code_firstlineno", "code_object.firstlineno"),
    ("code_argcount", "code_object.argcount"),
    ("code_localsplusnames", "code_object.localsplusnames"),
    ("code_localspluskinds", "code_object.localspluskinds"),
    ("code_code_adaptive", "code_object.co_code_adaptive"),
    ("code_tlbc", "code_object.co_tlbc", "ft"),
    ("object_type", "pyobject.ob_type"),
    ("type_name", "type_object.tp_name"),
    ("type_flags", "type_object.tp_flags"),
    ("type_basicsize", "type_object.tp_basicsize"),
    ("type_dictoffset", "type_object.tp_dictoffset"),
    ("heaptype_cached_keys", "heap_type_object.ht_cached_keys"),
    ("tuple_items", "tuple_object.ob_item"),
    ("list_items", "list_object.ob_item"),
    ("dict_keys", "dict_object.ma_keys"),
    ("dict_values", "dict_object.ma_values"),
    ("long_tag", "long_object.lv_tag"),
    ("long_digits", "long_object.ob_digit"),
    ("bytes_size", "bytes_object.ob_size"),
    ("bytes_data", "bytes_object.ob_sval"),
    ("str_state", "unicode_object.state"),
    ("str_length", "unicode_object.length"),
    ("str_ascii_data", "unicode_object.asciiobject_size"),
    ("str_compact_data", "unicode_object.compactunicodeobject_size"),
    ("set_used", "set_object.used"),
    ("set_table", "set_object.table"),
    ("set_mask", "set_object.mask"),
]
# Sizes by which a map that does not fit shows: default and free-threaded.
CHECKS = ["pyobject.size", "bytes_object.size", "list_object.size",
          "float_object.size"]
CHECK_VALUES = {"pyobject.size": (16, 32), "bytes_object.size": (40, 56),
                "list_object.size": (40, 56), "float_object.size": (24, 40)}


def read_rows():
    text = FIELDS.read_text().replace("\\\n", " ")
    return [(name, group, keys.split("|")) for name, group, keys in
            re.findall(r'X\((\w+),\s+(\w+),\s+"([^"]+)"\)', text)
            if group != "group"]  # the pattern in the head comment


def derived(field, facts):
    """Numbers that follow from others of the same build."""
    if field == "type_itemsize":  # always the member behind tp_basicsize
        return facts["type"]["tp_basicsize"] + 8
    if field == "func_closure" and "func" in facts:
        # code first, then globals, defaults, kwdefaults; 3.10+: code third.
        code = facts["func"]["func_code"]
        first = code == facts["object"]["ob_type"] + 8
        return code + (32 if first else 24)
    stopped = facts.get("interp", {}).get("stoptheworld.world_stopped")
    if "gil" in facts and stopped and facts["object"]["ob_type"] == 24:
        # {mutex, requested, world_stopped, ..., requester at 16}
        return {"interp_stw_requested": stopped - 1,
                "interp_stw_requester": stopped + 14}.get(field)
    return None


def kinds(name):
    ft = name.endswith("t")
    major, minor = (int(x) for x in name.rstrip("t").split("."))
    version = (major, minor)
    frames = ("HEAP" if version < (3, 11) else
              "CFRAME" if version < (3, 13) else "CURRENT")
    lines = ("LNOTAB_UNSIGNED" if major == 2 else
             "LNOTAB" if version < (3, 10) else
             "LINETABLE_310" if version == (3, 10) else "LOCATIONS")
    strings = ("27" if major == 2 else "WSTR" if version < (3, 12) else
               "FT314" if ft and version >= (3, 14) else "312")
    return [("name", f'"{name}"'), ("major", major), ("minor", minor),
            ("free_threaded", str(ft).lower()),
            ("tagged_refs", str(version >= (3, 14)).lower()),
            ("frames", f"HOG_PYFRAMES_{frames}"),
            ("lines", f"HOG_PYLINES_{lines}"),
            ("strings", f"HOG_PYSTR_{strings}"),
            ("lasti_scale", 2 if version == (3, 10) else 1),
            ("owner_shim", 3)]


def table(name, build, facts, rows):
    out = ["/* Generated by tools/gen_layouts.py from the facts on "
           f"{build}. */"]
    out += [f".{key} = {value}," for key, value in kinds(name)]
    for field, group, keys in rows:
        values = facts.get(group, {})
        number = next((values[k] for k in keys if k in values), None)
        if group == "frame" and kinds(name)[5][1] != "HOG_PYFRAMES_HEAP" or \
                field == "frame_size" and "iframe" in facts:
            number = None  # 3.11+: a PyFrameObject is a shell
        if number is None:
            number = derived(field, facts)
        out.append(f".{field} = "
                   f"{'HOG_NO_FIELD' if number is None else number},")
    return "\n".join(out) + "\n"


def size_of(name, header):
    size = name.split(".")[0] + ".size"
    return header.get(size, 0) if size != name else 0


def overlay(minor, header):
    out = []
    for field, source, *extra in OVERLAY:
        if source not in header:
            continue
        plus = minus = 0
        for word in extra:
            if word[0] == "+":
                plus = header[word[1:]]
            elif word[0] == "-":
                minus = header[word[1:]]
        at = header[source]
        limit = size_of(source, header)
        # A size as an offset, and what counts from elsewhere: other limits.
        if source.endswith("object_size") or source.endswith("enabled"):
            limit = 0
        out.append(f"\t{{ offsetof(struct hog_pylayout, {field}), {at}, "
                   f"{plus}, {minus}, {limit}, "
                   f"{'true' if 'ft' in extra else 'false'} }},")
    return (f"static const struct overlay_row overlay_3{minor}[] = {{\n"
            + "\n".join(out) + "\n};\n")


def overlays(facts):
    out = ["/* Generated by tools/gen_layouts.py: where _Py_DebugOffsets of "
           "each minor\n * keeps what. */"]
    maps = []
    for name, build in TABLES:
        header = facts[build].get("debug_offsets")
        if not header or name.endswith("t"):
            continue
        minor = int(name.split(".")[1])
        out.append(overlay(minor, header))
        checks = ", ".join(
            "{ %d, %d, %d }" % (header[c], *CHECK_VALUES[c]) for c in CHECKS)
        maps.append(
            f"\t{{ {minor}, {facts[build]['_sizeof']['debug_offsets']}, "
            f"overlay_3{minor},\n"
            f"\t  sizeof(overlay_3{minor}) / sizeof(overlay_3{minor}[0]),\n"
            f"\t  {{ {checks} }} }},")
    out.append("static const struct overlay_map overlay_maps[] = {\n"
               + "\n".join(maps) + "\n};")
    return "\n".join(out) + "\n"


def main():
    args = sys.argv[1:]
    check = "--check" in args
    args = [a for a in args if a != "--check"]
    if len(args) > 1 or any(a.startswith("-") for a in args):
        sys.exit(__doc__)
    facts = json.loads(Path(args[0] if args else FACTS).read_text())
    facts = facts.get("versions", facts)
    rows = read_rows()
    files = {"debug_offsets.inc": overlays(facts)}
    for name, build in TABLES:
        files[f"cp{name.replace('.', '')}.inc"] = table(
            name, build, facts[build], rows)
    stale = []
    for name, text in sorted(files.items()):
        path = OUT / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not check:
            path.write_text(text)
    if check and stale:
        sys.exit("gen_layouts: not up to date: " + " ".join(stale))


if __name__ == "__main__":
    main()
