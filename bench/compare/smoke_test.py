"""The data of the comparison, small: every count of compare_repeat is that of brute force.

ctest sets MAKE_DATA and REPEAT; by hand:
    MAKE_DATA=build/bench/bench/compare/compare_make_data REPEAT=build/bench/bench/compare/compare_repeat \\
        python3 bench/compare/smoke_test.py
"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import measure
import queries
import table

MAKE_DATA = os.environ["MAKE_DATA"]
REPEAT = os.environ["REPEAT"]


def run(*words, code=0):
    process = subprocess.run(["timeout", "-k", "5", "60", *map(str, words)], capture_output=True, text=True)
    if process.returncode != code:
        raise AssertionError(f"{words}: exit code {process.returncode}\n{process.stderr}")
    return process.stdout + process.stderr if code else process.stdout


class Smoke(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="trawl-compare-")
        cls.addClassCleanup(folder.cleanup)
        cls.data = pathlib.Path(folder.name)
        # As many keys as it takes for some hits: 160,000 rows, 2,000,000 keys of 2^40.
        cls.make("--key-list", "--truth", "--columns", "--tables", "zstd")
        cls.make("--tables", "none", "--codec", "none")
        cls.make("--tables", "indexed", "--codec", "none", "--filter", "user_id", "--sketch", "user_id,amount")
        cls.truth = json.loads((cls.data / "truth.json").read_text())

    @classmethod
    def make(cls, *what):
        run(MAKE_DATA, "--out", cls.data, "--datasets", 4, "--rows", 40_000, "--keys", 2_000_000, "--notes", 10_000, *what)

    def test_the_generator_plants_what_it_promises(self):
        counts = self.truth["counts"]
        self.assertEqual(counts["Q1"], 7)
        self.assertEqual(counts["Q5"], 7)
        self.assertAlmostEqual(counts["Q4a"] / 160_000, 0.0992, delta=0.01)  # 99.2 % uniform over 1000

    def test_every_query_counts_what_brute_force_counts(self):
        for variant in ("none", "zstd", "indexed"):
            for query in queries.QUERIES:
                if not (self.data / f"{query.table}-{variant}").exists():
                    self.assertEqual((query.table, variant), ("notes", "indexed"))
                    continue
                with self.subTest(query=query.name, variant=variant):
                    words = query.trawl_options(self.data)
                    report = json.loads(run(REPEAT, *words, "--repeat", 3, "--warm-up", 1, "--threads", 2,
                                            self.data / f"{query.table}-{variant}"))
                    self.assertEqual(report["count"], self.truth["counts"][query.name])
                    self.assertEqual(len(report["wall_s"]), 3)
                    self.assertGreater(report["bytes_read"], 0)

    def test_the_raw_columns_hold_the_same_needles(self):
        about = json.loads((self.data / "columns" / "columns.json").read_text())
        purchase = about["actions"].index("purchase")
        found = []
        for part in sorted((self.data / "columns").glob("part-*")):
            user, ids = (memoryview((part / name).read_bytes()).cast("q") for name in ("user_id.i64", "record_id.i64"))
            amount = memoryview((part / "amount.f64").read_bytes()).cast("d")
            action = (part / "action.u8").read_bytes()
            found += [ids[i] for i in range(about["rows"])
                      if user[i] == 12345 and action[i] == purchase and amount[i] > 10000]
        self.assertEqual(found, self.truth["q1_record_ids"])

    def test_what_is_there_is_not_replaced_unasked(self):
        out = run(MAKE_DATA, "--out", self.data, "--rows", 40_000, "--tables", "none", code=2)
        self.assertIn("exists", out)

    def test_a_wrong_count_fails_loudly(self):
        with self.assertRaisesRegex(measure.WrongCount, "Q1.*somebody.*6.*7"):
            measure.check_count("Q1", "somebody", 6, 7)


class Report(unittest.TestCase):
    """Two variants and two peers, one of which has an index."""

    def setUp(self):
        def turn(engine, against, seconds):
            return {"engine": engine, "query": "Q1", "against": against, "cache": "warm", "wall_s": seconds, "count": 7,
                    "bytes_read": 8e6, "peak_rss_bytes": 1e6}

        self.run = {
            "datasets": 8, "rows": 1000, "keys": 1, "notes": 7, "ranks": 1, "threads": 2, "commit": "c", "date": "d",
            "machine": {"processor": "p", "cores": 2, "memory_bytes": 1e9}, "versions": {}, "sizes": {}, "loads": [],
            "skipped": [{"name": "packed", "reason": "why"}], "yardsticks": {"memory_bytes_per_s": [1e9]},
            "queries": {"Q1": {"what": "point", "where": "x IN {keys}"}}, "index": {"tree": "Q1"},
            "engines": {"trawl-none": "trawl, plain", "scan": "Scanner", "tree": "Tree"},
            "measurements": [turn("trawl-none", "scan", [0.010, 0.011, 0.012]), turn("scan", "scan", [0.033]),
                             turn("trawl-none", "tree", [0.020, 0.020]), turn("tree", "tree", [0.005])]}

    def test_ratios_are_from_the_turns_against_that_peer(self):
        text = "\n".join(table.markdown(self.run))
        self.assertIn("| trawl, plain | 12 (10 to 20) **0.25x** / **3x** |", text)
        self.assertIn("| Tree | 5 (5 to 5) **1x** / **6.6x** |", text)
        self.assertIn("Skipped: packed (why).", text)
        self.assertIn("x IN <keys>", text)

    def test_the_plot_is_xml_and_shows_every_engine(self):
        words = "".join(xml.etree.ElementTree.fromstring(table.plot(self.run)).itertext())
        for name in self.run["engines"].values():
            self.assertIn(name, words)

    def test_only_the_block_between_the_markers_changes(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "page.md"
            page.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
            table.update(page, "new\n")
            self.assertEqual(page.read_text(), f"before\n{table.BEGIN}\nnew\n{table.END}\nafter\n")
            page.write_text("no markers\n")
            with self.assertRaises(SystemExit):
                table.update(page, "new\n")

    def test_the_page_has_the_markers(self):
        page = (pathlib.Path(__file__).parents[2] / "docs" / "performance.md").read_text()
        for begin, end in ((table.BEGIN, table.END), ("<!-- scaling begin -->", "<!-- scaling end -->")):
            self.assertEqual((page.count(begin), page.count(end)), (1, 1))


if __name__ == "__main__":
    unittest.main()
