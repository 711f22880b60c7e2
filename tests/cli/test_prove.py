"""Proofs that an entity is counted, or is not there: made from states of any ranks and merges, checked without them."""

import json
import random
import re
import shlex

import forgery
import h5py
import harness
import proof_reader
from harness import BAD_INPUT, CHECK_FAILED, INCOMPLETE, CliTest

GROUPED = ("--features", "amount,noise", "--group-by", "agent")
PLACED = (*GROUPED, "--levels", "region")


class ProveTest(CliTest):
    def rows(self, rows, agents=200):
        rng = random.Random(7)
        return [(rng.randrange(agents), rng.choice(("r0", "r1")), rng.randrange(-99, 100) / 4, rng.randrange(9))
                for _ in range(rows)]

    def table(self, name, rows):
        self.write(f"{name}.csv", "agent,region,amount,noise\n" + "".join(f"{a},{r},{x},{y}\n" for a, r, x, y in rows))
        self.trawl("ingest", f"{name}.csv", "--row-group-rows", 128, "--out", name)
        (self.folder / f"{name}.csv").unlink()

    def state(self, name, inputs, options, **kw):
        """Its root, as the run says it."""
        report = self.trawl("stats", *inputs, *options, "--state", name, "--json", **kw).json()
        return report["entities_root"]

    def prove(self, state, out, *options, **kw):
        return self.trawl("prove", state, *options, "--out", out, "--json", **kw)

    def check(self, proof, root, *options, **kw):
        return self.trawl("check-proof", proof, "--root", root, *options, "--json", **kw)


class Format(ProveTest):
    def test_another_reader_comes_to_the_same_root(self):
        rng = random.Random(3)
        rows = [(rng.randrange(90), "r0", repr(rng.gauss(0, 1) * 2.0 ** rng.randrange(-9, 9)), rng.choice((0, 0, 0, -4)))
                for _ in range(2000)]
        self.table("a", rows)
        root = self.state("s", ("a",), GROUPED)
        forms = set()
        for agent in range(0, 90, 7):
            self.prove("s", f"p{agent}", "--entity", agent)
            got = proof_reader.read((self.folder / f"p{agent}").read_bytes())
            self.assertEqual(got[0], root)
            self.assertEqual(int.from_bytes(got[3][3:11], "little"), len(rows))
            forms.update(got[4])
        self.assertEqual(forms, {2, 3})

    def test_a_proof_of_another_version_is_named(self):
        self.table("a", self.rows(300))
        root = self.state("s", ("a",), GROUPED)
        self.prove("s", "p", "--entity", 3)
        old = (self.folder / "p").read_bytes().replace(b"trawl proof 3", b"trawl proof 2")
        (self.folder / "old").write_bytes(old)
        run = self.trawl("check-proof", "old", "--root", root, code=CHECK_FAILED)
        self.assertIn("a proof of another version: this program reads 'trawl proof 3'", str(run))


