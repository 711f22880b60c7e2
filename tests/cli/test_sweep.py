"""trawl sweep: points, running one, collecting all."""

import csv

import harness
from harness import BAD_INPUT, INCOMPLETE, CliTest

SWEEP = """# a sweep
command = search
input = gen:transactions?datasets=2&rows=20000&seed=1
where = action IN ('view', 'cart') AND amount > 100
count = true
sweep threads = 1 | 2
sweep fpr = 0.1 | 0.01 | 0.001
"""


class Sweep(CliTest):
    def setUp(self):
        super().setUp()
        self.write("s.cfg", SWEEP)

    def test_points_are_all_combinations_and_the_last_varies_fastest(self):
        self.assertEqual(self.trawl("sweep", "s.cfg", "--count").stdout, "6\n")
        lines = self.trawl("sweep", "s.cfg", ranks=2).stdout.splitlines()[1:]
        self.assertEqual([line.split(maxsplit=1)[1] for line in lines],
                         [f"threads = {t}  fpr = {f}" for t in (1, 2) for f in ("0.1", "0.01", "0.001")])

    def test_points_run_once_and_are_collected(self):
        for point in range(1, 6):
            self.trawl("sweep", "s.cfg", "--point", point, "--out", "out", ranks=2 if point == 3 else 0)
        before = self.digests("out")
        self.trawl("sweep", "s.cfg", "--point", 2, "--out", "out")
        self.assertEqual(self.digests("out"), before)
        self.trawl("sweep", "s.cfg", "--collect", "--out", "out", code=INCOMPLETE)  # point 6 is missing
        rows = list(csv.DictReader((self.folder / "out/sweep.csv").read_text().splitlines()))
        self.assertEqual([row["status"] for row in rows], ["complete"] * 5 + ["missing"])
        self.assertEqual([row["threads"] for row in rows], ["1"] * 3 + ["2"] * 3)
        self.assertEqual([row["run_ranks"] for row in rows[:5]], ["1", "1", "2", "1", "1"])
        self.assertEqual(len({row["certificate"] for row in rows[:5]}), 1)
        self.trawl("verify", "out/point-00003")

    def test_mistakes(self):
        self.write("none.cfg", "where = a > 1\n")
        self.assertIn("command", self.trawl("sweep", "none.cfg", code=BAD_INPUT).stderr)
        self.write("bad.cfg", SWEEP.replace("0.01 |", "7 |"))
        run = self.trawl("sweep", "bad.cfg", ranks=2, code=BAD_INPUT)
        self.assertIn("point 2", run.stderr)
        self.assertIn("fpr", run.stderr)
        self.assertIn("no point 7", self.trawl("sweep", "s.cfg", "--point", 7, code=BAD_INPUT).stderr)


if __name__ == "__main__":
    harness.main()
