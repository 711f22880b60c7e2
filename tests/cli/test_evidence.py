"""trawl evidence: the same bytes on any ranks and threads, equal to fractions computed here, and the truth found."""

import csv
import fractions
import hashlib
import io
import itertools
import json
import math
import random

import forgery
import harness
from evidence_support import EvidenceTest, assess
from harness import BAD_INPUT, CHECK_FAILED

RANKS = (0, 1, 2, 3, 4, 7, 8)


class Bytes(EvidenceTest):
    def test_the_same_for_any_ranks_threads_and_order(self):
        rows = self.random_rows()
        self.table("a", rows)
        random.Random(5).shuffle(rows)
        self.table("b", rows)
        for options in ((), ("--max-group-weight", 2, "--equivocation", "drop"), ("--where", "log_odds > -1"), ("--id", "")):
            first = None
            for ranks, threads in itertools.product(RANKS, (1, 2)):
                data = ("a", "b")[threads - 1]
                entities, pairs = self.evidence(data, *options, "--threads", threads, ranks=ranks)
                for record in itertools.chain(*(pair["records"] for pair in pairs)):
                    record.pop("row"), record.pop("dataset")
                got = json.dumps((entities, pairs))
                first = first or got
                with self.subTest(options=options, ranks=ranks, threads=threads):
                    self.assertEqual(got, first)

    def test_the_same_with_little_memory(self):
        source = "gen:evidence?datasets=2&rows=300000&seed=4&entities=50&sources=20&duplicates=0.05"
        reports = [self.trawl("evidence", source, "--json", *options, ranks=ranks).json()
                   for options in ((), ("--screen-memory", 1), ("--compare-memory", 1)) for ranks in (0, 3)]
        for report in reports[1:]:
            for key in ("result_digest", "certificate", "compared_rows", "duplicates"):
                self.assertEqual(report[key], reports[0][key])

    def test_digest_and_certificate(self):
        self.generate()
        out = self.trawl("evidence", "data", "--format", "jsonl").stdout
        reports = [self.trawl("evidence", "data", "--json", "--format", "jsonl", "--out", f"out{n}", ranks=n).json()
                   for n in (0, 3)]
        for n, report in zip((0, 3), reports):
            self.assertEqual(report["result_digest"], hashlib.sha256(out.encode()).hexdigest())
            self.assertEqual((self.folder / f"out{n}").read_text(), out)
            self.assertEqual(report["certificate"], reports[0]["certificate"])
            self.assertEqual(report["status"], "complete")
            self.assertEqual(report["matches"],
                             report["records"] + report["duplicates"] + report["withheld"] + report["refused"])
        other = self.trawl("evidence", "data", "--json", "--byzantine", 0.2).json()
        self.assertNotEqual(other["certificate"], reports[0]["certificate"])


