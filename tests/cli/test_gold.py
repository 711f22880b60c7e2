"""trawl stats --gold: datasets that hold what stats.jsonl holds."""

import json
import random

import h5py
import harness
import numpy
from gold_table import table
from harness import BAD_INPUT, CliTest

FEATURES = ("amount", "noise")
STATS = ("--features", "amount,noise", "--levels", "region,site", "--format", "jsonl")
JUDGED = ("--group-by", "agent", "--fdr", "0.05")


def number(value):
    return float(value["float"].replace("Infinity", "inf")) if isinstance(value, dict) else value


class GoldTest(CliTest):
    def data(self, rows=6000, text=False):
        rng = random.Random(5)
        agents = [(f"a{i:03}" if text else i, f"r{i % 3}", f"s{i % 2}", rng.gauss(10, 1)) for i in range(300)]
        lines = []
        for _ in range(rows):
            agent, region, site, level = rng.choice(agents)
            shift = 40 if str(agent).endswith("77") else 0
            lines.append(f"{agent},{region},{site},{level + shift + rng.gauss(0, 1)!r},{rng.gauss(0, 1)!r}\n")
        self.write("t.csv", "agent,region,site,amount,noise\n" + "".join(lines))
        self.trawl("ingest", "t.csv", "--out", "t", "--overwrite")

    def gold(self, *args, folder="gold", **kw):
        run = self.trawl("stats", "t", *args, "--gold", folder, **kw)
        return [json.loads(line) for line in run.stdout.splitlines()]

    def check_line(self, row, line):
        place = [row[name] for name in ("region", "site") if row[name] is not None]
        self.assertEqual(place, line["path"])
        self.assertEqual((row["records"], row["refused"]), (line["records"], line["refused"]))
        for name, feature in zip(FEATURES, line["features"]):
            for key in ("mean", "sd", "low", "high", "joint_low", "joint_high", "mean_of_means", "sd_of_means"):
                if key in feature:
                    self.assertEqual(row[f"{name}_{key}"], number(feature[key]))

    def check_anomaly(self, row, anomaly, what="baseline_entities"):
        if anomaly is None:
            for key in ("flagged", "distance2", "log_p", "baseline", what):
                self.assertIsNone(row[key])
            return
        self.assertEqual(row["flagged"], anomaly["flagged"])
        for key in ("distance2", "log_p", "log_p_adjusted", what, "directions"):
            self.assertEqual(row[key], number(anomaly.get(key)))
        self.assertEqual(row["baseline"], "/" + "/".join(anomaly["baseline"]))
        drivers = {d["feature"]: d for d in anomaly.get("drivers", [])}
        for name in FEATURES:
            for key in ("z", "contribution"):
                self.assertEqual(row[f"{name}_{key}"], drivers.get(name, {}).get(key))