class Roots(ProveTest):
    def test_any_ranks_merges_and_where_it_stands(self):
        rows = self.rows(1500)
        self.table("a", rows[:800])
        self.table("b", rows[800:])
        for options in (PLACED, GROUPED, (*GROUPED, "--fixed-point", "2^-20"), ("--features", "noise"),
                        ("--features", "noise", "--levels", "region"), (*GROUPED, "--where", "amount > 1000")):
            with self.subTest(options=options):
                root = self.state("s", ("a", "b"), (*options, "--overwrite"))
                for ranks in (1, 2, 3, 4, 7, 8) if options == PLACED else (3,):
                    got = self.state(f"s{ranks}", ("b", "a"), (*options, "--overwrite", "--run-dir", "run"), ranks=ranks)
                    self.assertEqual(got, root, ranks)
                    certificate = json.loads((self.folder / "run/certificate.json").read_text())
                    self.assertEqual(certificate["counts"]["entities_root"], root)
                    self.assertEqual((self.folder / f"s{ranks}").read_bytes(), (self.folder / "s").read_bytes())
                parts = {self.state(f"s-{name}", (name,), (*options, "--overwrite")) for name in "ab"}
                if "--where" not in options:  # of nobody: all the same
                    self.assertEqual(len(parts | {root}), 3)
                merge = self.trawl("merge", "s-b", "s-a", "--out", "m", "--overwrite", "--json").json()
                self.assertEqual(merge["entities_root"], root)
                with h5py.File(self.folder / "s") as f:
                    section = f["sections/root"][:].tobytes()
                self.assertEqual(section[8:].hex(), root)

    def test_verify_makes_it_again(self):
        self.table("a", self.rows(300))
        for options in (PLACED, (*GROUPED, "--fixed-point", "2^-20", "--where", "amount > 1000"), ("--features", "noise")):
            with self.subTest(options=options):
                self.state("s", ("a",), (*options, "--overwrite", "--run-dir", "run"))
                self.trawl("verify", "run", "--rescan", 1, ranks=3)
                run = self.folder / "run"
                lines = (run / "stats.jsonl").read_text()
                root = json.loads((run / "certificate.json").read_text())["counts"]["entities_root"]
                forgery.reseal(run, "stats.jsonl", lines, lambda body: body["counts"].update(entities_root="0" * 64))
                record = run / "run_record.json"
                record.write_text(record.read_text().replace(root, "0" * 64))
                self.trawl("verify", "run")  # nothing says so but the data
                again = self.trawl("verify", "run", "--rescan", 1, code=CHECK_FAILED)
                self.assertIn("entities_root", again.stdout)

    def test_other_questions_have_other_roots(self):
        self.table("a", self.rows(300))
        roots = {self.state(f"s{n}", ("a",), options) for n, options in enumerate((
            GROUPED, PLACED, ("--features", "amount", "--group-by", "agent"), (*GROUPED, "--fixed-point", "2^-20"),
            (*GROUPED, "--where", "amount > -1000")))}
        self.assertEqual(len(roots), 5)

    def test_a_run_without_a_state_has_none(self):
        self.table("a", self.rows(100))
        self.assertNotIn("entities_root", self.trawl("stats", "a", *GROUPED, "--json").json())


