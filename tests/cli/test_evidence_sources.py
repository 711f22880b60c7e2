"""trawl evidence --sources: only registered sources vote, each with its votes."""

import hashlib
import json

import forgery
import harness
from evidence_support import EvidenceTest, assess
from harness import BAD_INPUT, CHECK_FAILED


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
                for name in ("median", "trimmed_mean", "plain", "low", "high"):
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


if __name__ == "__main__":
    harness.main()
