"""trawl stats --fdr: the same bytes on any ranks and threads, equal to plain linear algebra here."""

import hashlib
import json
import math
import random

import harness
import numpy
from harness import BAD_INPUT, SOURCE_DIR, CliTest

RANKS = (0, 1, 2, 3, 4, 7, 8)


def log_upper_beta(x, a, b):
    """log P(X > x) of the beta law by its series in 1 - x (DLMF 8.17.8), in doubles."""
    y, a, b = 1 - x, b, a
    term = total = 1.0
    n = 0
    while abs(term) > 1e-18 * abs(total):
        term *= (a + b + n) / (a + 1 + n) * y
        total += term
        n += 1
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    return a * math.log(y) + b * math.log1p(-y) - math.log(a) - log_beta + math.log(total)


def log_p_with_record(squared, n, d):
    return log_upper_beta(squared * n / (n - 1) ** 2, d / 2, (n - d - 1) / 2)


def rejected_by_sorting(log_p, alpha):
    """Benjamini-Hochberg: the positions rejected."""
    order = sorted(range(len(log_p)), key=lambda i: log_p[i])
    last = max((k for k in range(1, len(order) + 1)
                if log_p[order[k - 1]] <= math.log(alpha * k / len(order))), default=0)
    return set(order[:last])


class AnomalyTest(CliTest):
    def table(self, name="t.csv", entities=300, unusual=25, seed=1, order=None):
        """Agents of three regions, 1 to 5 records each; every `unusual`th is far out in one feature."""
        rng = random.Random(seed)
        rows = []
        for agent in range(entities):
            centre = [rng.gauss(10 * (agent % 3), 1), rng.gauss(0, 2), rng.gauss(1e6, 1)]
            if unusual and agent % unusual == 7:
                centre[agent % 2] += 25
            for _ in range(rng.randrange(1, 6)):
                rows.append((agent, f"r{agent % 3}", *(repr(rng.gauss(c, 0.1)) for c in centre)))
        if order is not None:
            random.Random(order).shuffle(rows)
        self.write(name, "agent,region,x,y,z\n" + "".join(",".join(map(str, r)) + "\n" for r in rows))
        self.trawl("ingest", name, "--row-group-rows", 64, "--out", name.removesuffix(".csv"))
        return rows

    def entities(self, *args, **kw):
        run = self.trawl("stats", *args, "--format", "jsonl", **kw)
        return [e for e in map(json.loads, run.stdout.splitlines()) if "entity" in e]


class Bytes(AnomalyTest):
    OPTIONS = (
        ("--levels", "region", "--fdr", 0.01),
        ("--levels", "region", "--fdr", 0.05, "--fdr-method", "by", "--flagged"),
        ("--fdr", 0.2, "--fdr-method", "e-bh", "--fanout", 3),
        ("--fdr", 0.01, "--fixed-point", "2^-20", "--where", "y > -3"),
        ("--levels", "region", "--fdr", 0.05, "--robust"),
        ("--levels", "region", "--fdr", 0.2, "--fdr-method", "e-bh", "--records"),
        ("--fdr", 0.05, "--fanout", 3, "--fixed-point", "2^-20", "--records", "--flagged"),
    )

    def test_the_same_for_any_ranks_threads_and_order(self):
        self.table()
        self.table("shuffled.csv", order=7)
        for options in self.OPTIONS:
            options = ("--format", "jsonl", "--features=x,y,z", "--group-by", "agent", *options)
            first = self.trawl("stats", "t", *options).stdout
            self.assertIn('"flagged":true', first)
            shuffled = "t" if "--records" in options else "shuffled"  # records have row numbers
            for ranks in RANKS:
                for threads in (1, 2) if options[5:] in (self.OPTIONS[0], self.OPTIONS[5]) else (1 + ranks % 2,):
                    with self.subTest(options=options, ranks=ranks, threads=threads):
                        run = self.trawl("stats", ("t", shuffled)[threads - 1], *options, "--threads", threads,
                                         ranks=ranks)
                        self.assertEqual(run.stdout, first)

    def test_digests_bind_the_parameters(self):
        self.table()
        options = ("t", "--features", "x", "--group-by", "agent", "--json")
        runs = [self.trawl("stats", *options, *more).json()
                for more in ((), ("--fdr", 0.01), ("--fdr", 0.02), ("--fdr", 0.01, "--fdr-method", "by"))]
        self.assertEqual(len({r["certificate"] for r in runs}), 4)
        again = self.trawl("stats", *options, "--fdr", 0.01, "--out", "out", "--format", "jsonl", ranks=2).json()
        self.assertEqual(again["certificate"], runs[1]["certificate"])
        self.assertEqual(again["result_digest"], hashlib.sha256((self.folder / "out").read_bytes()).hexdigest())


