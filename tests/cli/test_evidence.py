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
from gold_table import table as gold_table
from harness import BAD_INPUT, CHECK_FAILED, CliTest

RANKS = (0, 1, 2, 3, 4, 7, 8)
GENERATE = ("--entities", 20, "--sources", 12, "--lying-sources", 0.25, "--duplicates", 0.1, "--row-group-rows", 256)


def exact(values):
    return float(sum(map(fractions.Fraction, values), fractions.Fraction(0)))


class EvidenceTest(CliTest):
    def generate(self, *more, rows=2000, out="data"):
        self.trawl("generate", "evidence", "--datasets", 3, "--rows", rows, "--seed", 11, *GENERATE, *more, "--out", out)
        return json.loads((self.folder / out / "truth.json").read_text())

    def evidence(self, *args, **kw):
        run = self.trawl("evidence", *args, "--format", "jsonl", **kw)
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        return [x for x in lines if "entity" in x], [x for x in lines if "equivocation" in x]

    def table(self, name, rows, header="entity,source,id,type,time,log_odds,weight"):
        self.write(name + ".csv", header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
        self.trawl("ingest", name + ".csv", "--row-group-rows", 64, "--out", name)

    def random_rows(self, seed=1, count=1500):
        """Few ids, so that many come again: the same, or with something else in any column."""
        rng = random.Random(seed)
        rows = []
        for _ in range(count):
            if rows and rng.random() < 0.2:
                row = list(rng.choice(rows))
                if rng.random() < 0.1:
                    column = rng.randrange(3, 7)
                    row[column] = (rng.choice("xyz"), rng.randrange(9), rng.gauss(0, 9), rng.random())[column - 3]
            else:
                row = [rng.randrange(12), f"s{rng.randrange(9)}", rng.randrange(10**6), rng.choice("xyz"),
                       rng.randrange(99), rng.choice((rng.gauss(0, 3), rng.gauss(0, 1e-9), 1e9)),
                       rng.choice((1, rng.random()))]
            rows.append(row)
        return rows


def assess(rows, max_log_odds=50, byzantine=0.33, policy="distrust", registered=None):
    """The plain way: everything in dictionaries, sums of fractions. `registered`: votes by source; None: all have one."""
    identities = {}
    for number, row in enumerate(rows):
        identities.setdefault(tuple(row[:3]), {}).setdefault(tuple(row[3:]), []).append(number)
    sums, liars, duplicates, withheld = {}, set(), {}, {}
    for (entity, source, _), contents in identities.items():
        said = sums.setdefault(entity, {}).setdefault(source, [])
        duplicates[entity] = duplicates.get(entity, 0) + sum(map(len, contents.values())) - len(contents)
        if len(contents) > 1:
            liars.add(source)
            withheld[entity] = withheld.get(entity, 0) + len(contents)
            continue
        (_, _, log_odds, weight), = contents
        said.append(max(-max_log_odds, min(max_log_odds, float(log_odds))) * float(weight))
    out = {}
    for entity, sources in sums.items():
        x = {s: exact(v) for s, v in sources.items() if v or s in liars}
        voting = {s: 1 if registered is None else registered[s] for s in x
                  if (s not in liars or policy == "drop") and (registered is None or s in registered)}
        votes = sorted(x[s] for s, k in voting.items() for _ in range(k))
        n = len(votes)
        cut = int(fractions.Fraction(str(byzantine)) * n)
        median = float((fractions.Fraction(votes[(n - 1) // 2]) + fractions.Fraction(votes[n // 2])) / 2) if n else 0
        kept = votes[cut:n - cut]
        out[entity] = {
            "median": float(len(voting) * fractions.Fraction(median)),
            "trimmed_mean": float(len(voting) * fractions.Fraction(float(sum(map(fractions.Fraction, kept)) / len(kept)))) if n else 0,
            "plain": exact(itertools.chain(*sources.values())),
            "records": sum(map(len, sources.values())),
            "duplicates": duplicates[entity], "withheld": withheld.get(entity, 0),
            "sources": len(voting), "votes": n,
            "distrusted": sum(s in liars for s in x) if policy == "distrust" else 0,
            "unregistered": 0 if registered is None else
            sum(s not in registered and (policy == "drop" or s not in liars) for s in x),
        }
    return out, liars, sum(len(c) > 1 for c in identities.values())


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
                   for options in ((), ("--screen-memory", 1)) for ranks in (0, 3)]
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
                for name in ("median", "trimmed_mean", "plain"):
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


class Registered(EvidenceTest):
    """--sources: who is not in the list does not vote."""

    VOTES = {"s0": 1, "s1": 4, "s3": 1, "s4": 2, "s7": 1, "nobody": 9}

    def votes_csv(self, name="list.csv", rows=None):
        self.write(name, "source,votes\n" + "".join(f"{s},{v}\n" for s, v in (rows or self.VOTES.items())))
        return name

    def test_numbers(self):
        for seed, policy in ((1, "distrust"), (2, "drop")):
            rows = self.random_rows(seed, 300)
            self.table(f"t{seed}", rows)
            want, _, _ = assess(rows, policy=policy, registered=self.VOTES)
            entities, _ = self.evidence(f"t{seed}", "--sources", self.votes_csv(), "--equivocation", policy, ranks=2)
            self.assertEqual([e["entity"] for e in entities], sorted(want))
            for entity in entities:
                expected = want[entity["entity"]]
                for name in ("median", "trimmed_mean", "plain"):
                    self.assertEqual(entity[name]["log_odds"], expected[name], (seed, name, entity))
                for name in ("sources", "votes"):
                    self.assertEqual(entity["over_sources"][name], expected[name], (seed, name))
                for name in ("distrusted", "unregistered"):
                    self.assertEqual(entity[name], expected[name], (seed, name))
                self.assertEqual(entity["guarantee"], "holds" if expected["votes"] > 3 else "too_few_sources")
            self.assertGreater(sum(e["unregistered"] for e in entities), 5)

    def test_sybils_do_not_vote(self):
        honest = [(e, f"camera {i}", i, "k", 1, 1 + i / 8, 1) for e in (1, 2) for i in range(7)]
        sybils = [(1, f"puppet {i}", i, "k", 1, -9, 1) for i in range(20)]
        self.table("t", honest + sybils)
        self.write("list.json", json.dumps([f"camera {i}" for i in range(7)]))
        open_, _ = self.evidence("t")
        self.assertLess(open_[0]["median"]["log_odds"], 0)
        self.assertEqual([e["guarantee"] for e in open_], ["holds_if_independent"] * 2)
        closed, _ = self.evidence("t", "--sources", "list.json")
        self.assertEqual([e["median"]["log_odds"] for e in closed], [7 * 1.375] * 2)
        self.assertEqual([(e["guarantee"], e["unregistered"]) for e in closed], [("holds", 20), ("holds", 0)])
        self.assertEqual(closed[0]["plain"], open_[0]["plain"])
        run = self.trawl("evidence", "t", "--sources", "list.json", "--json")
        self.assertEqual((run.json()["unregistered"], run.json()["guarantees"]["holds"]), (20, 2))
        self.assertIn("20 statements", run.stderr)

    def test_all_ways_to_write_a_list(self):
        self.table("t", self.random_rows(3, 300))
        self.votes_csv()
        lines = [{"source": s, "votes": v} for s, v in self.VOTES.items()]
        self.write("list.json", json.dumps(lines))
        self.write("list.jsonl", "".join(json.dumps(x if x["votes"] > 1 else x["source"]) + "\n" for x in lines[::-1]))
        self.votes_csv("h.csv", reversed(self.VOTES.items()))
        self.trawl("ingest", "h.csv", "--out", "h")
        (dataset,) = (p.relative_to(self.folder) for p in (self.folder / "h").glob("*.h5"))
        certificates = {self.trawl("evidence", "t", "--sources", name, "--json").json()["certificate"]
                        for name in ("list.csv", "list.json", "list.jsonl", dataset)}
        self.assertEqual(len(certificates), 1)
        self.votes_csv("other.csv", [*list(self.VOTES.items())[:-1], ("nobody", 8)])
        other = self.trawl("evidence", "t", "--sources", "other.csv", "--json").json()
        self.assertNotIn(other["certificate"], certificates)

    def test_numbers_are_sources_as_in_the_data(self):
        self.table("n", [(1, s, 1, "k", 1, 1, 1) for s in range(5)])
        self.table("x", [(1, s, 1, "k", 1, 1, 1) for s in ("x", *range(4))])
        self.write("list.csv", "source\n0\n1\n2\n3\n")
        for data in "nx":
            (entity,), _ = self.evidence(data, "--sources", "list.csv")
            self.assertEqual((entity["over_sources"]["sources"], entity["unregistered"]), (4, 1))
        self.write("list.csv", "source\nx\n")
        self.assertIn("'x' is no whole number", self.trawl("evidence", "n", "--sources", "list.csv", code=BAD_INPUT).stderr)
        self.write("list.json", '["0"]')  # a text: nobody in the data
        self.assertIn("none of the registered sources", self.trawl("evidence", "n", "--sources", "list.json").stderr)

    def test_what_is_no_list(self):
        self.table("t", self.random_rows(3, 50))
        for name, content, word in (
                ("a.csv", "source,votes\ns1,1\ns2,1\ns1,1\n", "s1 stands twice, line 2 and line 4"),
                ("a.csv", "source,votes\ns1,0\n", "votes of source s1"), ("a.csv", "source,votes\ns1,1.5\n", "line 2"),
                ("a.csv", "source,votes\ns1,\n", "whole numbers"), ("a.csv", "source,votes\ns1,4294967296\n", "4294967295"),
                ("a.csv", "source,votes\ns1,-1\n", "whole numbers"), ("a.csv", "source,weight\ns1,1\n", "column 'weight'"),
                ("a.csv", "votes\n1\n", "no column 'source'"), ("a.csv", "source\n", "no source in it"),
                ("a.csv", "source,votes\n,3\n", "there is no source"), ("a.csv", 'source\n"s1\n', "line 2"),
                ("a.json", '{"s1":1}', "no JSON array"), ("a.json", "[1.5]", "no source"), ("a.json", "[null]", "no source"),
                ("a.json", '[{"source":"s1","vote":2}]', "column 'vote'"), ("a.json", '[{"votes":2}]', "no column"),
                ("a.json", '[{"source":"s1","votes":-2}]', "votes"), ("a.json", '["s1","s1"]', "entry 1 and entry 2"),
                ("a.json", '[{"source":"s1","votes":"2"}]', "votes"), ("a.json", "[", "byte"), ("a.jsonl", '"s1"\n\n"s1"', "line 3"),
                ("a.json", "[[]]", "no source"), ("a.txt", "s1", ".csv"), ("a.h5", "s1", "a.h5")):
            self.write(name, content)
            with self.subTest(name=name, content=content):
                run = self.trawl("evidence", "t", "--sources", name, code=BAD_INPUT)
                self.assertIn(word, run.stderr)
                self.assertIn(name, run.stderr)
        self.trawl("evidence", "t", "--sources", "missing.csv", code=BAD_INPUT, ranks=3)
        self.write("a.csv", "source\ns1\n")
        self.assertIn("no column of sources",
                      self.trawl("evidence", "t", "--source", "", "--sources", "a.csv", code=BAD_INPUT).stderr)

    def test_recorded_verified_and_replayed(self):
        self.table("t", self.random_rows(4, 600))
        self.votes_csv()
        self.trawl("evidence", "t", "--sources", "list.csv", "--run-dir", "run", ranks=2)
        self.trawl("verify", "run", "--rescan", 1, ranks=3)
        report = self.trawl("replay", "run", "--out", "again", "--json").json()
        self.assertEqual((report["status"], report["differences"]), ("same", []))
        body = json.loads((self.folder / "run/certificate.json").read_text())
        listed = body.get("body", body)["parameters"]["registered"]
        self.assertEqual(listed["list"], sorted([s, v] for s, v in self.VOTES.items()))
        self.assertEqual(listed["digest"], hashlib.sha256(
            json.dumps(listed["list"], separators=(",", ":")).encode()).hexdigest())
        self.assertEqual((listed["sources"], listed["votes"]), (6, 18))
        self.votes_csv(rows=[("s0", 1), ("s1", 4)])
        report = self.trawl("replay", "run", "--out", "other", "--json", code=CHECK_FAILED).json()
        self.assertIn("option", report["differences"][0])
        self.trawl("verify", "run", "--rescan", 1)  # the list is in the certificate

    def test_a_forged_standing_is_found(self):
        self.table("t", self.random_rows(4, 200))
        self.trawl("evidence", "t", "--sources", self.votes_csv(), "--run-dir", "run")
        text = (self.folder / "run/evidence.jsonl").read_text()
        forgery.reseal(self.folder / "run", "evidence.jsonl",
                       text.replace('"standing":"unregistered"', '"standing":"votes"', 1))
        self.assertIn("standings", self.trawl("verify", "run", code=CHECK_FAILED).stdout)


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


class Outputs(EvidenceTest):
    """Table, CSV and gold layer say what the lines say."""

    POSTERIORS = {"": "median", "low_": "low", "high_": "high", "trimmed_": "trimmed_mean", "plain_": "plain",
                  "uncapped_": "uncapped"}
    COUNTS = ("distrusted", "unregistered", "records", "duplicates", "withheld", "refused", "clamped", "capped_groups")
    OPTIONS = ("--max-group-weight", 3, "--max-log-odds", 4, "--equivocation", "distrust-on-entity", "--confidence", 0.6)

    def expected(self, entity):
        over = entity["over_sources"]
        row = {"prior_log_odds": entity["prior_log_odds"], "guarantee": entity["guarantee"], "cut": len(entity["cut"])}
        for prefix, name in self.POSTERIORS.items():
            for part in ("log_odds", "log_p", "log_not_p", "p"):
                row[prefix + part] = entity[name][part]
        row |= {name: over[name] for name in ("sources", "votes", "tolerated_votes", "tolerated_sources")}
        row |= {"source_" + name: over[name] for name in ("median", "trimmed_mean", "spread", "low", "high")}
        return row | {name: entity[name] for name in self.COUNTS}

    def data(self, seed=8, registered=range(7)):
        rows = self.random_rows(seed, 1200)
        self.table("t", rows + [(12, "s1", -1, "x", 1, 3, 1), (13, "s1", -2, "x", 1, "nan", 1), (12, "s1", -3, "x", 1, "nan", 1)])
        self.write("list.json", json.dumps([f"s{i}" for i in registered]))
        return ("t", *self.OPTIONS, "--sources", "list.json")

    def test_csv_has_everything(self):
        data = self.data()
        entities, _ = self.evidence(*data)
        self.assertEqual([e["entity"] for e in entities], list(range(13)))
        rows = list(csv.DictReader(io.StringIO(self.trawl("evidence", *data, "--format", "csv").stdout)))
        self.assertEqual([int(row.pop("entity")) for row in rows], [e["entity"] for e in entities])
        for row, entity in zip(rows, entities):
            want = self.expected(entity)
            self.assertEqual(set(row), set(want))
            for name, value in want.items():
                got = row[name]
                self.assertEqual(got if isinstance(value, str) else float(got) if got else None, value, name)
        self.assertTrue(any(row["low_p"] == "" for row in rows) and any(row["low_p"] for row in rows))

    def test_table_is_the_csv_in_short(self):
        data = self.data()
        lines = self.trawl("evidence", *data).stdout.splitlines()
        titles = lines[0].split()
        entities, _ = self.evidence(*data)
        self.assertEqual(len(lines), 1 + len(entities))
        for line, entity in zip(lines[1:], entities):
            want = self.expected(entity) | {"entity": entity["entity"]}
            if want["low_log_odds"] is None:
                continue
            row = dict(zip(titles, line.split()))
            renamed = {"low": "low_log_odds", "high": "high_log_odds", "trimmed": "trimmed_log_odds",
                       "plain": "plain_log_odds", "capped": "capped_groups"}
            for title, cell in row.items():
                value = want[renamed.get(title, title)]
                self.assertEqual(cell, value if isinstance(value, str) else f"{value:.6g}", (title, entity))

    def test_gold(self):
        data = self.data()
        entities, pairs = self.evidence(*data)
        report = self.trawl("evidence", *data, "--gold", "gold", "--json", ranks=2).json()
        self.assertEqual([(g["path"], g["rows"]) for g in report["gold"]],
                         [("gold/entities.h5", len(entities)), ("gold/sources.h5", report["statements"]),
                          ("gold/equivocations.h5", len(pairs))])
        rows = gold_table(self.folder / "gold/entities.h5")
        self.assertEqual([row.pop("entity") for row in rows], [e["entity"] for e in entities])
        self.assertEqual(rows, [self.expected(e) for e in entities])
        want = []
        for e in entities:
            cut = {c["source"]: c for c in e["cut"]}
            for s in e["sources"]:
                c = cut.get(s["source"], {"cut": 0, "distance": None})
                want.append(s | {"entity": e["entity"], "cut": c["cut"], "distance": c["distance"]})
        self.assertEqual(gold_table(self.folder / "gold/sources.h5"), want)
        self.assertEqual({s["standing"] for s in want}, {"votes", "distrusted", "unregistered"})
        self.assertTrue(any(s["cut"] for s in want))
        want = []
        for p in pairs:
            row = dict(p["equivocation"])
            for prefix, record in zip(("first_", "second_"), p["records"]):
                row |= {prefix + k: str(v) if k in ("type", "time") else v for k, v in record.items()}
            want.append(row)
        self.assertEqual(gold_table(self.folder / "gold/equivocations.h5"), want)
        found = self.trawl("search", "gold/sources.h5", "--where", "standing = 'distrusted' AND entity < 5", "--count").stdout
        self.assertIn(str(sum(s["standing"] == "distrusted" and s["entity"] < 5 for e in entities[:5]
                              for s in [x | {"entity": e["entity"]} for x in e["sources"]])), found)

    def test_gold_is_the_same_for_any_ranks_and_takes_names_of_the_data(self):
        self.table("t", [("a", "n1", "i1", 3), ("b", "n2", 2, 4), ("a", "n2", 3, 5), ("a", "n2", 3, 6)], "agent,node,key,llr")
        columns = ("--entity", "agent", "--source", "node", "--id", "key", "--log-odds", "llr")
        for ranks in (0, 1, 3):
            self.trawl("evidence", "t", *columns, "--gold", f"gold{ranks}", ranks=ranks)
        self.assertEqual(self.digests("gold0"), self.digests("gold1"))
        self.assertEqual(self.digests("gold0"), self.digests("gold3"))
        self.assertEqual([row["agent"] for row in gold_table(self.folder / "gold0/entities.h5")], ["a", "b"])
        (pair,) = gold_table(self.folder / "gold0/equivocations.h5")
        self.assertEqual((pair["agent"], pair["node"], pair["key"], pair["first_time"]), ("a", "n2", "3", None))

    def test_gold_is_not_overwritten_and_names_must_differ(self):
        data = self.data()
        self.write("gold/mine.txt", "mine")
        for more in ((), ("--overwrite",)):
            self.trawl("evidence", *data, "--gold", "gold", *more, code=BAD_INPUT)
        self.assertEqual(self.names("gold"), ["mine.txt"])
        self.trawl("evidence", *data, "--gold", "other")
        self.assertIn("--overwrite", self.trawl("evidence", *data, "--gold", "other", code=BAD_INPUT).stderr)
        self.trawl("evidence", *data, "--gold", "other", "--overwrite")
        self.table("v", [("a", 3)], "votes,llr")
        run = self.trawl("evidence", "v", "--entity", "votes", "--log-odds", "llr", "--gold", "g", code=BAD_INPUT)
        self.assertIn("two columns 'votes'", run.stderr)

    def test_nothing_at_all(self):
        data = self.data()
        self.trawl("evidence", *data, "--where", "log_odds > 1e300", "--gold", "gold")
        self.assertEqual(gold_table(self.folder / "gold/entities.h5"), [])
        self.assertEqual(self.trawl("evidence", *data, "--where", "log_odds > 1e300", "--top", 3, "--format", "jsonl").stdout, "")

    def test_top_is_in_canonical_order_where_equal(self):
        self.table("t", [(e, s, e, "k", 1, (1, 2)[e % 2], 1) for e in range(20) for s in range(3)])
        top, _ = self.evidence("t", "--top", 13)
        self.assertEqual([e["entity"] for e in top], [*range(1, 20, 2), 0, 2, 4])
        self.assertEqual(len(self.evidence("t", "--top", 99)[0]), 20)


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


class Forgery(EvidenceTest):
    """For each claim a forgery that breaks this one alone: digests, and all other counts, fit."""

    def forgeries(self, lines):
        """(name, what is done to lines and counts, what verify says)."""
        first = next(i for i, x in enumerate(lines) if "equivocation" in x)  # of the equivocations

        def edit(part, key, by=1):
            part[key] += by

        def in_lines(change):
            return lambda lines, counts: change(lines)

        def swap(i, j):
            def change(lines, counts):
                lines[i], lines[j] = lines[j], lines[i]
            return change

        def counted(*names):
            def change(lines, counts):
                for name, by in names:
                    edit(counts, name, by)
            return change

        def standing(lines, counts):
            source = next(s for x in lines[:first] for s in x["sources"] if s["standing"] == "votes")
            source["standing"] = "unregistered"

        def guarantees(lines, counts):
            edit(counts["guarantees"], "holds")
            edit(counts["guarantees"], "too_few_sources", -1)

        def refusals(lines, counts):
            edit(counts["refusals"], "null")

        def one_more_row(lines, counts):
            edit(counts["refusals"], "null")
            edit(counts, "refused")

        def refused_elsewhere(lines, counts):
            edit(lines[0], "refused", counts["refused"])

        yield "entities", swap(0, 1), f"entity {lines[0]['entity']}: not in canonical order"
        yield "entity twice", in_lines(lambda x: x.insert(1, x[0])), "entity 0: not in canonical order"
        yield "equivocation first", in_lines(lambda x: x.insert(0, x.pop(first))), "entity 0: not in canonical order"
        yield "sources", in_lines(lambda x: x[0]["sources"].insert(0, x[0]["sources"].pop())), "sources are not in canonical order"
        yield "source twice", in_lines(lambda x: x[0]["sources"].insert(1, x[0]["sources"][0])), "sources are not in canonical order"
        for name in ("records", "clamped", "capped_groups", "duplicates", "withheld"):
            yield f"{name} of a source", in_lines(lambda x, name=name: edit(x[0]["sources"][0], name)), "do not add up to its own"
        for name in ("clamped", "capped_groups", "entities", "statements", "equivocations", "equivocating_sources",
                     "distrusted", "unregistered"):
            yield f"{name} in all", counted((name, 1)), f"{name}: "
        for name, other in (("records", "duplicates"), ("duplicates", "withheld"), ("withheld", "records")):
            yield f"{name} in all", counted((name, 1), (other, -1)), f"{name}: "
        yield "guarantees", guarantees, "guarantee holds: "
        yield "standing", standing, "standings"
        yield "reasons", refusals, "by reasons"
        yield "refused by entities", refused_elsewhere, "by entities"
        yield "rows", one_more_row, "rows are accounted for"
        yield "equivocations", swap(first, first + 1), "equivocation "
        yield "three records", in_lines(lambda x: x[first]["records"].append(x[first]["records"][0])), "not of two records"

    def test_each_claim_is_checked(self):
        rows = self.random_rows(6, 400) + [(0, "s0", -1, "k", 1, "nan", 1), (0, "s0", -2, "k", 1, 1, 2)]
        self.table("t", rows)
        self.write("list.json", json.dumps([f"s{i}" for i in range(8)]))
        self.trawl("evidence", "t", "--sources", "list.json", "--max-group-weight", 2, "--run-dir", "run")
        run = self.folder / "run"
        honest = {p.name: p.read_bytes() for p in run.iterdir() if p.is_file()}
        lines = [json.loads(line) for line in honest["evidence.jsonl"].decode().splitlines()]
        for name, change, word in self.forgeries(lines):
            with self.subTest(forgery=name):
                forged = json.loads(json.dumps(lines))
                counts = json.loads(honest["certificate.json"])["counts"]
                change(forged, counts)
                text = "".join(forgery.compact(line).decode() + "\n" for line in forged)
                forgery.reseal(run, "evidence.jsonl", text, lambda body: body.update(counts=counts))
                problems = self.trawl("verify", "run", "--json", code=CHECK_FAILED).json()["problems"]
                self.assertTrue(any(word in problem for problem in problems), problems)
            for file, data in honest.items():
                (run / file).write_bytes(data)
        self.trawl("verify", "run")

    def test_a_forged_list_of_sources_is_found(self):
        self.table("t", self.random_rows(6, 100))
        self.write("list.json", '["s0","s1","s2"]')
        self.trawl("evidence", "t", "--sources", "list.json", "--run-dir", "run")
        text = (self.folder / "run/evidence.jsonl").read_text()
        for change in (lambda r: r["list"].pop(), lambda r: r["list"].reverse(), lambda r: r.update(votes=4),
                       lambda r: r.update(sources=2), lambda r: r.update(digest="0" * 64),
                       lambda r: r["list"][0].__setitem__(1, 0), lambda r: r["list"].append(["s2", 1])):
            certificate = self.folder / "run/certificate.json"
            honest = {p: p.read_bytes() for p in (self.folder / "run").iterdir() if p.is_file()}
            forgery.reseal(self.folder / "run", "evidence.jsonl", text,
                           lambda body: change(body["parameters"]["registered"]))
            self.assertNotEqual(certificate.read_bytes(), honest[certificate])
            self.assertIn("registered sources", str(self.trawl("verify", "run", code=CHECK_FAILED)))
            for path, data in honest.items():
                path.write_bytes(data)


if __name__ == "__main__":
    harness.main()