class Numbers(EvidenceTest):
    def test_exact_and_robust_numbers(self):
        for seed, options, keywords in ((1, (), {}), (2, ("--max-log-odds", 2), {"max_log_odds": 2}),
                                        (3, ("--equivocation", "drop", "--byzantine", 0.2),
                                         {"policy": "drop", "byzantine": 0.2})):
            rows = self.random_rows(seed)
            self.table(f"t{seed}", rows)
            want, liars, equivocations = assess(rows, **keywords)
            entities, pairs = self.evidence(f"t{seed}", *options, ranks=2)
            self.assertEqual([e["entity"] for e in entities], sorted(want))
            self.assertEqual(len(pairs), equivocations)
            self.assertEqual({p["equivocation"]["source"] for p in pairs}, liars)
            self.assertTrue(liars)
            for entity in entities:
                expected = want[entity["entity"]]
                for name in ("median", "trimmed_mean", "plain", "low", "high"):
                    self.assertEqual(entity[name]["log_odds"], expected[name], (seed, name, entity))
                for name in ("records", "duplicates", "withheld"):
                    self.assertEqual(entity[name], expected[name], (seed, name))
                self.assertEqual(entity["over_sources"]["sources"], expected["sources"])
                x = entity["median"]["log_odds"]
                if abs(x) < 30:
                    self.assertAlmostEqual(entity["median"]["p"], 1 / (1 + math.exp(-x)), delta=1e-15)
                    self.assertAlmostEqual(entity["median"]["log_p"], -math.log1p(math.exp(-x)), delta=1e-13)

    def test_equivocation_names_both_records(self):
        rows = [("e", "s", 1, "k", 5, 1.5, 1), ("e", "t", 1, "k", 5, 1.5, 1), ("e", "s", 1, "k", 5, -1.5, 1),
                ("e", "s", 1, "k", 5, 1.5, 1), ("e", "s", 2, "k", 5, 7, 1)]
        self.table("t", rows)
        (entity,), (pair,) = self.evidence("t")
        self.assertEqual(pair["equivocation"], {"entity": "e", "source": "s", "id": 1})
        self.assertEqual([(r["row"], r["log_odds"], r["dataset"], r["time"], r["type"]) for r in pair["records"]],
                         [(0, 1.5, "t", 5, "k"), (2, -1.5, "t", 5, "k")])
        self.assertEqual((entity["records"], entity["duplicates"], entity["withheld"], entity["distrusted"]), (2, 1, 2, 1))
        self.assertEqual(entity["median"]["log_odds"], 1.5)
        self.assertEqual(entity["plain"]["log_odds"], 8.5)

    def test_who_only_says_two_things_says_nothing(self):
        """That is no opinion of 0; but the source is listed, so that counts close."""
        self.table("t", [("e", "s", 1, "k", 5, 4, 1), ("e", "s", 1, "k", 5, -4, 1), ("e", "a", 2, "k", 5, 1, 1),
                         ("e", "z", 3, "k", 5, 2, 1), ("alone", "s", 4, "k", 5, 4, 1), ("alone", "s", 4, "k", 5, -4, 1)])
        for policy, votes in (("distrust", "distrusted"), ("distrust-on-entity", "distrusted"), ("drop", "votes")):
            entities, _ = self.evidence("t", "--equivocation", policy, "--run-dir", policy)
            self.assertEqual([e["entity"] for e in entities], ["alone", "e"])
            self.assertEqual([s["source"] for s in entities[1]["sources"]], ["a", "s", "z"])
            for entity, sources, median in zip(entities, (0, 2), (0, 3)):
                (silent,) = (s for s in entity["sources"] if s["source"] == "s")
                self.assertEqual((silent["standing"], silent["votes"], silent["records"], silent["withheld"]), (votes, 0, 0, 2))
                self.assertEqual((entity["over_sources"]["sources"], entity["median"]["log_odds"]), (sources, median))
            self.trawl("verify", policy, "--rescan", 1)

    def test_prior(self):
        self.table("t", [(e, s, 1, 0, 0, 1, 1, (0.5, 0.25)[e]) for e in (0, 1) for s in range(5)],
                   "entity,source,id,type,time,log_odds,weight,p")
        entities, _ = self.evidence("t", "--prior", 0.2)
        self.assertEqual([e["median"]["log_odds"] for e in entities], [5 + math.log(0.25)] * 2)
        entities, _ = self.evidence("t", "--prior-column", "p", ranks=2)
        self.assertEqual([e["median"]["log_odds"] for e in entities], [5, float(5 - fractions.Fraction(math.log(3)))])
        self.trawl("evidence", "t", "--prior", 1, code=BAD_INPUT)
        self.trawl("evidence", "t", "--prior", 0.1, "--prior-column", "p", code=BAD_INPUT)
        self.table("u", [(0, s, 1, 0, 0, 1, 1, (0.5, 0.25)[s]) for s in (0, 1)],
                   "entity,source,id,type,time,log_odds,weight,p")
        run = self.trawl("evidence", "u", "--prior-column", "p", code=BAD_INPUT)
        self.assertIn("entity 0 has the priors 0.25 and 0.5", run.stderr)

    def test_refused_and_clamped_rows_are_counted(self):
        self.table("t", [(1, "s", 1, "k", 1, 2, 1), ("", "s", 2, "k", 1, 2, 1), (1, "", 3, "k", 1, 2, 1),
                         (1, "s", "", "k", 1, 2, 1), (1, "s", 5, "", "", 2, 1), (1, "s", 6, "k", 1, "", 1),
                         (1, "s", 7, "k", 1, "nan", 1), (1, "s", 8, "k", 1, 2, 1.5), (1, "s", 9, "k", 1, 2, -1),
                         (1, "s", 10, "k", 1, 70, 1), (2, "s", 10, "k", 1, 70, 2)])
        report = self.trawl("evidence", "t", "--json").json()
        self.assertEqual(report["refusals"]["nan_log_odds"] + report["refusals"]["null"], 5)
        self.assertEqual((report["refusals"]["bad_weight"], report["records"], report["clamped"]), (3, 3, 1))
        (entity,), _ = self.evidence("t")
        self.assertEqual((entity["entity"], entity["refused"], entity["records"]), (1, 6, 3))

    def test_each_reason_of_a_refusal(self):
        """Rows with several flaws count for the first: NULL, inexact, NaN, weight, prior."""
        big = 2**53 + 1
        reasons = {"null": [("", 1, 0.5), (1, "", 0.5), (1, 1, ""), (big, "", 0.5), (big, 1, "")],
                   "inexact": [(big, 1, 0.5), (-big, 7, 0.5), (big, 1, 2)],
                   "bad_weight": [(1, -0.5, 0.5), (1, 1.5, 0.5), (1, "nan", 0.5), (1, 2, 7)],
                   "bad_prior": [(1, 1, p) for p in (0, 1, -1, 1.5, "nan", "inf")]}
        rows = [("e", f"s{i}", i, 1, 1, *flaw) for i, flaw in enumerate(f for flaws in reasons.values() for f in flaws)]
        self.table("t", [*rows, ("e", "good", 0, 1, 1, 3, 1, 0.5)], "entity,source,id,type,time,log_odds,weight,p")
        report = self.trawl("evidence", "t", "--prior-column", "p", "--run-dir", "run", "--json", ranks=2).json()
        self.assertEqual(report["refusals"], {"nan_log_odds": 0} | {k: len(v) for k, v in reasons.items()})
        self.assertEqual((report["refused"], report["records"]), (len(rows), 1))
        (entity,), _ = self.evidence("t", "--prior-column", "p")
        self.assertEqual((entity["refused"], entity["records"], entity["plain"]["log_odds"]), (len(rows), 1, 3))
        self.trawl("verify", "run", "--rescan", 1)

    def test_cap(self):
        self.table("t", [(1, "s", i, "camera", 1, 2, 1) for i in range(10)] + [(1, "s", 99, "radar", 1, 3, 1)])
        (entity,), _ = self.evidence("t", "--max-group-weight", 4)
        self.assertEqual((entity["plain"]["log_odds"], entity["uncapped"]["log_odds"], entity["capped_groups"]), (11, 23, 1))

    def test_columns(self):
        self.table("t", [("a", "n1", 3), ("a", "n2", 4)], "agent,node,llr")
        run = self.trawl("evidence", "t", code=BAD_INPUT)
        self.assertIn("entity", run.stderr)
        run = self.trawl("evidence", "t", "--entity", "agent", "--log-odds", "llr", "--source", "node", "--format", "jsonl")
        self.assertIn("no column of ids", run.stderr)
        self.assertEqual(json.loads(run.stdout)["plain"]["log_odds"], 7)
        self.trawl("evidence", "t", "--entity", "agent", "--log-odds", "llr", "--id", "nothing", code=BAD_INPUT)
        self.trawl("evidence", "t", "--entity", "agent", "--log-odds", "node", code=BAD_INPUT)