class Numbers(AnomalyTest):
    def test_distances_p_values_and_flags_are_those_of_linear_algebra(self):
        rows = self.table()
        entities = self.entities("t", "--features", "x,y,z", "--group-by", "agent", "--levels", "region",
                                 "--fdr", 0.05, ranks=2)
        values = {}
        for agent, region, *x in rows:
            values.setdefault(region, {}).setdefault(agent, []).append([float(v) for v in x])
        by_agent = {e["entity"]: e["anomaly"] for e in entities}
        got, want = [], []
        for region, agents in values.items():
            means = numpy.array([numpy.mean(numpy.array(v) - [0, 0, 1e6], axis=0) for v in agents.values()])
            centre, covariance = means.mean(axis=0), numpy.cov(means.T)
            for agent, mean in zip(agents, means):
                anomaly = by_agent[agent]
                solved = numpy.linalg.solve(covariance, mean - centre)
                squared = float((mean - centre) @ solved)
                self.assertEqual((anomaly["baseline"], anomaly["baseline_entities"]), ([region], len(agents)))
                self.assertAlmostEqual(anomaly["distance2"] / squared, 1, delta=1e-6)
                log_p = log_p_with_record(squared, len(agents), 3)
                self.assertAlmostEqual(anomaly["log_p"], log_p, delta=1e-6 * max(1, -log_p))
                got.append(anomaly)
                want.append(log_p)
                for driver in anomaly.get("drivers", ()):
                    i = "xyz".index(driver["feature"])
                    z = (mean - centre)[i] / math.sqrt(covariance[i, i])
                    self.assertAlmostEqual(driver["z"] / z, 1, delta=1e-6)
                    self.assertAlmostEqual(driver["contribution"] / ((mean - centre)[i] * solved[i]), 1, delta=1e-5)
        rejected = rejected_by_sorting(want, 0.05)
        self.assertEqual({i for i, a in enumerate(got) if a["flagged"]}, rejected)
        self.assertGreaterEqual(len(rejected), 12)
        for k, i in enumerate(sorted(rejected, key=want.__getitem__), 1):
            self.assertLessEqual(got[i]["log_p_adjusted"], math.log(len(want) / k) + want[i] + 1e-6)
            self.assertLessEqual(got[i]["log_p_adjusted"], math.log(0.05) + 1e-9)

    def test_counts(self):
        self.table()
        for ranks in (0, 3):
            report = self.trawl("stats", "t", "--features", "x,y,z", "--group-by", "agent", "--levels", "region",
                                "--fdr", 0.05, "--json", ranks=ranks).json()["anomalies"]
            self.assertEqual((report["judged"], report["undecided"], report["fdr_method"]), (300, 0, "bh"))
            self.assertGreaterEqual(report["flagged"], 12)
            self.assertLess(report["log_threshold"], math.log(0.05))

    def test_too_few_are_undecided(self):
        self.table(entities=60)  # 20 in a region, for three directions
        options = ("t", "--features", "x,y,z", "--group-by", "agent", "--fdr", 0.05)
        for entity in self.entities(*options, "--levels", "region"):
            self.assertIsNone(entity["anomaly"])
        for entity in self.entities(*options):  # a balanced tree: the nearest node with enough
            self.assertEqual((entity["anomaly"]["baseline"], entity["anomaly"]["baseline_entities"]), ([], 60))
        report = self.trawl("stats", *options, "--levels", "region", "--json").json()["anomalies"]
        self.assertEqual((report["judged"], report["undecided"], report["flagged"]), (0, 60, 0))
        self.assertIsNone(report["log_threshold"])


