"""States of evidence: the same bytes from any ranks, cuts and merges; each identity once; retraction without a trace."""

import fractions
import hashlib
import itertools
import json
import random
import shutil
import subprocess

import h5py
import harness
from harness import BAD_INPUT, CHECK_FAILED, INCOMPLETE
from evidence_support import EvidenceTest

RANKS = (1, 2, 3, 4, 7, 8)
# Left out of what a state says about equivocations.
PLACES = ("dataset", "row")


class StateTest(EvidenceTest):
    def state(self, name, inputs, *options, **kw):
        return self.trawl("evidence", *inputs, *options, "--state", name, "--format", "jsonl", "--out", f"{name}.jsonl", **kw)

    def bytes(self, name):
        return (self.folder / name).read_bytes()

    def assert_same(self, *names):
        digests = {hashlib.sha256(self.bytes(name)).hexdigest() for name in names}
        self.assertEqual(len(digests), 1, names)

    def lines(self, text):
        """What a report says, but where records stand."""
        lines = [json.loads(line) for line in text.splitlines()]
        for record in itertools.chain(*(line.get("records", ()) for line in lines if "equivocation" in line)):
            for name in PLACES:
                record[name] = None
        return lines

    def report(self, *states, options=(), **kw):
        given = [word for state in states for word in ("--from-state", state)]
        return self.trawl("evidence", *given, *options, "--format", "jsonl", **kw).stdout

    def tables(self, count=900):
        """Three tables with many rows in several of them: the same, or with other contents."""
        rows = self.random_rows(count=count)
        self.parts = {name: [] for name in "abc"}
        for row in rows:
            self.parts[random.Random(str(row)).choice("abc")].append(row)
        rng = random.Random(3)
        for name, part in self.parts.items():
            for other in "abc".replace(name, ""):
                copies = [list(row) for row in rng.sample(self.parts[other], 30)]
                copies[0][5] = 3.25
                copies[1][4] = 1234
                part += copies
            self.table(name, part)
        self.rows = list(itertools.chain(*self.parts.values()))
        self.assertLess(len({tuple(row[:3]) for row in self.rows}), len(self.rows) - 150)

    def sections(self, name):
        with h5py.File(self.folder / name) as f:
            return {section: f["sections"][section][:].tobytes() for section in f["sections"]}


