"""trawl stats: the same bytes on any ranks and threads, equal to fractions computed here."""

import csv
import fractions
import hashlib
import io
import json
import math
import random

import h5py
import harness
import numpy
from harness import BAD_INPUT, INCOMPLETE, CliTest

RANKS = (0, 1, 2, 3, 4, 7, 8)
GEN = "gen:transactions?datasets=3&rows=3000&seed=42&row_group_rows=512"


def mean_of(values):
    return float(sum(map(fractions.Fraction, values)) / len(values))


def sd_of(values):
    n = len(values)
    total = sum(map(fractions.Fraction, values))
    variance = (sum(fractions.Fraction(v) ** 2 for v in values) - total * total / n) / (n - 1)
    # The root of a fraction, rounded once: 200 bits of it are exact enough to round.
    scaled = math.isqrt(variance.numerator * 4**200 // variance.denominator)
    return float(fractions.Fraction(scaled, 2**200))


class StatsTest(CliTest):
    def table(self, name="t.csv", seed=1, rows=3000, order=None):
        """Agents at sites of regions with amounts of all sizes; the same rows in another order by `order`."""
        rng = random.Random(seed)
        rows = [(rng.randrange(200), f"r{rng.randrange(3)}", f"s{rng.randrange(4)}",
                 repr(rng.choice((-1, 1)) * rng.random() * 10 ** rng.randrange(-12, 13)), repr(rng.gauss(0, 1)))
                for _ in range(rows)]
        # An agent is at one site.
        home = {row[0]: row[1:3] for row in rows}
        rows = [(row[0], *home[row[0]], *row[3:]) for row in rows]
        if order is not None:
            random.Random(order).shuffle(rows)
        self.write(name, "agent,region,site,amount,noise\n" + "".join(",".join(map(str, r)) + "\n" for r in rows))
        self.trawl("ingest", name, "--row-group-rows", 256, "--out", name.removesuffix(".csv"))
        return rows

    def stats(self, *args, **kw):
        run = self.trawl("stats", *args, "--format", "jsonl", **kw)
        return [json.loads(line) for line in run.stdout.splitlines()]


class Bytes(StatsTest):
    OPTIONS = (
        ("--features", "amount,noise"),
        ("--features", "amount,noise", "--levels", "region,site"),
        ("--features", "amount,noise", "--group-by", "agent", "--levels", "region,site", "--correlate"),
        ("--features", "noise,amount", "--group-by", "agent", "--fanout", 3),
        ("--features", "noise", "--group-by", "agent", "--fixed-point", "2^-20", "--where", "amount > 0"),
    )

    def test_the_same_for_any_ranks_threads_and_order(self):
        self.table()
        self.table("shuffled.csv", order=7)
        for options in self.OPTIONS:
            first = self.trawl("stats", "t", *options, "--format", "jsonl").stdout
            self.assertTrue(first)
            for ranks in RANKS:
                for threads in (1, 2):
                    with self.subTest(options=options, ranks=ranks, threads=threads):
                        run = self.trawl("stats", ("t", "shuffled")[threads - 1], *options, "--format", "jsonl",
                                         "--threads", threads, ranks=ranks)
                        self.assertEqual(run.stdout, first)

    def test_digest_and_certificate(self):
        self.table()
        options = ("t", "--features", "amount", "--group-by", "agent", "--levels", "region", "--format", "jsonl")
        out = self.trawl("stats", *options).stdout
        reports = [self.trawl("stats", *options, "--json", "--out", f"out{n}", ranks=n).json() for n in (0, 3)]
        for n, report in zip((0, 3), reports):
            self.assertEqual(report["result_digest"], hashlib.sha256(out.encode()).hexdigest())
            self.assertEqual((self.folder / f"out{n}").read_text(), out)
            self.assertEqual(report["certificate"], reports[0]["certificate"])
            self.assertEqual(report["rows"], report["scanned"] + report["pruned"] + report["failed"])
            self.assertEqual(report["status"], "complete")
        other = self.trawl("stats", *options, "--json", "--confidence", 0.9).json()
        self.assertNotEqual(other["certificate"], reports[0]["certificate"])


class Numbers(StatsTest):
    def groups(self, rows, key):
        out = {}
        for row in rows:
            out.setdefault(key(row), []).append(row)
        return out

    def assert_feature(self, got, rows, column):
        values = [float(row[column]) for row in rows]
        self.assertEqual(got["mean"], mean_of(values))
        if len(values) > 1:
            self.assertEqual(got["sd"], sd_of(values))
        else:
            self.assertIsNone(got["sd"])

    def test_every_node_and_entity_is_the_exact_value_rounded_once(self):
        rows = self.table()
        lines = self.stats("t", "--features", "amount,noise", "--group-by", "agent", "--levels", "region,site", ranks=2)
        nodes = {tuple(n["path"]): n for n in lines if "entity" not in n}
        want = {(): rows, **self.groups(rows, lambda r: r[1:2]), **self.groups(rows, lambda r: r[1:3])}
        self.assertEqual(list(nodes), sorted(want))
        for path, group in want.items():
            self.assertEqual(nodes[path]["records"], len(group))
            self.assertEqual(nodes[path]["entities"], len({r[0] for r in group}))
            for feature, column in zip(nodes[path]["features"], (3, 4)):
                self.assert_feature(feature, group, column)
        entities = [n for n in lines if "entity" in n]
        want = self.groups(rows, lambda r: r[0])
        self.assertEqual([e["entity"] for e in entities], sorted(want))
        for entity in entities:
            self.assertEqual(tuple(entity["path"]), want[entity["entity"]][0][1:3])
            for feature, column in zip(entity["features"], (3, 4)):
                self.assert_feature(feature, want[entity["entity"]], column)

    def test_where(self):
        rows = [r for r in self.table() if r[1] == "r1" and float(r[4]) > 0]
        (root,) = self.stats("t", "--features", "amount", "--where", "region = 'r1' AND noise > 0")
        self.assertEqual(root["records"], len(rows))
        self.assert_feature(root["features"][0], rows, 3)

    def test_joint_intervals(self):
        self.table()
        for options in ((), ("--group-by", "agent"), ("--group-by", "agent", "--levels", "region,site")):
            for features in (1, 2):
                lines = self.stats("t", "--features", ",".join(("amount", "noise")[:features]), *options)
                for node in (n for n in lines if "entity" not in n):
                    for f in node["features"]:
                        width, joint = f["high"] - f["low"], f["joint_high"] - f["joint_low"]
                        if features == 1:  # T^2 is the square of t
                            self.assertAlmostEqual(joint / width, 1, places=9)
                        else:
                            self.assertGreater(joint, width)

    def test_interval_of_independent_records(self):
        self.write("t.csv", "x\n" + "".join(f"{i}\n" for i in range(1, 12)))
        self.trawl("ingest", "t.csv", "--out", "t")
        (root,) = self.stats("t", "--features", "x")
        half = 2.228138851986274 * root["features"][0]["sd"] / math.sqrt(11)  # t, 10 degrees of freedom
        self.assertAlmostEqual(root["features"][0]["low"], 6 - half, delta=1e-12)
        self.assertAlmostEqual(root["features"][0]["high"], 6 + half, delta=1e-12)

    def test_records_of_few_entities_say_less(self):
        self.write("t.csv", "a,x\n" + "".join(f"{i % 3},{i % 3 + i / 1e6}\n" for i in range(300)))
        self.trawl("ingest", "t.csv", "--out", "t")
        alone = self.stats("t", "--features", "x")[0]["features"][0]
        grouped = self.stats("t", "--features", "x", "--group-by", "a")[0]["features"][0]
        self.assertGreater(grouped["high"] - grouped["low"], 10 * (alone["high"] - alone["low"]))

    def test_csv_reads_back(self):
        self.table(rows=300)
        lines = self.stats("t", "--features", "amount,noise", "--group-by", "agent")
        table = list(csv.DictReader(io.StringIO(self.trawl("stats", "t", "--features", "amount,noise", "--group-by",
                                                           "agent", "--format", "csv").stdout)))
        want = [f for line in lines for f in line["features"]]
        self.assertEqual([float(row["mean"]) for row in table], [f["mean"] for f in want])
        self.assertEqual([row["sd"] == "" for row in table], [f["sd"] is None for f in want])

    def test_generated_source(self):
        out = [self.trawl("stats", GEN, "--features", "amount", "--group-by", "user_id", "--format", "jsonl", ranks=r)
               for r in (0, 3)]
        self.assertEqual(out[0].stdout, out[1].stdout)


class Refusals(StatsTest):
    def test_nulls_are_counted_and_in_no_mean(self):
        self.write("t.csv", "a,s,x,y\n1,p,1,10\n1,p,,10\n,p,3,10\n2,,4,10\n2,q,5,\n2,q,6,10\n")
        self.trawl("ingest", "t.csv", "--out", "t")
        options = ("t", "--features", "x,y", "--group-by", "a", "--levels", "s")
        report = self.trawl("stats", *options, "--json", ranks=2)
        r = report.json()
        self.assertEqual((r["matches"], r["records"], r["refused"], r["without_key"]), (6, 2, 2, 2))
        self.assertEqual({c["column"]: c["nulls"] for c in r["refusals"]}, {"x": 1, "y": 1, "a": 1, "s": 1})
        self.assertIn("2 matching rows are in no node", report.stderr)
        root = self.stats(*options)[0]
        self.assertEqual((root["records"], root["refused"], root["entities"]), (2, 2, 2))
        self.assertEqual([f["mean"] for f in root["features"]], [3.5, 10])
        self.assertEqual([f["refused"]["nan"] for f in root["features"]], [1, 1])

    def test_values_that_cannot_be_added(self):
        with h5py.File(self.folder / "t.h5", "w") as f:
            f["x"] = numpy.array([1.0, math.nan, math.inf, -math.inf, 2.0])
            f["big"] = numpy.array([1, 2, 3, 4, 2**53 + 1], dtype="i8")
        root = self.stats("t.h5", "--features", "x")[0]
        self.assertEqual((root["records"], root["refused"]), (2, 3))
        self.assertEqual(root["features"][0]["refused"], {"nan": 1, "too_low": 1, "too_high": 1})
        report = self.trawl("stats", "t.h5", "--features", "x,big", "--json").json()
        self.assertEqual((report["records"], report["refused"], report["refusals"][1]["inexact"]), (1, 4, 1))

    def test_an_entity_in_two_places_is_two_and_reported(self):
        self.write("t.csv", "a,s,x\n1,p,1\n1,q,2\n2,q,4\n")
        self.trawl("ingest", "t.csv", "--out", "t")
        for ranks in (0, 3):
            report = self.trawl("stats", "t", "--features", "x", "--group-by", "a", "--levels", "s", "--json",
                                ranks=ranks).json()
            self.assertEqual((report["entities"], report["split_entities"]), (3, 1))

    def test_no_rows_at_all(self):
        self.table(rows=10)
        (root,) = self.stats("t", "--features", "amount", "--where", "FALSE", "--group-by", "agent")
        self.assertEqual((root["records"], root["features"][0]["mean"]), (0, None))


class Damage(StatsTest):
    def test_a_truncated_file_is_loud_and_the_rest_exact(self):
        for n in range(3):
            self.table(f"t{n}.csv", seed=n, rows=600)
            path = self.folder / f"t{n}/t{n}.h5"
            path.rename(self.folder / path.name)
            if n == 1:
                data = (self.folder / path.name).read_bytes()
                (self.folder / path.name).write_bytes(data[: len(data) // 2])
        options = ("t0.h5", "t1.h5", "t2.h5", "--features", "amount", "--group-by", "agent")
        runs = [self.trawl("stats", *options, "--json", ranks=n, code=INCOMPLETE) for n in (0, 2, 5)]
        first = runs[0].json()
        self.assertEqual((first["status"], first["records"]), ("incomplete", 1200))
        self.assertEqual([d["name"] for d in first["failed_datasets"]], ["t1"])
        self.assertIn("failed: dataset 't1'", runs[0].stderr)
        for run in runs:
            self.assertEqual(run.json()["certificate"], first["certificate"])
        healthy = self.trawl("stats", "t0.h5", *options[2:], "--json").json()
        self.assertEqual(healthy["result_digest"], first["result_digest"])


class Mistakes(StatsTest):
    def test_columns(self):
        self.table(rows=10)
        for options, words in (
            (("--features", "amuont"), "Did you mean 'amount'"),
            (("--features", "amount", "--group-by", "agnet"), "Did you mean 'agent'"),
            (("--features", "region"), "must hold numbers"),
            (("--features", "amount", "--group-by", "noise"), "no names of entities"),
            (("--features", "amount,amount"), "named twice"),
            (("--features", "amount", "--fixed-point", "0.5"), "no unit"),
        ):
            for ranks in (0, 2):
                with self.subTest(options=options, ranks=ranks):
                    run = self.trawl("stats", "t", *options, code=BAD_INPUT, ranks=ranks)
                    self.assertIn(words, run.stderr)

    def test_a_file_is_not_overwritten_unasked(self):
        self.table(rows=10)
        self.write("out", "mine")
        self.trawl("stats", "t", "--features", "amount", "--out", "out", code=BAD_INPUT)
        self.assertEqual((self.folder / "out").read_text(), "mine")
        self.trawl("stats", "t", "--features", "amount", "--out", "out", "--overwrite")


if __name__ == "__main__":
    harness.main()
