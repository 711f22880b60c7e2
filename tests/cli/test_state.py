"""State files: the same bytes from any ranks, cuts and merges; nothing counts twice; reports without data."""

import hashlib
import itertools
import json
import random
import shutil

import h5py
import harness
from harness import BAD_INPUT, INCOMPLETE, CliTest

RANKS = (1, 2, 3, 4, 7, 8)


class StateTest(CliTest):
    OPTIONS = (
        ("--features", "amount,noise"),
        ("--features", "amount", "--levels", "region"),
        ("--features", "amount,noise", "--group-by", "agent", "--levels", "region"),
        ("--features", "noise,amount", "--group-by", "agent"),
        ("--features", "noise", "--group-by", "agent", "--fixed-point", "2^-20", "--where", "amount > 0"),
    )
    GROUPED = ("--features", "amount,noise", "--group-by", "agent", "--levels", "region")

    def tables(self, names="abc", rows=1500):
        """Three datasets, in whose union agents occur several times; with NULLs."""
        rng = random.Random(1)
        for name in names:
            lines = []
            for _ in range(rows):
                amount = "" if rng.randrange(50) == 0 else repr(rng.gauss(0, 1) * 10 ** rng.randrange(-12, 13))
                lines.append(f"{rng.randrange(300)},{rng.choice(('r0', 'r1', 'r1', ''))},{amount},{rng.gauss(0, 1)!r}\n")
            self.write(f"{name}.csv", "agent,region,amount,noise\n" + "".join(lines))
            self.trawl("ingest", f"{name}.csv", "--row-group-rows", 128, "--out", name)
            (self.folder / f"{name}/{name}.h5").rename(self.folder / f"{name}.h5")
            shutil.rmtree(self.folder / name)

    def state(self, name, inputs, *options, **kw):
        self.trawl("stats", *inputs, *options, "--state", name, "--format", "jsonl", "--out", f"{name}.jsonl", **kw)

    def bytes(self, name):
        return (self.folder / name).read_bytes()

    def assert_same(self, *names):
        digests = {hashlib.sha256(self.bytes(name)).hexdigest() for name in names}
        self.assertEqual(len(digests), 1, names)


class Bytes(StateTest):
    def test_any_ranks_cuts_and_merges(self):
        self.tables()
        for number, options in enumerate(self.OPTIONS):
            with self.subTest(options=options):
                name = f"all{number}"
                self.state(name, ("a.h5", "b.h5", "c.h5"), *options)
                some = RANKS if options == self.GROUPED else (3, 8)
                for ranks in some:
                    self.state(f"{name}-{ranks}", ("a.h5", "b.h5", "c.h5"), *options, "--threads", 1 + ranks % 2,
                               ranks=ranks)
                self.assert_same(name, *(f"{name}-{ranks}" for ranks in some))
                for n, part in enumerate("abc"):
                    self.state(f"{part}{number}", (f"{part}.h5",), *options, ranks=(0, 2, 3)[n])
                merged = []
                for order in itertools.permutations(f"{part}{number}" for part in "abc"):
                    merged.append("-".join(order))
                    self.trawl("merge", *order, "--out", merged[-1])
                x, y, z = (f"{part}{number}" for part in "abc")
                self.trawl("merge", z, x, "--out", f"zx{number}", ranks=3)
                self.trawl("merge", y, f"zx{number}", "--out", f"y-zx{number}")
                self.assert_same(name, *merged, f"y-zx{number}")
                for ranks, states in ((0, (name,)), (0, (y, f"zx{number}")), (2, (z, x, y)), (7, (y, z, x))):
                    given = [word for state in states for word in ("--from-state", state)]
                    run = self.trawl("stats", *given, "--format", "jsonl", ranks=ranks)
                    self.assertEqual(run.stdout.encode(), self.bytes(f"{name}.jsonl"))

    def test_datasets_that_are_named_or_split_differently(self):
        self.tables()
        self.state("all", ("a.h5", "b.h5", "c.h5"), *self.GROUPED)
        for name in "abc":
            (self.folder / f"{name}.h5").rename(self.folder / f"moved-{name}{name}.h5")
        self.state("moved", ("moved-*.h5",), *self.GROUPED, ranks=2)
        self.assert_same("all", "moved")

    def test_pruning_makes_no_difference(self):
        self.write("t.csv", "k,x\n" + "".join(f"{i},{i % 7}\n" for i in range(2000)))
        self.trawl("ingest", "t.csv", "--row-group-rows", 100, "--out", "t")
        options = ("--features", "x", "--where", "k < 250")
        self.state("pruned", ("t",), *options)
        self.state("scanned", ("t",), *options, "--no-zone-maps", "--no-index")
        self.assert_same("pruned", "scanned")

    def test_what_reports_depend_on_is_free(self):
        self.tables("a")
        options = ("--features", "amount,noise", "--group-by", "agent")
        self.state("a", ("a.h5",), *options)
        report = ("--confidence", 0.5, "--fanout", 3, "--correlate")
        self.state("b", ("a.h5",), *options, *report)
        self.assert_same("a", "b")
        run = self.trawl("stats", "--from-state", "a", *report, "--format", "jsonl")
        self.assertEqual(run.stdout.encode(), self.bytes("b.jsonl"))

    def test_generated(self):
        source = "gen:transactions?datasets=3&rows=3000&seed=42&row_group_rows=512"
        options = ("--features", "amount", "--group-by", "user_id", "--levels", "country")
        self.state("all", (source,), *options)
        self.trawl("merge", "all", "--out", "same")
        self.assert_same("all", "same")
        run = self.trawl("stats", "--from-state", "all", "--format", "jsonl", ranks=4)
        self.assertEqual(run.stdout.encode(), self.bytes("all.jsonl"))