class Bytes(StateTest):
    OPTIONS = ((), ("--max-group-weight", 2, "--max-log-odds", 3), ("--where", "log_odds > -1", "--equivocation", "drop"),
               ("--time", "", "--type", "", "--weight", ""), ("--source", ""))

    def test_any_ranks_cuts_and_merges(self):
        self.tables()
        for number, options in enumerate(self.OPTIONS):
            with self.subTest(options=options):
                name = f"all{number}"
                self.state(name, "abc", *options)
                some = RANKS if number == 0 else (3,)
                for ranks in some:
                    self.state(f"{name}-{ranks}", "cba", *options, "--threads", 1 + ranks % 2, ranks=ranks)
                self.assert_same(name, *(f"{name}-{ranks}" for ranks in some))
                for n, part in enumerate("abc"):
                    self.state(f"{part}{number}", (part,), *options, ranks=(0, 2, 3)[n])
                x, y, z = (f"{part}{number}" for part in "abc")
                merged = []
                for order in itertools.permutations((x, y, z)):
                    merged.append("-".join(order))
                    self.trawl("merge", *order, "--out", merged[-1])
                self.trawl("merge", z, x, "--out", f"zx{number}", ranks=3)
                self.trawl("merge", y, f"zx{number}", "--out", f"y-zx{number}")
                self.assert_same(name, *merged, f"y-zx{number}")
                want = self.lines(self.bytes(f"{name}.jsonl").decode())
                report = tuple(itertools.chain(*(pair for pair in zip(options[::2], options[1::2])
                                                 if pair[0] in ("--max-group-weight", "--equivocation"))))
                for ranks, states in ((0, (name,)), (0, (y, f"zx{number}")), (2, (z, x, y)), (7, (y, z, x))):
                    self.assertEqual(self.lines(self.report(*states, options=report, ranks=ranks)), want)

    def test_without_a_column_of_ids_rows_add_up(self):
        self.tables(300)
        for options in (("--id", ""), ("--id", "", "--source", "")):
            self.state("all", "abc", *options, "--overwrite")
            for part in "abc":
                self.state(f"s-{part}", (part,), *options, "--overwrite", ranks=2)
            self.trawl("merge", "s-b", "s-a", "s-c", "--out", "m", "--overwrite")
            self.assert_same("all", "m")
            self.assertEqual(self.report("m"), self.bytes("all.jsonl").decode())

    def test_priors(self):
        header = "entity,source,id,type,time,log_odds,weight,p"
        rows = [(e, s, i, "k", 1, e + s / 8, 1, (0.5, 0.25, 0.125)[e])
                for e in range(3) for s in range(4) for i in range(3)]
        self.table("a", rows[::2], header)
        self.table("b", rows[1::2] + rows[::5], header)
        options = ("--prior-column", "p")
        for name in ("ab", "a", "b"):
            self.state(f"s-{name}", name, *options)
        self.trawl("merge", "s-b", "s-a", "--out", "m")
        self.assert_same("m", "s-ab")
        self.assertEqual(self.report("m"), self.bytes("s-ab.jsonl").decode())
        self.state("plain", "ab")
        self.assertEqual(self.report("plain", options=("--prior", 0.2)),
                         self.trawl("evidence", "a", "b", "--prior", 0.2, "--format", "jsonl").stdout)

    def test_generated_and_refused(self):
        source = "gen:evidence?datasets=3&rows=2000&seed=5&entities=50&sources=9&duplicates=0.2&equivocations=0.002"
        self.state("all", (source,))
        self.trawl("merge", "all", "--out", "same")
        self.assert_same("all", "same")
        self.table("t", [(1, "s", 1, "k", 1, 2, 1), ("", "s", 2, "k", 1, 2, 1), (1, "", 3, "k", 1, 2, 1),
                         (2, "s", "", "k", 1, 2, 1), (1, "s", 7, "k", 1, "nan", 1), (1, "s", 8, "k", 1, 2, 1.5)])
        self.state("t1", "t")
        self.assertEqual(self.report("t1"), self.bytes("t1.jsonl").decode())
        report = self.trawl("evidence", "--from-state", "t1", "--json").json()
        self.assertEqual((report["refused"], report["records"], report["rows"], report["retracted"]), (5, 1, 6, 0))

    def test_what_reports_depend_on_is_free(self):
        self.tables(300)
        self.write("some.csv", "source,votes\ns1,2\ns2,1\ns3,1\ns4,1\n")
        report = ("--sources", "some.csv", "--byzantine", 0.2, "--confidence", 0.9, "--equivocation", "distrust-on-entity", "--prior", 0.1)
        self.state("s", "ab")
        self.state("t", "ab", *report)
        self.assert_same("s", "t")
        self.assertEqual(self.lines(self.report("s", options=report)), self.lines(self.bytes("t.jsonl").decode()))


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