class Counted(ProveTest):
    def test_every_entity(self):
        rows = self.rows(800, agents=12)
        self.table("a", rows)
        root = self.state("s", ("a",), GROUPED, ranks=3)
        for agent in range(12):
            own = [row for row in rows if row[0] == agent]
            report = self.prove("s", f"p{agent}", "--entity", agent).json()
            self.assertEqual(report["root"], root)
            checked = self.check(f"p{agent}", root).json()
            self.assertEqual((checked["status"], checked["proves"], checked["leaves"]), ("holds", "counted", 12))
            self.assertEqual(checked["entity"], agent)
            for part, of in (("own", own), ("total", rows)):
                self.assertEqual(checked[part]["records"], len(of))
                self.assertEqual(checked[part]["mean"]["amount"], sum(r[2] for r in of) / len(of))
                self.assertEqual(checked[part]["mean"]["noise"], sum(r[3] for r in of) / len(of))
        text = self.trawl("check-proof", "p3", "--root", root.upper(), "--entity", 3, ranks=2).stdout
        self.assertIn("entity 3 is counted, once, in the published totals", text)
        self.assertIn("mean amount", text)
        run = self.check("p3", root, "--entity", 4, code=CHECK_FAILED)
        self.assertIn("about entity 3, not entity 4", run.json()["problem"])

    def test_places(self):
        self.write("c.csv", 'agent,region,zone,amount\n1,r0,x,1\n1,r1,x,2\n2,r1,"y,y",4\n')
        self.trawl("ingest", "c.csv", "--out", "c")
        root = self.state("s", ("c",), ("--features", "amount", "--group-by", "agent", "--levels", "region,zone"))
        run = self.prove("s", "p", "--entity", 1, code=BAD_INPUT)
        self.assertIn("2 places", run.stderr)
        self.assertIn("entity 1 at r0/x", run.stderr)
        self.prove("s", "p", "--entity", 1, "--path", "r1,x")
        self.assertEqual(self.check("p", root).json()["path"], ["r1", "x"])
        self.check("p", root, "--entity", 1)
        self.check("p", root, "--entity", 1, "--path", "r0,x", code=CHECK_FAILED)
        self.prove("s", "q", "--entity", 2)
        self.assertEqual(self.check("q", root, "--entity", 2, "--path", "r1", "--path", "y,y").json()["path"], ["r1", "y,y"])
        self.prove("s", "r", "--entity", 2, "--path", "r1,y", "--absent")
        self.check("r", root, "--entity", 2, "--path", "r1,y")
        self.check("r", root, "--entity", 2, code=CHECK_FAILED)
        self.assertIn("2 levels", self.prove("s", "t", "--entity", 1, "--path", "x,y,z", code=BAD_INPUT).stderr)

    def test_without_entities(self):
        self.table("a", self.rows(100))
        root = self.state("s", ("a",), ("--features", "amount"))
        self.prove("s", "p")
        checked = self.check("p", root).json()
        self.assertEqual(checked["own"], checked["total"])
        self.assertIn("no entities", self.prove("s", "q", "--entity", 1, code=BAD_INPUT).stderr)
        root = self.state("t", ("a",), ("--features", "amount", "--levels", "region"))
        self.prove("t", "q", "--path", "r1")
        self.assertEqual(self.check("q", root).json()["path"], ["r1"])
        self.assertIn("--path", self.prove("t", "r", code=BAD_INPUT).stderr)

    def test_texts(self):
        self.write("t.csv", "who,x\nA,1\n7é,2\n007,3\n")
        self.trawl("ingest", "t.csv", "--out", "t")
        root = self.state("s", ("t",), ("--features", "x", "--group-by", "who"))
        for n, who in enumerate(("A", "7é", "007")):
            self.prove("s", f"p{n}", "--entity", who)
            self.assertEqual(self.check(f"p{n}", root).json()["entity"], who)
        self.assertIn("--text", self.prove("s", "q", "--entity", "7", code=BAD_INPUT).stderr)
        self.prove("s", "q", "--entity", "7", "--text", "--absent")
        self.check("q", root, "--entity", "7", "--text")


class Page(ProveTest):
    def test_the_example_of_docs_proofs(self):
        text = (harness.SOURCE_DIR / "docs/proofs.md").read_text()
        commands = [shlex.split(line) for line in re.search(r"```sh\n(.*?)```", text, re.DOTALL)[1].splitlines()]
        shown = re.search(r"```text\n(.*?)```", text, re.DOTALL)[1]
        root = re.search("root ([0-9a-f]{64})", shown)[1]
        for command in commands:
            self.assertEqual(command[0], "trawl")
            run = self.trawl(*(root if word == "ROOT" else word for word in command[1:]))
        self.assertEqual(run.stdout, shown)


class Inspected(ProveTest):
    def test_states_beside_datasets(self):
        self.table("a", self.rows(300))
        root = self.state("s", ("a",), PLACED)
        for ranks in (0, 3):
            report = self.trawl("inspect", "s", "a", "--json", ranks=ranks).json()
            self.assertEqual(len(report["datasets"]), 1)
            [state] = report["states"]
            self.assertEqual((state["root"], state["kind"]), (root, "stats"))
            self.assertEqual(state["configuration"]["features"], ["amount", "noise"])
            self.assertEqual(state["covered"], {"datasets": 1, "row_groups": 3})
            self.assertIn(root, self.trawl("inspect", "s", ranks=ranks).stdout)
        bad = bytearray((self.folder / "s").read_bytes())
        bad[100] ^= 1
        self.write("bad", bytes(bad))
        self.assertEqual(self.trawl("inspect", "bad", "--json", code=INCOMPLETE).json()["failed"][0]["dataset"], "bad")


