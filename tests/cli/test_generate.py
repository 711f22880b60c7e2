"""trawl generate transactions, trawl generate evidence, trawl generate keys."""

import json

import h5py
import harness
from harness import BAD_INPUT, CliTest


def column(file, name):
    """Values of a column of a dataset file, read with h5py alone (docs/formats/dataset.md); categories as text."""
    node = file["columns"][name]
    if isinstance(node, h5py.Group):
        return [node["categories"].asstr()[code] for code in node["codes"][:]]
    return list(node[:])


class Transactions(CliTest):
    ARGS = ["--datasets", 5, "--rows", 3000, "--seed", 11, "--row-group-rows", 1000, "--codec", "gzip", "--text"]

    def test_files_are_the_same_for_any_number_of_ranks_and_threads(self):
        self.trawl("generate", "transactions", *self.ARGS, "--out", "solo")
        expected = self.digests("solo")
        self.assertEqual(len(expected), 6)
        for ranks in (1, 2, 3, 7):
            self.trawl("generate", "transactions", *self.ARGS, "--threads", 2, "--out", f"r{ranks}", ranks=ranks)
            self.assertEqual(self.digests(f"r{ranks}"), expected, f"{ranks} ranks")

    def test_another_seed_gives_other_data(self):
        self.trawl("generate", "transactions", *self.ARGS, "--out", "a")
        self.trawl("generate", "transactions", *self.ARGS[:4], "--seed", 12, *self.ARGS[6:], "--out", "b")
        a, b = self.digests("a"), self.digests("b")
        self.assertTrue(all(a[name] != b[name] for name in a))

    def test_needles_json_is_the_truth(self):
        self.trawl("generate", "transactions", *self.ARGS, "--needles", 9, "--out", "data", ranks=2)
        truth = json.loads((self.folder / "data/needles.json").read_text())
        self.assertEqual(truth["rows"], 15000)
        needles, decoys = set(), set()
        for path in sorted((self.folder / "data").glob("*.h5")):
            with h5py.File(path) as file:
                rows = zip(column(file, "user_id"), column(file, "action"), column(file, "amount"))
                for i, (user, action, amount) in enumerate(rows):
                    if user == 12345:
                        hit = action == "purchase" and amount > 10000
                        (needles if hit else decoys).add((path.stem, i))
        self.assertEqual(needles, {(n["dataset"], n["row"]) for n in truth["needles"]})
        self.assertEqual(decoys, {(d["dataset"], d["row"]) for d in truth["decoys"]})
        self.assertEqual((len(needles), len(decoys)), (9, 64))

    def test_nothing_is_overwritten_unless_told_to(self):
        args = ["generate", "transactions", "--datasets", 2, "--rows", 100, "--out", "data"]
        self.trawl(*args)
        before = self.digests("data")
        run = self.trawl(*args, "--seed", 1, ranks=2, code=BAD_INPUT)
        self.assertIn("exists already", run.stderr)
        self.assertEqual(self.digests("data"), before)
        self.trawl(*args, "--seed", 1, "--overwrite")
        self.assertNotEqual(self.digests("data"), before)

    def test_old_datasets_are_not_mixed_with_new_ones(self):
        self.trawl("generate", "transactions", "--datasets", 3, "--rows", 100, "--out", "data")
        run = self.trawl(
            "generate", "transactions", "--datasets", 2, "--rows", 100, "--out", "data", "--overwrite", code=BAD_INPUT
        )
        self.assertIn("transactions-00002.h5", run.stderr)

    def test_more_needles_than_rows(self):
        run = self.trawl(
            "generate", "transactions", "--datasets", 2, "--rows", 3, "--needles", 7, "--out", "data", code=BAD_INPUT
        )
        self.assertIn("needles", run.stderr)
        self.assertEqual(self.names(), [])

    def test_more_ranks_than_datasets_and_empty_datasets(self):
        args = ["generate", "transactions", "--datasets", 1, "--rows", 0, "--needles", 0]
        self.trawl(*args, "--out", "data", ranks=3)
        self.assertEqual(self.names("data"), ["needles.json", "transactions-00000.h5"])