class Truth(EvidenceTest):
    def test_exactly_the_copies_and_only_the_cases(self):
        truth = self.generate(rows=20000)
        report = self.trawl("evidence", "data", "--json", "--run-dir", "run", ranks=3).json()
        self.assertEqual(report["duplicates"], truth["duplicates"])
        self.assertEqual(report["withheld"] - report["equivocations"], truth["equivocations"])
        self.assertLess(report["compared_rows"], 0.35 * report["rows"])
        self.assertEqual(report["equivocations"], truth["contradicted"])
        self.assertEqual(report["equivocating_sources"], len(truth["equivocating_sources"]))
        self.assertEqual(report["rows"], report["records"] + report["withheld"] + truth["duplicates"])
        entities, pairs = self.evidence("data")
        self.assertEqual({p["equivocation"]["source"] for p in pairs}, set(truth["equivocating_sources"]))
        liars = [s for e in entities for s in e["sources"] if s["standing"] == "distrusted"]
        self.assertEqual({s["source"] for s in liars}, set(truth["equivocating_sources"]))
        self.assertEqual(report["distrusted"], len(liars))
        self.assertEqual(len(liars), len(entities) * len(truth["equivocating_sources"]))  # all speak of all
        stream = f"gen:{truth['source'].removeprefix('gen:')}"
        self.assertEqual(self.trawl("evidence", stream, "--json").json()["duplicates"], truth["duplicates"])

    def test_liars_are_cut_and_cases_found(self):
        truth = self.generate("--equivocations", 0, "--case-rate", 0.3, rows=20000)
        entities, _ = self.evidence("data")
        liars = set(truth["lying_sources"])
        self.assertEqual(len(liars), 3)
        for entity in entities:
            self.assertTrue(liars <= {c["source"] for c in entity["cut"]})
        self.assertEqual([e["entity"] for e in entities if e["median"]["log_odds"] > 0], truth["cases"])

    def test_top(self):
        self.generate("--equivocations", 0)
        entities, _ = self.evidence("data")
        strongest = sorted(entities, key=lambda e: -e["median"]["log_odds"])[:5]
        top, _ = self.evidence("data", "--top", 5)
        self.assertEqual(top, strongest)
        table = list(csv.DictReader(io.StringIO(self.trawl("evidence", "data", "--top", 5, "--format", "csv").stdout)))
        self.assertEqual([int(row["entity"]) for row in table], [e["entity"] for e in strongest])
        self.assertEqual([float(row["log_odds"]) for row in table], [e["median"]["log_odds"] for e in strongest])
        self.assertEqual(len(self.trawl("evidence", "data", "--top", 5).stdout.splitlines()), 6)


