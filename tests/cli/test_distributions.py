"""Distributions of nodes: what sorted values say, the same for any ranks, cuts and ways, or left out."""

import json
import math
import random

import harness
import numpy
from harness import BAD_INPUT, CliTest

RANKS = (1, 2, 3, 4, 7, 8)
FEATURES = ("amount", "few", "code")


class DistributionsTest(CliTest):
    LEVELS = ("--features", ",".join(FEATURES), "--levels", "region,branch")

    def setUp(self):
        super().setUp()
        rng = random.Random(5)
        self.rows = []
        for part in "abc":
            rows = [self.row(rng, "x" if part == "a" else rng.choice("xyz")) for _ in range(1200)]
            text = "".join(",".join(row.values()) + "\n" for row in rows)
            self.write(f"csv/{part}.csv", ",".join(rows[0]) + "\n" + text)
            self.rows += rows
        self.write("schema", "amount float64\nfew float64\ncode int64\nagent int64\nregion text\nbranch text\n")
        self.trawl("ingest", "csv/a.csv", "csv/b.csv", "csv/c.csv", "--schema", "schema", "--row-group-rows", 128,
                   "--out", "data")

    @staticmethod
    def row(rng, region):
        amount = rng.choice((math.exp(4 * rng.gauss(0, 1)), -math.exp(rng.gauss(0, 9)), 5e-324 * rng.randrange(9)))
        few = rng.choice(("-0.0", "0", "1.5", "-2.5", "", "inf" if rng.randrange(30) == 0 else "0.25"))
        code = rng.choice(("", str(2**53 + 1))) if rng.randrange(40) == 0 else str(rng.randrange(10**6))
        return {"amount": repr(amount) if rng.randrange(30) else "", "few": few, "code": code,
                "agent": str(rng.randrange(40)), "region": region, "branch": rng.choice(("b1", "b2"))}

    def lines(self, *options, **kw):
        text = self.trawl("stats", *options, "data", "--format", "jsonl", **kw).stdout
        return [json.loads(line) for line in text.splitlines()]

    def numbers(self, rows):
        """The records that count, as trawl documents it."""
        records = []
        for row in rows:
            if any(row[name] in ("", "inf") for name in FEATURES) or int(row["code"]) == 2**53 + 1:
                continue
            records.append([float(row[name]) for name in FEATURES])
        return numpy.array(records)