class Values(GoldTest):
    def test_equal_to_the_lines(self):
        for text in (False, True):
            with self.subTest(text=text):
                self.data(text=text)
                lines = self.gold(*STATS, *JUDGED, folder=f"gold{text}")
                nodes = [line for line in lines if "entity" not in line]
                entities = [line for line in lines if "entity" in line]
                rows = table(self.folder / f"gold{text}/nodes.h5")
                self.assertEqual(len(rows), len(nodes))
                for row, line in zip(rows, nodes):
                    self.check_line(row, line)
                    self.assertEqual((row["depth"], row["entities"]), (len(line["path"]), line["entities"]))
                rows = table(self.folder / f"gold{text}/entities.h5")
                self.assertEqual(len(rows), len(entities))
                for row, line in zip(rows, entities):
                    self.assertEqual(row["agent"], line["entity"])
                    self.check_line(row, line)
                    self.check_anomaly(row, line["anomaly"])
                self.assertGreaterEqual(sum(bool(r["flagged"]) for r in rows), 3)
                self.assertEqual(self.names(f"gold{text}"), ["entities.h5", "nodes.h5"])

    def test_records(self):
        self.data()
        lines = [line for line in self.gold(*STATS, "--fdr", "0.01", "--records") if "row" in line]
        self.assertTrue(lines)
        rows = table(self.folder / "gold/records.h5")
        self.assertEqual(len(rows), len(lines))
        for row, line in zip(rows, lines):
            self.assertEqual((row["dataset"], row["row"]), (line["dataset"], line["row"]))
            self.assertEqual([row[name] for name in FEATURES], line["values"])
            self.check_anomaly(row, line["anomaly"], "baseline_records")

    def test_names_that_are_no_utf8_and_groups_of_a_balanced_tree(self):
        (self.folder / "t").mkdir()
        with h5py.File(self.folder / "t/t.h5", "w") as file:
            file["agent"] = numpy.array([b"x\xffy", b"z", b"x\xffy"] + [b"e%d" % i for i in range(30)])
            file["amount"] = numpy.array([1.0, 2, 3] + 30 * [4])
        self.gold("--features", "amount", "--group-by", "agent", "--fanout", "4", "--format", "jsonl")
        rows = table(self.folder / "gold/entities.h5")
        by_name = {row["agent"]: row for row in rows}
        self.assertEqual(by_name["x\udcffy"]["amount_mean"], 2)
        self.assertTrue(all(row["group_1"] is not None for row in rows))

    def test_searched_as_any_data(self):
        self.data()
        self.gold(*STATS, *JUDGED)
        want = [r["agent"] for r in table(self.folder / "gold/entities.h5") if r["flagged"] and r["amount_mean"] > 40]
        out = self.trawl("search", "--where", "flagged AND amount_mean > 40", "--select", "agent", "--format", "csv",
                         "gold/entities.h5").stdout
        self.assertEqual([int(line.split(",")[-1]) for line in out.splitlines()[1:]], want)
        self.assertTrue(want)
        self.trawl("inspect", "gold/entities.h5")

    def test_nothing_matches(self):
        self.data(rows=100)
        self.gold(*STATS, *JUDGED, "--where", "amount > 1e9")
        (root,) = table(self.folder / "gold/nodes.h5")
        self.assertEqual((root["records"], root["region"], root["amount_mean"]), (0, None, None))
        self.assertEqual(table(self.folder / "gold/entities.h5"), [])


class Files(GoldTest):
    def test_the_same_bytes_for_any_ranks_and_from_a_state(self):
        self.data()
        self.gold(*STATS, *JUDGED, "--state", "state.h5", folder="one")
        first = self.digests("one")
        self.gold(*STATS, *JUDGED, folder="three", ranks=3)
        self.assertEqual(self.digests("three"), first)
        self.trawl("stats", "--from-state", "state.h5", "--fdr", "0.05", "--gold", "again/", "--format", "jsonl")
        self.assertEqual(self.digests("again"), first)

    def test_what_json_says(self):
        self.data()
        report = self.trawl("stats", "t", *STATS, *JUDGED, "--json", "--gold", "gold").json()
        files = {entry["path"]: entry for entry in report["gold"]}
        self.assertEqual(list(files), ["gold/nodes.h5", "gold/entities.h5"])
        self.assertEqual(files["gold/entities.h5"]["rows"], report["entities"])
        inspected = self.trawl("inspect", "gold/entities.h5", "--json").json()
        self.assertIn(files["gold/entities.h5"]["digest"], json.dumps(inspected))

    def test_replaces_only_what_it_may(self):
        self.data(rows=100)
        self.gold(*STATS, *JUDGED)
        before = self.digests("gold")
        run = self.trawl("stats", "t", *STATS, "--gold", "gold", code=BAD_INPUT)
        self.assertIn("--overwrite", run.stderr)
        self.assertEqual(self.digests("gold"), before)
        self.gold(*STATS, "--overwrite")
        self.assertEqual(self.names("gold"), ["nodes.h5"])  # no entities of another run
        self.write("gold/mine.txt", "x")
        run = self.trawl("stats", "t", *STATS, "--gold", "gold", "--overwrite", code=BAD_INPUT)
        self.assertIn("other things", run.stderr)
        self.assertTrue((self.folder / "gold/mine.txt").exists())

    def test_columns_of_one_name(self):
        self.write("t.csv", "records,amount\n1,2\n")
        self.trawl("ingest", "t.csv", "--out", "t")
        run = self.trawl("stats", "t", "--features", "amount", "--group-by", "records", "--gold", "g", code=BAD_INPUT)
        self.assertIn("two columns 'records'", run.stderr)
        self.assertFalse((self.folder / "runs").exists())


if __name__ == "__main__":
    harness.main()
