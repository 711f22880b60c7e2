"""The scaling runs, tiny: every part is there, every run counts the same, and the report shows them.

ctest sets TRAWL (the program); by hand: TRAWL=build/release/src/trawl python3 bench/scaling/smoke_test.py
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent


class Smoke(unittest.TestCase):
    def test_a_tiny_run(self):
        with tempfile.TemporaryDirectory(prefix="trawl-scaling-") as name:
            folder = pathlib.Path(name)
            page = folder / "page.md"
            page.write_text("before\n<!-- scaling begin -->\n<!-- scaling end -->\nafter\n")
            process = subprocess.run(
                [sys.executable, "-B", HERE / "run.py", "--trawl", os.environ["TRAWL"], "--data", folder / "data", "--ranks", "1,2",
                 "--threads", "1,2", "--rows", "80000", "--most-rows", "1000000", "--files", "20", "--file-rows", "100",
                 "--repeat", "1", "--out", folder / "out.json", "--svg", folder / "plot.svg", "--update", page],
                capture_output=True, text=True)
            self.assertEqual(process.returncode, 0, process.stderr)
            results = json.loads((folder / "out.json").read_text())
            self.assertEqual([(r["ranks"], r["threads"]) for r in results["ranks_and_threads"]], [(1, 1), (1, 2), (2, 1), (2, 2)])
            self.assertEqual([r["rows"] for r in results["rows"]], [1_000_000])
            for result in results["files"]:
                self.assertEqual(result["rows"], 2000)
                self.assertGreater(result["metadata_share"], 0)
                self.assertLessEqual(result["metadata_share"], 1.5)  # maxima over ranks
            xml.etree.ElementTree.parse(folder / "plot.svg")
            text = page.read_text()
            self.assertIn("| 2 x 1 |", text)
            self.assertIn("| 20 of 100 rows |", text)
            self.assertIn("| 20 of 100 rows, catalog |", text)
            self.assertTrue(all(r["floor_us"] > 0 for r in results["files"]))
            self.assertTrue(text.startswith("before\n") and text.endswith("after\n"))


if __name__ == "__main__":
    unittest.main()