class Robust(AnomalyTest):
    def test_outliers_that_hide_each_other(self):
        """The Hawkins-Bradu-Kass data: observations 1 to 14 are outliers, as robustbase's covMcd has them."""
        lines = (SOURCE_DIR / "tests" / "data" / "hbk.csv").read_text().splitlines()
        self.write("hbk.csv", f"id,{lines[0]}\n" + "".join(f"{i},{v}\n" for i, v in enumerate(lines[1:], 1)))
        self.trawl("ingest", "hbk.csv", "--out", "hbk")
        options = ("hbk", "--features", "X1,X2,X3", "--group-by", "id", "--fdr", 0.01)
        for ranks in (0, 3):
            robust = self.entities(*options, "--robust", ranks=ranks)
            self.assertEqual([e["entity"] for e in robust if e["anomaly"]["flagged"]], list(range(1, 15)))
            self.assertEqual({e["anomaly"]["baseline_entities"] for e in robust}, {75})
            # covMcd(hbk[, 1:3], nsamp = "deterministic") gives weight 1 to 61 observations
            self.assertEqual({e["anomaly"]["baseline_kept"] for e in robust}, {61})
        plain = self.entities(*options)
        self.assertEqual([e["entity"] for e in plain if e["anomaly"]["flagged"]], [14])


class Records(AnomalyTest):
    def flagged(self, rows, group, alpha):
        """Row numbers and their log p, by linear algebra here: each record beside those of its group."""
        groups = {}
        for number, row in enumerate(rows):
            groups.setdefault(group(row), []).append((number, [float(v) for v in row[2:]]))
        log_p = {}
        for members in groups.values():
            x = numpy.array([v for _, v in members]) - [0, 0, 1e6]
            centred = x - x.mean(axis=0)
            squared = numpy.einsum("ij,ij->i", centred, numpy.linalg.solve(numpy.cov(x.T), centred.T).T)
            for (number, _), d in zip(members, squared):
                log_p[number] = log_p_with_record(float(d), len(members), 3)
        numbers = sorted(log_p)
        return {numbers[i]: log_p[numbers[i]] for i in rejected_by_sorting([log_p[n] for n in numbers], alpha)}

    def test_records_beside_those_below_their_parent(self):
        rows = self.table()
        region, everything = (lambda row: row[1]), (lambda row: ())
        for options, group in (
            (("--levels", "region"), region),
            (("--group-by", "agent", "--levels", "region"), region),
            ((), everything),
            (("--group-by", "agent", "--fanout", 1000), everything),
            (("--levels", "region", "--fixed-point", "2^-20"), region),
        ):
            for ranks in (0, 3):
                with self.subTest(options=options, ranks=ranks):
                    run = self.trawl("stats", "t", "--features", "x,y,z", *options, "--fdr", 0.1, "--records",
                                     "--format", "jsonl", ranks=ranks)
                    lines = [e for e in map(json.loads, run.stdout.splitlines()) if "dataset" in e]
                    want = self.flagged(rows, group, 0.1)
                    self.assertGreater(len(want), 10)
                    self.assertEqual([e["row"] for e in lines], sorted(want))
                    tests = len(rows)
                    order = sorted(want.values())
                    for line in lines:
                        row = rows[line["row"]]
                        self.assertEqual(line["values"], [float(v) for v in row[2:]])
                        self.assertEqual(line.get("entity"), row[0] if "--group-by" in options else None)
                        log_p = line["anomaly"]["log_p"]
                        self.assertAlmostEqual(log_p / want[line["row"]], 1, delta=1e-4)
                        adjusted = min(p + math.log(tests / k) for k, p in enumerate(order, 1) if p >= log_p - 1e-3)
                        self.assertAlmostEqual(line["anomaly"]["log_p_adjusted"], adjusted, delta=1e-2)

    def test_what_does_not_count_is_not_judged(self):
        lines = [f"{i % 20},{math.sin(i) + (50 if i == 33 else 0)!r}" for i in range(400)]
        lines[5] = "3,"
        lines[6] = ",1.5"
        self.write("t.csv", "agent,x\n" + "\n".join(lines) + "\n")
        self.trawl("ingest", "t.csv", "--out", "t")
        for ranks in (0, 4):
            report = self.trawl("stats", "t", "--features", "x", "--group-by", "agent", "--fdr", 0.01, "--records",
                                "--json", ranks=ranks).json()
            records = report["anomalies"]["records"]
            self.assertEqual((report["records"], report["refused"], report["without_key"]), (398, 1, 1))
            self.assertEqual((records["judged"], records["undecided"], records["flagged"]), (398, 1, 1))

    def test_printed(self):
        self.table()
        options = ("t", "--features", "x,y,z", "--group-by", "agent", "--fdr", 0.05, "--records", "--levels", "region")
        plain = self.trawl("stats", *options, "--format", "csv").stdout.splitlines()
        self.assertTrue(plain[0].endswith(",dataset,row,distance2,log_p,log_p_adjusted,flagged"))
        table = self.trawl("stats", *options, "--flagged").stdout.splitlines()
        self.assertEqual(table[0].split()[:4], ["path", "entity", "dataset", "row"])
        self.assertEqual(len(table) - 1, sum(line.endswith(",true") for line in plain[1:]) - sum(
            2 for e in self.entities(*options) if "features" in e and e["anomaly"]["flagged"]))