class Absent(ProveTest):
    def test_of_everybody_who_is_not_there(self):
        rows = [row for row in self.rows(900, agents=40) if row[0] % 3]
        self.table("a", rows)
        there = {row[0] for row in rows}
        root = self.state("s", ("a",), PLACED, ranks=2)
        for agent in range(-5, 45):
            run = self.prove("s", f"p{agent}", f"--entity={agent}", "--absent", code=BAD_INPUT if agent in there else 0)
            if agent in there:
                self.assertIn("cannot be proved", run.stderr)
                continue
            self.assertEqual(self.prove("s", "x", f"--entity={agent}", code=BAD_INPUT).stdout, "")
            checked = self.check(f"p{agent}", root, f"--entity={agent}").json()
            self.assertEqual((checked["proves"], checked["entity"]), ("absent", agent))
        for agent in there:
            self.check("p0", root, "--entity", agent, code=CHECK_FAILED)
        self.assertIn("name whom", self.check("p0", root, code=BAD_INPUT).stderr)

    def test_of_an_empty_state(self):
        self.table("a", self.rows(50))
        root = self.state("s", ("a",), (*GROUPED, "--where", "amount > 1000"))
        self.prove("s", "p", "--entity", 1, "--absent")
        self.check("p", root, "--entity", 1)
        self.check("p", "00" * 32, "--entity", 1, code=CHECK_FAILED)


class Mistakes(ProveTest):
    def test_every_changed_bit_of_a_proof(self):
        self.table("a", self.rows(60, agents=5))
        root = self.state("s", ("a",), ("--features", "noise", "--group-by", "agent", "--fixed-point", "2^0"))
        self.prove("s", "p", "--entity", 2)
        good = (self.folder / "p").read_bytes()
        rng = random.Random(3)
        for bit in rng.sample(range(8 * len(good)), 60):
            bad = bytearray(good)
            bad[bit // 8] ^= 1 << bit % 8
            self.write("bad", bytes(bad))
            run = self.check("bad", root, code=CHECK_FAILED)
            self.assertEqual(run.json()["status"], "failed")
            self.assertTrue(run.json()["problem"].startswith("wrong proof"), run.stdout)
        for part in (b"", good[:-1], good + b"x"):
            self.write("bad", part)
            self.check("bad", root, code=CHECK_FAILED)
        run = self.trawl("check-proof", "p", "--root", "11" * 32, code=CHECK_FAILED)
        self.assertIn(root, run.stdout)

    def test_options(self):
        self.table("a", self.rows(60, agents=5))
        root = self.state("s", ("a",), GROUPED)
        self.prove("s", "p", "--entity", 2)
        self.assertIn("exists", self.prove("s", "p", "--entity", 2, code=BAD_INPUT).stderr)
        self.prove("s", "p", "--entity", 2, "--overwrite")
        self.assertIn("--entity", self.prove("s", "q", code=BAD_INPUT).stderr)
        self.assertIn("no such file", self.prove("none", "q", "--entity", 2, code=BAD_INPUT).stderr)
        self.assertIn("--root", self.check("p", root[1:], code=BAD_INPUT).stderr)
        self.assertIn("--root", self.check("p", "g" + root[1:], code=BAD_INPUT).stderr)
        self.trawl("check-proof", "none", "--root", root, code=BAD_INPUT)
        self.write("junk", "junk")
        self.prove("junk", "q", "--entity", 2, code=INCOMPLETE)
        self.assertFalse((self.folder / "q").exists())

    def test_damaged_states(self):
        self.table("a", self.rows(60, agents=5))
        self.state("s", ("a",), GROUPED)
        good = (self.folder / "s").read_bytes()
        with h5py.File(self.folder / "s") as f:
            for name in ("entities", "root"):
                place = good.index(f[f"sections/{name}"][:].tobytes()) + 20
                self.write("bad", good[:place] + bytes((good[place] ^ 1,)) + good[place + 1:])
                self.assertIn("bad", self.prove("bad", "p", "--entity", 2, code=INCOMPLETE).stderr)


if __name__ == "__main__":
    harness.main()
