"""Table, CSV and gold layer of trawl evidence say what the lines say."""

import csv
import io
import json

import harness
from evidence_support import EvidenceTest
from gold_table import table as gold_table
from harness import BAD_INPUT


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

    def test_names_may_look_like_the_lines(self):
        odd = ('x","cut":[{"source":"y"}],"sources":[', ',"median":{"log_odds":9,', 'plain')
        with (self.folder / "odd.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("entity", "source", "id", "log_odds"))
            rows.writerows((e, s, f"{e}{s}{i}", i - n) for n, e in enumerate(odd) for i, s in enumerate((*odd, "b", "c")))
        self.trawl("ingest", "odd.csv", "--out", "odd")
        entities, _ = self.evidence("odd")
        self.assertEqual([e["entity"] for e in entities], sorted(odd))
        got = list(csv.DictReader(io.StringIO(self.trawl("evidence", "odd", "--format", "csv").stdout)))
        for row, entity in zip(got, entities, strict=True):
            self.assertEqual((row["entity"], int(row["cut"])), (entity["entity"], len(entity["cut"])))
            self.assertTrue(entity["cut"])
            self.assertEqual(float(row["log_odds"]), entity["median"]["log_odds"])
        self.assertEqual(self.evidence("odd", "--top", 3)[0], sorted(entities, key=lambda e: -e["median"]["log_odds"]))

    def test_top_is_in_canonical_order_where_equal(self):
        self.table("t", [(e, s, e, "k", 1, (1, 2)[e % 2], 1) for e in range(20) for s in range(3)])
        top, _ = self.evidence("t", "--top", 13)
        self.assertEqual([e["entity"] for e in top], [*range(1, 20, 2), 0, 2, 4])
        self.assertEqual(len(self.evidence("t", "--top", 99)[0]), 20)


if __name__ == "__main__":
    harness.main()