class Twin(StateTest):
    """What is in a state, against dictionaries."""

    def test_records_are_all_identities_with_all_contents(self):
        self.tables(300)
        self.state("s", "abc", ranks=2)
        data, at, found = self.sections("s")["records"], 0, {}
        while at < len(data):
            size, at = varint(data, at)
            end = at + size
            size, at = varint(data, at)
            identity = data[at:at + size]
            deliveries, at = varint(data, at + size)
            contents, at = varint(data, at)
            found[identity] = (deliveries, contents)
            for _ in range(contents):
                size, at = varint(data, at)
                at += size
            self.assertEqual(at, end)
        identities = {}
        for row in self.rows:
            identities.setdefault(tuple(row[:3]), []).append(tuple(map(str, row[3:])))
        want = {}
        for (entity, source, number), rows in identities.items():
            key = b"\0" + (entity + 2**63).to_bytes(8, "big") + b"\1" + source.encode() + b"\0\0"
            want[key + b"\0" + (number + 2**63).to_bytes(8, "big")] = (len(rows), len(set(rows)))
        self.assertEqual(found, want)

    def test_a_proof_shows_the_exact_sums(self):
        self.tables(300)
        self.state("s", "abc")
        root = self.trawl("inspect", "s", "--json").json()["states"][0]["root"]
        identities = {}
        for row in self.rows:
            identities.setdefault(tuple(row[:3]), set()).add(tuple(row[3:]))
        total = fractions.Fraction(0)
        own = {}
        for (entity, _, _), contents in identities.items():
            if len(contents) > 1:
                continue
            (_, _, log_odds, weight), = contents
            value = fractions.Fraction(max(-50, min(50, float(log_odds))) * float(weight))
            own[entity] = own.get(entity, 0) + value
            total += value
        for entity, value in own.items():
            self.trawl("prove", "s", "--entity", entity, "--out", "p", "--overwrite")
            proved = self.trawl("check-proof", "p", "--root", root, "--json").json()
            self.assertEqual(proved["own"]["log_odds"], float(value))
            self.assertEqual(proved["total"]["log_odds"], float(total))
            self.assertEqual(proved["total"]["records"], sum(len(c) == 1 for c in identities.values()))
        self.trawl("prove", "s", "--entity", 99, "--absent", "--out", "q")
        self.trawl("check-proof", "q", "--root", root, "--entity", 99)
        self.trawl("check-proof", "p", "--root", "0" * 64, code=CHECK_FAILED)
        self.trawl("prove", "s", "--entity", 1, "--path", "x", "--out", "r", code=BAD_INPUT)
        self.assertIn("evidence log_odds about entity by source", self.trawl("inspect", "s").stdout)


class Runs(StateTest):
    def test_the_root_is_certified_and_repeated(self):
        self.tables(300)
        report = self.trawl("evidence", "a", "b", "c", "--state", "s", "--run-dir", "run", "--json", ranks=2).json()
        root = self.trawl("inspect", "s", "--json").json()["states"][0]["root"]
        self.assertEqual(report["entities_root"], root)
        certificate = json.loads((self.folder / "run/certificate.json").read_text())
        self.assertEqual(certificate["counts"]["entities_root"], root)
        for ranks in (0, 3):
            self.trawl("verify", "run", "--rescan", 1, ranks=ranks)
        compact = self.trawl("evidence", "a", "b", "c", "--state", "t", "--state-without-ids", "--json").json()
        self.assertEqual(compact["entities_root"], root)
        self.assertEqual(self.trawl("replay", "run", "--out", "again", "--json").json()["status"], "same")
        self.assertEqual([n for n in self.names() if "trawl-records" in n or "partial" in n], [])


    def test_pages_and_tables_from_states(self):
        self.tables(300)
        self.state("s", "abc")
        self.trawl("evidence", "--from-state", "s", "--html", "s.html", "--gold", "gold")
        page = self.bytes("s.html").decode()
        self.assertIn("rows of 3 datasets, in 1 states", page)
        with h5py.File(self.folder / "gold/entities.h5") as f:
            self.assertEqual(len(f["columns/entity"]), 12)
        self.write("list.jsonl", json.dumps(dict(zip(("entity", "source", "id"), self.rows[0]))))
        self.trawl("merge", "s", "--retract", "list.jsonl", "--out", "m")
        self.trawl("evidence", "--from-state", "m", "--html", "m.html")
        self.assertIn("retracted", self.bytes("m.html").decode())