class Run(EvidenceTest):
    OPTIONS = ((), ("--max-group-weight", 3, "--equivocation", "drop", "--prior", 0.1), ("--id", "", "--source", "type"),
               ("--where", "weight > 0.5 AND type <> 'report'", "--time", "", "--weight", ""))

    def test_an_honest_run_holds_and_repeats_on_any_ranks(self):
        self.generate("--equivocations", 0.002)
        for number, options in enumerate(self.OPTIONS):
            with self.subTest(options=options):
                run = f"run{number}"
                self.trawl("evidence", "data", *options, "--run-dir", run, ranks=2)
                self.trawl("verify", run)
                for ranks in (0, 3, 8):
                    again = self.trawl("verify", run, "--rescan", 1, "--json", ranks=ranks).json()
                    self.assertEqual((again["status"], again["recounted"], again["problems"]), ("verified", True, []))
                report = self.trawl("replay", run, "--out", f"again{number}", "--json", ranks=3).json()
                self.assertEqual((report["status"], report["differences"]), ("same", []))

    def test_every_change_is_found(self):
        self.generate("--equivocations", 0.002)
        self.trawl("evidence", "data", "--run-dir", "run")
        lines = self.folder / "run" / "evidence.jsonl"
        honest = {p.name: p.read_bytes() for p in (self.folder / "run").iterdir() if p.is_file()}
        text = honest["evidence.jsonl"].decode()
        last = text.rindex("\n", 0, -1) + 1
        for change, word, rescan in (
                (lambda t: t[t.index("\n") + 1:], "certificate counts", ()),
                (lambda t: t[:last], "equivocations", ()),
                (lambda t: t + t[last:], "canonical order", ()),
                (lambda t: t.replace('"duplicates":', '"duplicates":1', 1), "add up", ()),
                (lambda t: t.replace('"records":', '"records":1', 1), "add up", ()),
                (lambda t: t.replace('{"log_odds":', '{"log_odds":1', 1).replace("1-", "-1"), "line 1: is not what the data",
                 ("--rescan", 1)),
                (lambda t: t[:last] + t[last:].replace('"row":', '"row":1', 1), "is not what the data", ("--rescan", 1))):
            forgery.reseal(self.folder / "run", "evidence.jsonl", change(text))
            if rescan:
                self.trawl("verify", "run")  # nothing says so but the data
            run = self.trawl("verify", "run", *rescan, code=CHECK_FAILED)
            self.assertIn(word, run.stdout)
            for name, data in honest.items():
                (lines.parent / name).write_bytes(data)
        self.trawl("verify", "run", "--rescan", 1)


if __name__ == "__main__":
    harness.main()