class Report(StateTest):
    def test_json_and_formats(self):
        self.tables()
        whole = self.trawl("stats", "a.h5", "b.h5", *self.GROUPED, "--json", "--state", "ab").json()
        for name in "ab":
            self.state(name, (f"{name}.h5",), *self.GROUPED)
        report = self.trawl("stats", "--from-state", "b", "--from-state", "a", "--json", ranks=2).json()
        for member in ("result_digest", "records", "refused", "without_key", "refusals", "nodes", "entities",
                       "split_entities", "rows", "matches"):
            self.assertEqual(report[member], whole[member], member)
        self.assertEqual(report["covered"], {"datasets": 2, "row_groups": 24})
        self.assertEqual(report["states"], 2)
        merge = self.trawl("merge", "b", "a", "--out", "m", "--json").json()
        self.assertEqual(merge["covered"], report["covered"])
        self.assertEqual(sorted(s["state"] for s in merge["merged"]), ["a", "b"])
        self.assertEqual((merge["entities"], merge["rows"]), (report["entities"], report["rows"]))
        self.assertEqual(merge["digest"], whole["state"]["digest"])
        want = self.trawl("stats", "a.h5", "b.h5", *self.GROUPED, "--format", "csv").stdout
        self.assertEqual(self.trawl("stats", "--from-state", "m", "--format", "csv").stdout, want)

    def test_anomalies(self):
        self.tables()
        options = ("--features", "amount,noise", "--group-by", "agent")
        judge = ("--fdr", 0.3, "--fdr-method", "bh")
        self.state("all", ("a.h5", "b.h5", "c.h5"), *options, *judge)
        run = self.trawl("stats", "--from-state", "all", *judge, "--format", "jsonl", ranks=2)
        self.assertEqual(run.stdout.encode(), self.bytes("all.jsonl"))
        self.state("none", ("a.h5",), "--features", "amount")
        run = self.trawl("stats", "--from-state", "none", *judge, code=BAD_INPUT)
        self.assertIn("no entities", run.stderr)

    def test_a_run_with_a_state_is_replayed_and_verified(self):
        self.tables("a")
        self.trawl("stats", "a.h5", *self.GROUPED, "--state", "s", "--run-dir", "run")
        before = self.bytes("s")
        self.assertEqual(self.trawl("replay", "run", "--out", "again", "--json").json()["status"], "same")
        self.trawl("verify", "run")
        self.assertEqual(self.bytes("s"), before)

    def test_python_reads_the_summary(self):
        self.tables()
        self.state("all", ("a.h5", "b.h5", "c.h5"), *self.GROUPED, ranks=3)
        lines = [json.loads(line) for line in self.bytes("all.jsonl").splitlines()]
        want = {(n["entity"], n["path"][0]): (n["records"], [f["mean"] for f in n["features"]])
                for n in lines if "entity" in n}
        with h5py.File(self.folder / "all") as f:
            columns = [f["summary"][name][:] for name in ("entity", "level_region", "records", "mean_amount", "mean_noise")]
            configuration = json.loads(json.loads(f["header"][()])["configuration"])
        self.assertEqual(configuration["features"], ["amount", "noise"])
        got = {(int(e), level.decode()): (n, [a, b]) for e, level, n, a, b in zip(*columns)}
        self.assertEqual(len(columns[0]), len(want))
        for key, (records, means) in want.items():
            self.assertEqual(got[key][0], records)
            self.assertEqual([m if m is not None else "nan" for m in means],
                             ["nan" if m != m else m for m in got[key][1]])