class Evidence(CliTest):
    COLUMNS = ("id", "entity", "source", "type", "time", "log_odds", "weight")
    ARGS = ["--datasets", 3, "--rows", 4000, "--seed", 11, "--row-group-rows", 1000, "--codec", "gzip",
            "--entities", 200, "--sources", 20, "--lying-sources", 0.3, "--case-rate", 0.1,
            "--duplicates", 0.05, "--equivocations", 0.02]

    def rows(self, folder):
        for path in sorted((self.folder / folder).glob("*.h5")):
            with h5py.File(path) as file:
                yield from zip(*(column(file, name) for name in self.COLUMNS))

    def test_files_are_the_same_for_any_number_of_ranks_and_threads(self):
        self.trawl("generate", "evidence", *self.ARGS, "--out", "solo")
        expected = self.digests("solo")
        self.assertEqual(list(expected), [*(f"evidence-{i:05}.h5" for i in range(3)), "truth.json"])
        for ranks in (1, 3, 4):
            self.trawl("generate", "evidence", *self.ARGS, "--threads", 2, "--out", f"r{ranks}", ranks=ranks)
            self.assertEqual(self.digests(f"r{ranks}"), expected, f"{ranks} ranks")

    def test_truth_json_is_the_truth(self):
        self.trawl("generate", "evidence", *self.ARGS, "--out", "data", ranks=2)
        truth = json.loads((self.folder / "data/truth.json").read_text())
        rows = list(self.rows("data"))
        self.assertEqual(truth["rows"], len(rows))
        distinct, ids = set(rows), {row[0] for row in rows}
        self.assertEqual(truth["duplicates"], len(rows) - len(distinct))
        self.assertEqual(truth["equivocations"], len(distinct) - len(ids))
        self.assertAlmostEqual(truth["duplicates"] / len(rows), 0.05, delta=0.01)
        self.assertAlmostEqual(truth["equivocations"] / len(rows), 0.02, delta=0.01)
        contents = {}
        for row in distinct:
            contents.setdefault(row[0], set()).add(row)
        contradicted = [rows for rows in contents.values() if len(rows) > 1]
        self.assertEqual(truth["contradicted"], len(contradicted))
        self.assertEqual(truth["equivocating_sources"], sorted({row[2] for rows in contradicted for row in rows}))
        self.assertLess(set(truth["equivocating_sources"]), set(truth["lying_sources"]))
        self.assertEqual(len(truth["lying_sources"]), 6)
        # Sources whose statements are on the wrong side more often than not are those that lie.
        cases, right = set(truth["cases"]), [0] * 20
        for _, entity, source, _, _, log_odds, _ in distinct:
            right[source] += 1 if (entity in cases) == (log_odds > 0) else -1
        self.assertEqual([s for s in range(20) if right[s] < 0], truth["lying_sources"])

    def test_the_source_is_the_files(self):
        self.trawl("generate", "evidence", *self.ARGS, "--out", "data")
        source = json.loads((self.folder / "data/truth.json").read_text())["source"]
        found = [
            self.trawl("search", *inputs, "--where", "log_odds > 5 AND type = 'sensor'", "--json").json()["result_digest"]
            for inputs in ([source], ["data"])
        ]
        self.assertEqual(*found)

    def test_refuses_what_cannot_be(self):
        run = self.trawl("generate", "evidence", "--duplicates", 0.6, "--equivocations", 0.5, "--out", "data",
                         code=BAD_INPUT)
        self.assertIn("less than 1 together", run.stderr)
        self.assertEqual(self.names(), [])
        args = ["generate", "evidence", "--datasets", 2, "--rows", 100, "--out", "data"]
        self.trawl(*args)
        self.assertIn("exists already", self.trawl(*args, "--seed", 1, code=BAD_INPUT).stderr)


class Keys(CliTest):
    def keys(self, name):
        return [int(line) for line in (self.folder / name).read_text().splitlines()]

    def test_keys_are_distinct_and_in_range(self):
        self.trawl("generate", "keys", "--count", 200000, "--seed", 5, "--include", "12345", "-7", "--out", "keys.txt")
        keys = self.keys("keys.txt")
        self.assertEqual(len(keys), 200000)
        self.assertEqual(len(set(keys)), 200000)
        self.assertTrue(all(-(2**39) <= key < 2**39 for key in keys))
        self.assertTrue({12345, -7} <= set(keys))

    def test_an_included_key_that_is_drawn_anyway_is_there_once(self):
        self.trawl("generate", "keys", "--count", 50, "--out", "a.txt")
        drawn = self.keys("a.txt")
        self.trawl("generate", "keys", "--count", 50, "--include", drawn[3], drawn[40], "--out", "b.txt")
        keys = self.keys("b.txt")
        self.assertEqual(len(set(keys)), 50)
        self.assertEqual(keys.count(drawn[3]), 1)

    def test_only_included_keys(self):
        self.trawl("generate", "keys", "--count", 3, "--include", 9, 8, 7, "--out", "a.txt")
        self.assertEqual(self.keys("a.txt"), [9, 8, 7])

    def test_csv_has_a_header_and_ranks_change_nothing(self):
        self.trawl("generate", "keys", "--count", 1000, "--out", "a.csv", ranks=3)
        self.trawl("generate", "keys", "--count", 1000, "--out", "a.txt")
        text = (self.folder / "a.txt").read_text()
        self.assertEqual((self.folder / "a.csv").read_text(), "key\n" + text)

    def test_refuses_what_cannot_be(self):
        for args, text in (
            (["--count", 1, "--include", 1, 2], "2 keys do not fit among --count 1"),
            (["--count", 9, "--include", 1, 1], "1 is given twice"),
            (["--count", 9, "--include", 2**39], "is outside"),
        ):
            run = self.trawl("generate", "keys", *args, "--out", "keys.txt", code=BAD_INPUT)
            self.assertIn(text, run.stderr)
        run = self.trawl("generate", "keys", "--count", 5, "--out", "no/keys.txt", code=BAD_INPUT)
        self.assertIn("no such folder: no", run.stderr)
        self.assertEqual(self.names(), [])
        self.write("keys.txt", "mine")
        self.trawl("generate", "keys", "--count", 5, "--out", "keys.txt", code=BAD_INPUT)
        self.assertEqual((self.folder / "keys.txt").read_text(), "mine")


if __name__ == "__main__":
    harness.main()