class Values(DistributionsTest):
    def check(self, node, rows):
        records = self.numbers(rows)
        self.assertEqual(node["records"], len(records))
        for i, feature in enumerate(node["features"]):
            values = records[:, i]
            self.assertEqual((feature["min"], feature["max"]), (values.min(), values.max()))
            self.assertNotEqual(str(feature["min"]), "-0.0")
            self.assertEqual(feature["nulls"], sum(row[FEATURES[i]] == "" for row in rows))
            distinct = len(set(values))
            self.assertAlmostEqual(feature["distinct"], distinct, delta=0 if distinct <= 256 else 0.065 * distinct)
            self.assertEqual(list(feature["quantiles"]), ["0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99"])
            for share, quantile in feature["quantiles"].items():
                rank = max(1, -(-int(round(100 * float(share))) * len(values) // 100))
                truth = numpy.sort(values)[rank - 1]
                bound = 2.0**-1030 if abs(truth) < 2.0**-1022 else abs(truth) / 256
                few = FEATURES[i] == "few"  # each value in a bucket of its own
                self.assertLessEqual(abs(quantile - truth), 0 if few or truth == 0 else bound)
                if len(values) % 100 != 0:  # numpy rounds share * n
                    self.assertEqual(truth, numpy.quantile(values, float(share), method="inverted_cdf"))

    def test_every_node_of_the_levels(self):
        lines = self.lines(*self.LEVELS)
        self.assertEqual(len(lines), 1 + 3 + 6)
        for node in lines:
            self.check(node, [r for r in self.rows if [r["region"], r["branch"]][: len(node["path"])] == node["path"]])

    def test_root_alone_without_levels(self):
        lines = self.lines("--features", ",".join(FEATURES), "--group-by", "agent", "--fanout", "4")
        self.check(lines[0], self.rows)
        self.assertGreater(sum("entity" not in line for line in lines), 1)
        self.assertFalse(any("quantiles" in f for line in lines[1:] for f in line["features"]))

    def test_values_are_those_of_the_data_with_fixed_point_too(self):
        plain = self.lines("--features", "code")[0]["features"][0]
        fixed = self.lines("--features", "code", "--fixed-point", "2^3")[0]["features"][0]
        for name in ("min", "max", "quantiles", "distinct", "nulls"):
            self.assertEqual(fixed[name], plain[name])

    def test_values_beyond_the_range_of_fixed_point_are_no_records(self):
        fixed = self.lines("--features", "code", "--fixed-point", "2^-25")[0]
        values = [int(r["code"]) for r in self.rows if r["code"] and int(r["code"]) < 2**18]
        self.assertEqual(fixed["records"], len(values))
        self.assertEqual(fixed["features"][0]["max"], max(values))

    def test_no_rows(self):
        feature = self.lines(*self.LEVELS, "--where", "few > 100")[0]["features"][0]
        self.assertEqual((feature["min"], feature["quantiles"]["0.5"]), (None, None))
        self.assertEqual((feature["distinct"], feature["nulls"]), (0, 0))


class Bytes(DistributionsTest):
    def test_any_ranks_threads_and_merges(self):
        options = (*self.LEVELS, "--group-by", "agent")
        parts = [f"data/{part}.h5" for part in "abc"]
        self.trawl("stats", *options, *parts, "--format", "jsonl", "--out", "lines", "--state", "state")
        lines, state = ((self.folder / name).read_bytes() for name in ("lines", "state"))
        for ranks in RANKS:
            for threads in (1, 2):
                self.trawl("stats", *options, *reversed(parts), "--threads", threads, "--format", "jsonl",
                           "--out", "other", "--state", "other-state", "--overwrite", ranks=ranks)
                self.assertEqual((self.folder / "other").read_bytes(), lines)
                self.assertEqual((self.folder / "other-state").read_bytes(), state)
        for i, part in enumerate(parts):
            self.trawl("stats", *options, part, "--state", f"state{i}", ranks=(0, 2, 3)[i])
        self.trawl("merge", "state2", "state0", "--out", "state20")
        self.trawl("merge", "state1", "state20", "--out", "merged")
        self.assertEqual((self.folder / "merged").read_bytes(), state)
        for ranks in (0, 3):
            run = self.trawl("stats", "--from-state", "state1", "--from-state", "state20", "--format", "jsonl",
                             ranks=ranks)
            self.assertEqual(run.stdout.encode(), lines)

    def test_verify_makes_them_again_from_single_rows(self):
        self.trawl("stats", *self.LEVELS, "--group-by", "agent", "data", "--run-dir", "run", ranks=2)
        self.trawl("verify", "run", "--rescan", "1")

    def test_left_out(self):
        options = (*self.LEVELS, "--no-distributions")
        lines = self.lines(*options)
        self.assertFalse(any("min" in f for line in lines for f in line["features"]))
        self.trawl("stats", *options, "data", "--run-dir", "run")
        self.trawl("verify", "run", "--rescan", "1")
        full = self.lines(*self.LEVELS)
        for line in full:
            for feature in line["features"]:
                for name in ("min", "max", "quantiles", "distinct", "nulls"):
                    del feature[name]
        self.assertEqual(full, lines)

    def test_states_with_and_without(self):
        self.trawl("stats", *self.LEVELS, "data/a.h5", "--state", "with")
        self.trawl("stats", *self.LEVELS, "data/b.h5", "--no-distributions", "--state", "without")
        refused = self.trawl("merge", "with", "without", "--out", "both", code=BAD_INPUT)
        self.assertIn("distributions", refused.stderr)
        plain = self.trawl("stats", "--from-state", "without", "--format", "jsonl").stdout
        self.assertNotIn("quantiles", plain)
        left_out = self.trawl("stats", "--from-state", "with", "--no-distributions", "--format", "jsonl").stdout
        self.assertNotIn("quantiles", left_out)


class Tables(DistributionsTest):
    def test_columns_where_there_are_distributions(self):
        text = self.trawl("stats", *self.LEVELS, "data", "--format", "csv").stdout
        self.assertEqual(text.splitlines()[0].split(",")[-3:], ["min", "median", "max"])
        root = self.lines(*self.LEVELS)[0]["features"][0]
        cells = [float(cell) for cell in text.splitlines()[1].split(",")[-3:]]
        self.assertEqual(cells, [root["min"], root["quantiles"]["0.5"], root["max"]])
        text = self.trawl("stats", *self.LEVELS, "data", "--format", "csv", "--no-distributions").stdout
        self.assertEqual(text.splitlines()[0].split(",")[-1], "high")


if __name__ == "__main__":
    harness.main()