class Twice(StateTest):
    """Nothing counts twice."""

    def test_the_same_data_in_two_states(self):
        self.tables()
        self.state("ab", ("a.h5", "b.h5"), *self.GROUPED)
        self.state("b", ("b.h5",), *self.GROUPED)
        self.state("bc", ("b.h5", "c.h5"), *self.GROUPED)
        self.state("again", ("a.h5", "b.h5"), *self.GROUPED, ranks=2)
        for other in ("b", "bc", "again"):
            for ranks in (0, 3):
                run = self.trawl("merge", "ab", other, "--out", "m", code=BAD_INPUT, ranks=ranks)
                self.assertIn("count twice", run.stderr)
                self.assertIn(f"{other}", run.stderr)
                run = self.trawl("stats", "--from-state", other, "--from-state", "ab", code=BAD_INPUT, ranks=ranks)
                self.assertIn("count twice", run.stderr)
        self.assertFalse((self.folder / "m").exists())
        # On request, what is covered wholly is left out; never what is covered in part.
        for n, others in enumerate((("b",), ("again",), ("again", "b", "ab"))):
            report = self.trawl("merge", *others, "ab", "--out", f"m{n}", "--ignore-covered", "--json").json()
            self.assertEqual(len(report["skipped"]), len(others))
            self.assert_same("ab", f"m{n}")
        run = self.trawl("merge", "ab", "bc", "--out", "m", "--ignore-covered", code=BAD_INPUT)
        self.assertIn("a part of the former", run.stderr)

    def test_the_same_data_twice_in_one_job(self):
        self.tables("ab")
        shutil.copy(self.folder / "a.h5", self.folder / "copy.h5")
        for ranks in (0, 2):
            run = self.trawl("stats", "a.h5", "b.h5", "copy.h5", *self.GROUPED, "--state", "s", code=BAD_INPUT,
                             ranks=ranks)
            self.assertIn("'a' and 'copy'", run.stderr)
            self.assertFalse((self.folder / "s").exists())
        run = self.trawl("stats", "a.h5", "b.h5", "copy.h5", *self.GROUPED, "--json")
        self.assertEqual(run.json()["same_data"], [["a", "copy"]])
        self.assertIn("count twice: 'a' and 'copy'", run.stderr)

    def test_empty_datasets_are_no_data(self):
        self.tables("a")
        with h5py.File(self.folder / "e.h5", "w") as f:
            f["amount"] = [0.5] * 0
        shutil.copy(self.folder / "e.h5", self.folder / "f.h5")
        with h5py.File(self.folder / "g.h5", "w") as f:
            f["amount"] = [0.5, 1.5]
        self.state("s", ("e.h5", "f.h5", "g.h5"), "--features", "amount")
        self.state("g", ("g.h5",), "--features", "amount")
        self.assert_same("s", "g")

    def test_data_that_failed_are_not_covered(self):
        self.tables()
        data = self.bytes("b.h5")
        self.write("b.h5", data[: len(data) // 2])
        self.state("ac", ("a.h5", "b.h5", "c.h5"), *self.GROUPED, code=INCOMPLETE)
        self.write("b.h5", data)
        self.state("b", ("b.h5",), *self.GROUPED)
        self.trawl("merge", "ac", "b", "--out", "m")
        self.state("all", ("a.h5", "b.h5", "c.h5"), *self.GROUPED)
        self.assert_same("all", "m")


class Mistakes(StateTest):
    def test_damage(self):
        self.tables("ab")
        self.state("a", ("a.h5",), *self.GROUPED)
        self.state("b", ("b.h5",), *self.GROUPED)
        good = self.bytes("a")
        with h5py.File(self.folder / "a") as f:
            parts = [f["sections/entities"][:].tobytes(), f["sections/counts"][:].tobytes(), f["header"][()]]
        places = [100, *(good.index(part) + 20 for part in parts)]
        for place in places:
            self.write("bad", good[:place] + bytes((good[place] ^ 1,)) + good[place + 1:])
            for ranks in (0, 2):
                with self.subTest(place=place, ranks=ranks):
                    run = self.trawl("merge", "bad", "b", "--out", "m", code=INCOMPLETE, ranks=ranks)
                    self.assertIn("bad", run.stderr)
                    self.assertFalse((self.folder / "m").exists())
                    self.trawl("stats", "--from-state", "bad", code=INCOMPLETE, ranks=ranks)
        self.write("bad", good[:-100])
        self.trawl("merge", "bad", "b", "--out", "m", code=INCOMPLETE)

    def test_states_that_do_not_go_together(self):
        self.tables("ab")
        self.state("a", ("a.h5",), "--features", "amount", "--where", "noise > 0")
        for options, words in ((("--features", "noise"), "features"),
                               (("--features", "amount"), "predicate"),
                               (("--features", "amount", "--where", "noise > 0", "--group-by", "agent"), "group_by"),
                               (("--features", "amount", "--where", "noise > 0", "--fixed-point", "2^-9"), "fixed_point")):
            self.state("b", ("b.h5",), *options, "--overwrite")
            run = self.trawl("merge", "a", "b", "--out", "m", code=BAD_INPUT)
            self.assertIn("different configurations", run.stderr)
            self.assertIn(words, run.stderr)

    def test_watch_lists_are_known_by_their_keys(self):
        self.tables("ab")
        options = ("--features", "amount", "--where", "agent IN FILE 'list.txt'")
        self.write("list.txt", "1\n2\n3\n")
        self.state("a", ("a.h5",), *options)
        self.write("list.txt", "3\n2\n1\n2\n")
        self.state("b", ("b.h5",), *options)
        self.trawl("merge", "a", "b", "--out", "m")
        self.write("list.txt", "1\n2\n4\n")
        self.state("b", ("b.h5",), *options, "--overwrite")
        run = self.trawl("merge", "a", "b", "--out", "m2", code=BAD_INPUT)
        self.assertIn("key_lists", run.stderr)

    def test_options(self):
        self.tables("a")
        self.state("s", ("a.h5",), *self.GROUPED)
        for given in (("a.h5",), ("--features", "amount"), ("--where", "noise > 0"), ("--group-by", "agent"),
                      ("--levels", "region"), ("--table", "/t"), ("--fixed-point", "1"), ("--state", "t"),
                      ("--no-zone-maps",), ("--run-dir", "r")):
            run = self.trawl("stats", "--from-state", "s", *given, code=BAD_INPUT)
            self.assertIn("--from-state", run.stderr)
        run = self.trawl("stats", "a.h5", *self.GROUPED, "--state", "x", "--out", "x", code=BAD_INPUT)
        self.assertIn("the same file", run.stderr)
        self.trawl("stats", "--features", "amount", code=BAD_INPUT)
        self.trawl("stats", "a.h5", code=BAD_INPUT)
        self.trawl("stats", "--from-state", "missing", code=BAD_INPUT)
        self.trawl("merge", "missing", "--out", "m", code=BAD_INPUT)
        self.assertIn("a.h5", self.trawl("stats", "--from-state", "a.h5", code=INCOMPLETE).stderr)

    def test_nothing_is_overwritten_unasked(self):
        self.tables("a")
        self.state("s", ("a.h5",), *self.GROUPED)
        self.write("mine", "mine")
        self.trawl("stats", "a.h5", *self.GROUPED, "--state", "mine", code=BAD_INPUT)
        self.trawl("merge", "s", "--out", "mine", code=BAD_INPUT)
        self.assertEqual(self.bytes("mine"), b"mine")
        self.trawl("merge", "s", "--out", "mine", "--overwrite")
        self.trawl("merge", "mine", "--out", "mine", "--overwrite")
        self.assert_same("s", "mine")
        self.trawl("stats", "a.h5", *self.GROUPED, "--state", "mine", "--overwrite")
        self.assertEqual([n for n in self.names() if "partial" in n], [])


if __name__ == "__main__":
    harness.main()
