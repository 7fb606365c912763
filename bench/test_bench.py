# SPDX-License-Identifier: Apache-2.0
"""What the bench computes, without measuring anything.

    python3 -m unittest discover -s bench
"""

import pathlib
import tempfile
import unittest

import peers
import report
import tables
import tools
import truth

BASE = ["<module>", "main", "loop"]


def chain(letter, length):
    return [f"{letter}{i}" for i in range(length)]


class Possible(unittest.TestCase):
    def test_every_prefix_of_a_chain_can_be(self):
        for letter, length in (("a", 10), ("b", 14)):
            for n in range(length + 1):
                self.assertTrue(truth.possible(BASE + chain(letter, n)))

    def test_the_loop_may_call_others(self):
        self.assertTrue(truth.possible(BASE + ["more", "clock"]))

    def test_chains_do_not_mix(self):
        self.assertFalse(truth.possible(BASE + ["a0", "a1", "b2"]))
        self.assertFalse(truth.possible(BASE + ["a0", "b0"]))

    def test_numbers_have_no_gap(self):
        self.assertFalse(truth.possible(BASE + ["a0", "a2"]))
        self.assertFalse(truth.possible(BASE + ["a1"]))
        self.assertFalse(truth.possible(BASE + ["a0", "a0"]))

    def test_a_chain_stands_on_the_loop(self):
        self.assertFalse(truth.possible(["a0", "a1"]))
        self.assertFalse(truth.possible(["<module>", "main", "a0"]))

    def test_a_chain_has_an_end(self):
        self.assertFalse(truth.possible(BASE + chain("a", 11)))
        self.assertFalse(truth.possible(BASE + chain("a", 10) + ["more"]))

    def test_nothing_is_no_stack(self):
        self.assertFalse(truth.possible([]))


class Judge(unittest.TestCase):
    def test_torn_ones_are_not_kept(self):
        got = truth.judge([(BASE + ["a0"], 6), (BASE + ["a1"], 2),
                           (BASE + ["[torn]"], 2)])
        self.assertEqual(got, {"impossible": 25.0, "torn": 20.0, "kept": 8})

    def test_depths_count_from_the_loop(self):
        got = truth.depths([(BASE, 3), (["x"] + BASE + ["a0"], 2),
                            (BASE + ["a0", "b1"], 9)])
        self.assertEqual(dict(got), {0: 3, 1: 2})


class Variation(unittest.TestCase):
    def test_same_shares_are_no_distance(self):
        self.assertEqual(truth.total_variation({1: 1, 2: 3}, {1: 10, 2: 30}), 0)

    def test_nothing_shared_is_all_of_it(self):
        self.assertEqual(truth.total_variation({1: 5}, {2: 7}), 100)

    def test_half(self):
        self.assertEqual(truth.total_variation({1: 1, 2: 1}, {1: 1}), 50)

    def test_of_nothing_there_is_none(self):
        self.assertIsNone(truth.total_variation({}, {1: 1}))

    def test_the_truth_lies_above_the_loop(self):
        got = truth.stopped_depths([[2, 1, 4], [3, 9, 5], [13, 0, 7],
                                    [14, 5, 0]], 3)
        self.assertEqual(dict(got), {0: 5, 10: 7})


class Names(unittest.TestCase):
    def test_of_each_tool(self):
        self.assertEqual(tools.Hognose.function("chain.py:a0"), "a0")
        self.assertEqual(tools.Hognose.function("[process 7 x]"), "")
        self.assertEqual(tools.Hognose.function("[torn]"), "[torn]")
        self.assertEqual(peers.PySpy.function("a0 (chain.py:2)"), "a0")
        self.assertEqual(peers.Austin.function("P30488"), "")
        self.assertEqual(peers.Austin.function("T0:30488"), "")
        self.assertEqual(peers.Austin.function("/t/chain.py:a0:2"), "a0")
        self.assertEqual(peers.Tachyon.function("tid:31403"), "")
        self.assertEqual(peers.Tachyon.function("chain.py:a0:2"), "a0")

    def test_folded_files_are_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x"
            path.write_text("# a comment\na b.py:f;b.py:g 12\nb.py:f 1\n")
            got = tools.read_folded(path, tools.Hognose.function)
        self.assertEqual(got, [(["f", "g"], 12), (["f"], 1)])
        self.assertEqual(tools.weight_of(got), 13)


class Tables(unittest.TestCase):
    def test_spread(self):
        self.assertEqual(tables.spread([3, None, 1, 2]),
                         {"median": 2, "low": 1, "high": 3, "n": 3})
        self.assertIsNone(tables.spread([None]))

    def test_numbers_keep_three_figures(self):
        got = [tables.number(x) for x in (0, 0.123, 12.34, 999, 316400, None)]
        self.assertEqual(got, ["0.00", "0.12", "12.3", "999", "316 000", "-"])

    def test_cells(self):
        self.assertEqual(tables.cell(tables.spread([1, 2, 3])),
                         "2.00 (1.00-3.00)")
        self.assertEqual(tables.cell(tables.spread([2])), "2.00")
        self.assertEqual(tables.cell("a | b"), "a / b")
        self.assertEqual(tables.cell(None), "-")

    def test_only_what_is_between_the_markers_is_replaced(self):
        begin, end = tables.markers("x")
        text = f"head\n{begin}\nold\n{end}\ntail\n"
        once = tables.replace_between(text, "x", "new")
        self.assertEqual(once, f"head\n{begin}\nnew\n{end}\ntail\n")
        self.assertEqual(tables.replace_between(once, "x", "new"), once)

    def test_a_readme_without_markers_is_refused(self):
        with self.assertRaises(ValueError):
            tables.replace_between("nothing", "x", "new")

    def test_the_readme_has_a_place_for_each_table(self):
        text = (pathlib.Path(__file__).parent / "README.md").read_text()
        for name in report.TABLES:
            tables.replace_between(text, name, "")

    def test_a_reason_for_all_is_said_once(self):
        lines = report.merge_reasons([["austin", "3.15", "no", "no"],
                                      ["x", "3.15", "no", None]])
        self.assertEqual(lines[0], ["austin", "3.15", "no", ""])
        self.assertEqual(lines[1], ["x", "3.15", "no", None])


if __name__ == "__main__":
    unittest.main()
