"""trawl verify: what evidence cannot claim, however well its digests fit."""

import json

import forgery
import harness
from evidence_support import EvidenceTest
from harness import CHECK_FAILED


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


class ForgedRoot(EvidenceTest):
    """What proofs lead to stands in the certificate: nobody may put another root there."""

    def run_with_state(self, rows, name, *more):
        self.table(name, rows)
        self.trawl("evidence", name, "--state", f"{name}.state", "--run-dir", f"{name}.run", *more)
        run = self.folder / f"{name}.run"
        return run, json.loads((run / "certificate.json").read_text())["counts"]["entities_root"]

    def forge(self, run, root, counts=None):
        """Everything agrees with another root, or with other counts."""
        record = run / "run_record.json"
        counts = counts or {**json.loads(record.read_text())["counts"], "entities_root": root}
        forgery.reseal(run, "evidence.jsonl", (run / "evidence.jsonl").read_text(),
                       lambda body: body.update(counts=counts))
        record.write_text(json.dumps({**json.loads(record.read_text()), "counts": counts}))

    def problems(self, run, *more, **kw):
        return self.trawl("verify", run.name, "--json", *more, code=CHECK_FAILED, **kw).json()["problems"]

    def restoring(self, run):
        honest = {p: p.read_bytes() for p in run.iterdir() if p.is_file()}
        def restore():
            for path, data in honest.items():
                path.write_bytes(data)
        return restore

    def test_the_data_say_which_root(self):
        rows = self.random_rows(7, 300)
        run, root = self.run_with_state(rows, "t")
        fewer = self.run_with_state(rows[:-1], "fewer")[1]
        clamped = self.run_with_state(rows, "clamped", "--max-log-odds", 1)[1]
        self.trawl("verify", "t.run", "--rescan", 1)
        restore = self.restoring(run)
        for other in (root[:-1] + "0123456789abcdef0"["0123456789abcdef".index(root[-1]) + 1],
                      format(int(root[0], 16) ^ 8, "x") + root[1:], fewer, clamped, "0" * 64):
            with self.subTest(root=other):
                self.assertNotEqual(other, root)
                self.forge(run, other)
                self.trawl("verify", "t.run")  # the lines agree with any
                for ranks in (0, 3):
                    self.assertEqual(self.problems(run, "--rescan", 1, ranks=ranks),
                                     ["the root of the entities' sums (entities_root) is not what the data says"])
                restore()
        self.trawl("verify", "t.run", "--rescan", 1)

    def test_a_changed_root_breaks_the_seal(self):
        run, root = self.run_with_state(self.random_rows(8, 100), "t")
        restore = self.restoring(run)
        for file in ("certificate.json", "run_record.json"):
            text = (run / file).read_text()
            self.assertEqual(text.count(root), 1)
            (run / file).write_text(text.replace(root, "0" * 64))
            self.assertTrue(any(file in problem for problem in self.problems(run)), file)
            restore()

    def test_what_is_no_root_is_found_without_data(self):
        run, root = self.run_with_state(self.random_rows(9, 100), "t")
        restore = self.restoring(run)
        for other in (root.upper(), root[:-1], root + "0", "g" + root[1:], "", 0, None, [root]):
            with self.subTest(root=other):
                self.forge(run, other)
                self.assertIn("is no root", " ".join(self.problems(run)))
                restore()

    def test_no_entities_have_one_root(self):
        rows = self.random_rows(10, 100)
        some = self.run_with_state(rows, "t")[1]
        run, root = self.run_with_state(rows, "none", "--where", "weight > 1")
        self.assertNotEqual(root, some)
        self.trawl("verify", "none.run", "--rescan", 1)
        self.forge(run, some)
        self.assertIn("there are no entities", " ".join(self.problems(run)))

    def test_a_root_with_other_counts_fits_neither(self):
        """Root and counts of a run over other data: the lines refute the counts, the data the root."""
        rows = self.random_rows(11, 300)
        run = self.run_with_state(rows, "t")[0]
        other = self.run_with_state(rows[:-1], "fewer")[0]
        counts = json.loads((other / "certificate.json").read_text())["counts"]
        self.forge(run, None, counts)
        self.assertIn("the certificate counts", " ".join(self.problems(run)))
        self.assertIn("entities_root", " ".join(self.problems(run, "--rescan", 1)))


if __name__ == "__main__":
    harness.main()