class Interruption(StateTest):
    SOURCE = "gen:evidence?datasets=3&rows=400000&seed=3&entities=300&sources=20&duplicates=0.05&equivocations=0.0001"

    def test_the_state_of_a_run_that_went_on(self):
        self.trawl("evidence", self.SOURCE, "--state", "whole", "--out", "whole.txt")
        stopped = 0
        for seconds in (0.2, 0.5, 1):
            command = [harness.TRAWL, "evidence", self.SOURCE, "--threads", "1", "--checkpoint", "0.1", "--run-dir", "run",
                       "--state", "s", "--overwrite"]
            process = subprocess.Popen(list(map(str, command)), cwd=self.folder, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.terminate()
                process.wait(60)
            if (self.folder / "run.partial/replay_config.cfg").exists():
                stopped += 1
                self.assertFalse((self.folder / "s").exists())
                self.trawl("evidence", "--config", "run.partial/replay_config.cfg", "--run-dir", "run", "--resume", ranks=2)
            self.assert_same("s", "whole")
            self.assertEqual([n for n in self.names() if "trawl-records" in n or "partial" in n], [])
            shutil.rmtree(self.folder / "run")
            (self.folder / "s").unlink()
        self.assertGreater(stopped, 0)


class Twice(StateTest):
    def test_the_same_data_in_two_states(self):
        self.tables(300)
        for name, inputs in (("ab", "ab"), ("b", "b"), ("bc", "bc"), ("again", "ba")):
            self.state(f"s-{name}", inputs)
        for other in ("s-b", "s-bc", "s-again"):
            run = self.trawl("merge", "s-ab", other, "--out", "m", code=BAD_INPUT)
            self.assertIn("count twice", run.stderr)
            run = self.trawl("evidence", "--from-state", other, "--from-state", "s-ab", code=BAD_INPUT, ranks=2)
            self.assertIn("count twice", run.stderr)
        self.trawl("merge", "s-b", "s-ab", "s-again", "--out", "m", "--ignore-covered")
        self.assert_same("m", "s-ab")
        self.trawl("merge", "s-ab", "s-bc", "--out", "n", "--ignore-covered", code=BAD_INPUT)
        shutil.copytree(self.folder / "a", self.folder / "copy")
        run = self.trawl("evidence", "a", "copy/a.h5", "--state", "x", code=BAD_INPUT)
        self.assertIn("would count twice in the state", run.stderr)
        self.assertFalse((self.folder / "x").exists())

    def test_without_ids_only_if_somebody_knows_that_they_share_none(self):
        self.tables(300)
        compact = "--state-without-ids"
        for name in ("ab", "a", "b"):
            self.state(f"s-{name}", name, compact)
        self.state("full", "ab")
        self.assertLess(len(self.sections("s-ab")["records"]), len(self.sections("full")["records"]) / 5)
        self.assertEqual(self.lines(self.report("s-ab")), self.lines(self.bytes("full.jsonl").decode()))
        run = self.trawl("merge", "s-a", "s-b", "--out", "m", code=BAD_INPUT)
        self.assertIn("--disjoint-ids", run.stderr)
        self.trawl("evidence", "--from-state", "s-a", "--from-state", "s-b", code=BAD_INPUT)
        run = self.trawl("merge", "s-a", "full", "--out", "m", "--disjoint-ids", code=BAD_INPUT)
        self.assertIn("ids: false and true", run.stderr)
        self.trawl("merge", "s-a", "--out", "same")
        self.assert_same("same", "s-a")
        rows = [("e", s, i, "k", 1, i / 3, 1) for s in "xyz" for i in range(40)]
        rows += [("e", s, s + "2", "k", 1, v, 1) for s in "xyz" for v in (1, 2)]
        for name in "xyz":
            self.table(name, [row for row in rows if row[1] == name])
            self.state(f"s-{name}", name, compact)
        for order in itertools.permutations(("s-x", "s-y", "s-z")):
            self.trawl("merge", *order, "--out", "m-" + "".join(order), "--disjoint-ids")
        self.trawl("merge", "s-x", "s-z", "--out", "xz", "--disjoint-ids")
        self.trawl("merge", "s-y", "xz", "--out", "m", "--disjoint-ids")
        self.assert_same("m", *(n for n in self.names() if n.startswith("m-")))
        self.assertEqual(self.sections("m")["counts"][-8:], (1).to_bytes(8, "little"))
        self.state("xyz", "xyz", compact)
        self.assertEqual(self.lines(self.report("m")), self.lines(self.bytes("xyz.jsonl").decode()))
        self.table("w", rows[-2:])  # says that it is disjoint, and is not
        self.state("s-w", "w", compact)
        run = self.trawl("merge", "s-w", "m", "--out", "n", "--disjoint-ids", code=BAD_INPUT)
        self.assertIn("not disjoint", run.stderr)


class Mistakes(StateTest):
    def test_states_that_do_not_go_together(self):
        self.tables(300)
        self.state("a1", "a")
        for options, words in ((("--max-log-odds", 3), "max_log_odds"), (("--max-group-weight", 3), "by_type"),
                               (("--weight", ""), "weight"), (("--where", "weight > 0.5"), "predicate"),
                               (("--state-without-ids",), "ids"), (("--type", ""), "type")):
            self.state("b1", "b", *options, "--overwrite")
            run = self.trawl("merge", "a1", "b1", "--out", "m", code=BAD_INPUT)
            self.assertIn("different configurations", run.stderr)
            self.assertIn(words, run.stderr)
        self.trawl("stats", "b", "--features", "weight", "--state", "st")
        self.assertIn("kind", self.trawl("merge", "a1", "st", "--out", "m", code=BAD_INPUT).stderr)
        self.assertIn("evidence", self.trawl("evidence", "--from-state", "st", code=BAD_INPUT).stderr)
        self.trawl("stats", "--from-state", "a1", code=BAD_INPUT)
        self.trawl("merge", "st", "--out", "m", "--disjoint-ids", code=BAD_INPUT)

    def test_options(self):
        self.tables(100)
        self.state("s", "a")
        for given in (("a",), ("--log-odds", "x"), ("--prior-column", "p"), ("--where", "weight > 1"), ("--state", "t"),
                      ("--max-log-odds", 2), ("--run-dir", "r"), ("--no-zone-maps",)):
            run = self.trawl("evidence", "--from-state", "s", *given, code=BAD_INPUT)
            self.assertIn("--from-state", run.stderr)
        self.assertIn("--max-group-weight", self.trawl("evidence", "--from-state", "s", "--max-group-weight", 2,
                                                       code=BAD_INPUT).stderr)
        self.trawl("evidence", code=BAD_INPUT)
        self.trawl("evidence", "a", "--state-without-ids", code=BAD_INPUT)
        self.trawl("evidence", "a", "--state", "x", "--out", "x", code=BAD_INPUT)
        self.trawl("evidence", "--from-state", "missing", code=BAD_INPUT)
        self.trawl("evidence", "a", "--state", "s", code=BAD_INPUT)
        self.trawl("evidence", "a", "--state", "s", "--overwrite")
        self.trawl("evidence", "a", "--state", "no/such/folder", code=INCOMPLETE)

    def test_damage(self):
        self.tables(200)
        self.state("a1", "a")
        self.state("b1", "b")
        good = self.bytes("a1")
        with h5py.File(self.folder / "a1") as f:
            parts = [f["sections"][name][:].tobytes() for name in ("root", "records", "entities", "counts")]
        for number, place in enumerate((100, *(good.index(part) + 20 for part in parts))):
            self.write("bad", good[:place] + bytes((good[place] ^ 1,)) + good[place + 1:])
            self.assertIn("damaged", self.trawl("inspect", "bad", code=INCOMPLETE).stdout)
            if number == 1:  # a merge makes the root anew
                continue
            self.assertIn("bad", self.trawl("merge", "bad", "b1", "--out", "m", code=INCOMPLETE).stderr)
            self.assertFalse((self.folder / "m").exists())


class Retraction(StateTest):
    """As if it had never come."""

    def without(self, names):
        for name, rows in self.parts.items():
            self.table(f"{name}-rest", [row for row in rows if tuple(row[:3]) not in names])

    def assert_same_sums(self, got, want):
        got, want = self.sections(got), self.sections(want)
        for name in ("records", "entities", "root"):
            self.assertEqual(got[name], want[name], name)

    def test_the_sums_are_those_of_never_having_had_it(self):
        self.tables()
        rng = random.Random(9)
        equivocating = {i for i in {tuple(r[:3]) for r in self.rows}
                        if len({tuple(r[3:]) for r in self.rows if tuple(r[:3]) == i}) > 1}
        self.assertGreater(len(equivocating), 4)
        names = {tuple(row[:3]) for row in rng.sample(self.rows, 40)} | set(rng.sample(sorted(equivocating), 4))
        # All that is known of an entity, and of a source of another.
        names |= {tuple(row[:3]) for row in self.rows if row[0] == 3 or (row[0], row[1]) == (5, "s2")}
        self.without(names)
        for options in ((), ("--max-group-weight", 2)):
            self.write("list.csv", "id,entity,source\n" + "".join(f"{i},{e},{s}\n" for e, s, i in sorted(names)))
            self.write("list.jsonl", "".join(json.dumps({"entity": e, "source": s, "id": i}) + "\n" for e, s, i in names))
            self.state("all", "abc", *options, "--overwrite")
            self.state("rest", ("a-rest", "b-rest", "c-rest"), *options, "--overwrite")
            self.trawl("merge", "all", "--retract", "list.csv", "--out", "m1", "--overwrite")
            report = self.trawl("merge", "all", "--retract", "list.jsonl", "--out", "m2", "--overwrite", "--json").json()
            self.assertEqual(report["retracted"], len(names))
            self.assert_same("m1", "m2")
            self.assert_same_sums("m1", "rest")
            self.assertEqual(self.lines(self.report("m1", options=options)), self.lines(self.bytes("rest.jsonl").decode()))
            counts = self.trawl("evidence", "--from-state", "m1", "--json").json()
            self.assertEqual(counts["matches"],
                             sum(counts[n] for n in ("records", "duplicates", "withheld", "refused", "retracted")))
            root = self.trawl("inspect", "m1", "--json").json()["states"][0]["root"]
            self.trawl("prove", "m1", "--entity", 3, "--absent", "--out", "p", "--overwrite")
            self.trawl("check-proof", "p", "--root", root, "--entity", 3)

    def test_it_stays_retracted_in_any_order(self):
        self.tables()
        for name in "abc":
            self.state(f"s-{name}", name)
        in_several = sorted({tuple(r[:3]) for r in self.parts["a"]} & {tuple(r[:3]) for r in self.parts["b"]})
        one, two = in_several[3], in_several[7]
        for number, (e, s, i) in enumerate((one, two)):
            self.write(f"{number}.jsonl", json.dumps({"entity": e, "source": s, "id": i}))
        self.trawl("merge", "s-a", "s-b", "s-c", "--out", "all")
        self.trawl("merge", "all", "--retract", "0.jsonl", "--out", "all-0")
        self.trawl("merge", "all-0", "--retract", "1.jsonl", "--out", "want")
        self.trawl("merge", "s-a", "--retract", "0.jsonl", "--out", "a-0")
        self.trawl("merge", "s-b", "--retract", "1.jsonl", "--out", "b-1")
        self.trawl("merge", "s-c", "b-1", "--out", "bc-1")
        self.trawl("merge", "bc-1", "a-0", "--out", "m1")
        self.trawl("merge", "a-0", "s-b", "--out", "ab-0")
        self.trawl("merge", "s-c", "ab-0", "--retract", "1.jsonl", "--out", "m2")
        self.assert_same("want", "m1", "m2")
        self.assertEqual(self.report("a-0", "s-c", "b-1", ranks=3), self.report("want"))
        self.assertEqual(self.trawl("evidence", "--from-state", "a-0", "--from-state", "bc-1", "--json").json()["retracted"],
                         self.trawl("evidence", "--from-state", "want", "--json").json()["retracted"])
        for options in ((), ("--ignore-covered",)):  # the same data, with other sums
            self.trawl("merge", "a-0", "s-a", "--out", "n", *options, code=BAD_INPUT)

    def test_both_records_of_an_equivocation_go_and_the_source_is_trusted_again(self):
        rows = [(1, s, i, "k", 1, i, 1) for s in ("x", "y", "z", "w") for i in range(3)] + [(1, "x", 1, "k", 1, 9, 1)]
        self.table("t", rows)
        self.state("s", "t")
        pair = [line for line in self.bytes("s.jsonl").decode().splitlines() if "equivocation" in line]
        self.write("pair.jsonl", pair[0] + "\n")
        self.trawl("merge", "s", "--retract", "pair.jsonl", "--out", "m")
        (entity,), none = (lambda x: ([e for e in x if "entity" in e], [e for e in x if "entity" not in e]))(
            self.lines(self.report("m")))
        self.assertEqual((none, entity["distrusted"], entity["records"], entity["withheld"]), ([], 0, 11, 0))

    def test_what_is_retracted_does_not_return_with_new_data(self):
        self.table("t", [(1, "a", 1, "k", 1, 2, 1), (1, "a", 2, "k", 1, 3, 1)])
        self.table("later", [(1, "a", 1, "k", 1, 7, 1), (1, "a", 1, "k", 1, 8, 1), (1, "a", 3, "k", 1, 4, 1)])
        for name in ("t", "later"):
            self.state(f"s-{name}", (name,))
        self.write("list.csv", "entity,source,id\n1,a,1\n")
        self.trawl("merge", "s-t", "--retract", "list.csv", "--out", "m")
        self.trawl("merge", "m", "s-later", "--out", "n")
        report = self.trawl("evidence", "--from-state", "n", "--json").json()
        self.assertEqual([report[x] for x in ("records", "withheld", "equivocations", "retracted", "matches")],
                         [2, 0, 0, 3, 5])
        run = self.trawl("merge", "n", "--retract", "list.csv", "--out", "o", code=BAD_INPUT)
        self.assertIn("stays so in every merge", run.stderr)

    def test_a_state_does_not_know_places(self):
        rows = [(1, "a", 1, "k", 1, 2, 1), (1, "a", 1, "k", 1, 3, 1)]
        self.table("t", rows)
        self.state("s", ("t",))
        from_data, from_state = ([json.loads(x) for x in text.splitlines()][-1]["records"]
                                 for text in (self.bytes("s.jsonl").decode(), self.report("s")))
        self.assertEqual([(x["dataset"], x["row"]) for x in from_data], [("t", 0), ("t", 1)])
        self.assertEqual([(x["dataset"], x["row"]) for x in from_state], [(None, None)] * 2)
        self.assertEqual([x["log_odds"] for x in from_state], [x["log_odds"] for x in from_data])

    def test_priors(self):
        header = "entity,source,id,type,time,log_odds,weight,p"
        rows = [(1, "a", 1, "k", 1, 2, 1, 0.25), (1, "a", 2, "k", 1, 2, 2, 0.25), (2, "a", 1, "k", 1, 2, 1, 0.5),
                (2, "b", 1, "k", 1, 2, 1, 0.5), (3, "a", 1, "k", 1, 2, 1, 0.5), (3, "a", 2, "k", 1, 2, 1, 0.25)]
        self.parts = {"t": rows}
        self.table("t", rows, header)
        gone = {(1, "a", 1), (2, "b", 1)}  # of entity 1 a refused row is left, which says no prior
        self.table("t-rest", [row for row in rows if row[:3] not in gone], header)
        for name in ("t", "t-rest"):
            where = ("--prior-column", "p", "--where", "entity < 3")
            self.state(f"s-{name}", (name,), *where)
        self.write("list.csv", "entity,source,id\n1,a,1\n2,b,1\n")
        self.trawl("merge", "s-t", "--retract", "list.csv", "--out", "m")
        self.assert_same_sums("m", "s-t-rest")
        self.table("u", rows[4:5], header)
        self.table("v", rows[5:], header)
        for name in "uv":
            self.state(name + "1", (name,), "--prior-column", "p")
        self.trawl("merge", "u1", "v1", "--out", "uv")
        self.write("list.csv", "entity,source,id\n3,a,1\n")
        run = self.trawl("merge", "uv", "--retract", "list.csv", "--out", "n", code=BAD_INPUT)
        self.assertIn("several priors", run.stderr)
        self.assertIn("Retract it in the states that this one was merged from", run.stderr)
        self.trawl("merge", "u1", "v1", "--retract", "list.csv", "--out", "n")  # here it is known which it was
        self.assertEqual(json.loads(self.report("n"))["prior_log_odds"], json.loads(self.report("v1"))["prior_log_odds"])

    def test_mistakes(self):
        self.table("t", [(1, "7", 1, "k", 1, 2, 1), (1, "a", 1, "k", 1, 2, 1), (2, "a", 1, "k", 1, 2, 1)])
        self.state("s", "t")
        self.state("c", "t", "--state-without-ids")
        self.trawl("stats", "t", "--features", "weight", "--state", "st")
        for state, name, text, words in (
                ("s", "x.csv", "entity,source,id\n1,b,1\n", "no such evidence"),
                ("s", "x.csv", "entity,source,id\n1,7,1\n", '7 and "7"'),
                ("s", "x.csv", "entity,source\n1,a\n", "no column 'id'"),
                ("s", "x.csv", "entity,source,id\n1,a,1\n1,a,1\n", "line 3: the same"),
                ("s", "x.csv", "entity,source,id\n1,a\n", "2 fields"),
                ("s", "x.csv", "entity,source,id,log_odds\n1,a,1,2\n", "log_odds"),
                ("s", "x.csv", "entity,source,id\n", "no evidence"),
                ("s", "x.csv", 'entity,source,id\n1,"a,1\n', "not closed"),
                ("s", "x.csv", 'entity,source,id\n1,,1\n', "no source"),
                ("s", "x.jsonl", '{"entity":1,"source":"a"}', "'id'"),
                ("s", "x.jsonl", '{"entity":1,"source":"a","id":1.5}', "line 1"),
                ("s", "x.jsonl", '{"entity":1,"source":"a","id":1', "no JSON"),
                ("s", "x.txt", "", ".csv"),
                ("c", "x.csv", "entity,source,id\n1,a,1\n", "ids"),
                ("st", "x.csv", "entity,source,id\n1,a,1\n", "statistics")):
            self.write(name, text)
            run = self.trawl("merge", state, "--retract", name, "--out", "m", code=BAD_INPUT)
            self.assertIn(words, run.stderr)
            self.assertFalse((self.folder / "m").exists())
        self.write("x.csv", 'entity,source,id\n1,"7",1\n')
        self.trawl("merge", "s", "--retract", "x.csv", "--out", "m")
        self.assertIn("before", self.trawl("merge", "m", "--retract", "x.csv", "--out", "n", code=BAD_INPUT).stderr)


if __name__ == "__main__":
    harness.main()