class Printed(AnomalyTest):
    def test_flagged_only_the_most_unusual_first(self):
        self.table()
        options = ("t", "--features", "x,y,z", "--group-by", "agent", "--levels", "region", "--fdr", 0.05)
        flagged = [e for e in self.entities(*options) if e["anomaly"]["flagged"]]
        got = self.entities(*options, "--flagged")
        self.assertCountEqual([e["entity"] for e in got], [e["entity"] for e in flagged])
        log_p = [e["anomaly"]["log_p"] for e in got]
        self.assertEqual(log_p, sorted(log_p))
        table = self.trawl("stats", *options, "--flagged").stdout.splitlines()
        self.assertEqual([line.split()[1] for line in table], ["entity", *(str(e["entity"]) for e in got)])
        self.assertRegex(table[1], r"[xy] \+\d+\.\d")

    def test_columns(self):
        self.table()
        options = ("t", "--features", "y,x", "--group-by", "agent", "--levels", "region", "--format", "csv")
        plain = self.trawl("stats", *options).stdout.splitlines()
        judged = self.trawl("stats", *options, "--fdr", 0.05).stdout.splitlines()
        self.assertEqual(judged[0], plain[0] + ",distance2,log_p,log_p_adjusted,flagged")
        self.assertEqual(len(judged), len(plain))
        for line, more in zip(plain[1:], judged[1:]):
            self.assertTrue(more.startswith(line))
        self.assertTrue(any(line.endswith(",true") for line in judged))


class Mistakes(AnomalyTest):
    def test_options(self):
        self.table(entities=20)
        for options, words in (
            (("--fdr", 0.01), "--group-by"),
            (("--group-by", "agent", "--flagged"), "give --fdr"),
            (("--group-by", "agent", "--fdr-method", "by"), "give --fdr"),
            (("--group-by", "agent", "--robust"), "give --fdr"),
            (("--records",), "give --fdr"),
            (("--fdr", 0.01, "--records", "--robust"), "leave out"),
            (("--fdr", 0.6, "--records"), "at most 0.5"),
            (("--group-by", "agent", "--fdr", 0), "--fdr"),
            (("--group-by", "agent", "--fdr", 2), "--fdr"),
        ):
            with self.subTest(options=options):
                run = self.trawl("stats", "t", "--features", "x", *options, code=BAD_INPUT)
                self.assertIn(words, run.stderr)


if __name__ == "__main__":
    harness.main()
