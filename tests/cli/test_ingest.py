"""trawl ingest, trawl inspect."""

import gzip
import json

import h5py
import harness
from harness import BAD_INPUT, INCOMPLETE, QUARANTINED, CliTest

GOOD = (
    "id,name,when,price,ok\n"
    '1,"a, ""b""\nc",2024-02-29T12:00:00Z,1.5,true\n'
    "2,,2024-03-01,,false\n"
    "-3,é,2024-03-02,1e3,TRUE\n"
)
BAD = b'id,name\n1,a\n2\n3,"open\n4,\xff\xfe\n5,b,c\n6,d\n'


class Ingest(CliTest):
    def columns(self, path):
        with h5py.File(self.folder / path) as file:
            return sorted(file["columns"])

    def test_rows_and_values_survive(self):
        self.write("good.csv", GOOD)
        run = self.trawl("ingest", "good.csv", "--out", "out", "--codec", "gzip", "--json")
        report = run.json()
        self.assertEqual(
            (report["status"], report["input_rows"], report["kept"], report["quarantined"]), ("complete", 3, 3, 0)
        )
        self.assertEqual(self.names("out"), ["good.h5"])
        with h5py.File(self.folder / "out/good.h5") as file:
            self.assertEqual(list(file["columns/id"]), [1, 2, -3])
        columns = {c["name"]: c for c in self.trawl("inspect", "out", "--json").json()["datasets"][0]["columns"]}
        self.assertEqual({n: c["type"] for n, c in columns.items()}["id"], "int64")
        self.assertEqual([columns[n]["type"] for n in ("when", "price", "ok")], ["timestamp", "float64", "boolean"])
        self.assertEqual([columns[n]["nulls"] for n in ("id", "name", "price")], [0, 1, 1])
        self.assertEqual((columns["id"]["min"], columns["id"]["max"]), (-3, 2))
        self.assertEqual((columns["price"]["min"], columns["price"]["max"]), (1.5, 1000.0))

    def test_malformed_rows_are_quarantined_and_counted(self):
        self.write("bad.csv", BAD)
        run = self.trawl("ingest", "bad.csv", "--out", "out", "--json", code=QUARANTINED)
        report = run.json()
        self.assertEqual(report["status"], "quarantined")
        self.assertEqual((report["input_rows"], report["kept"], report["quarantined"]), (6, 2, 4))
        lines = (self.folder / "out/quarantine/bad.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        self.assertEqual([row["line"] for row in rows], [3, 4, 5, 6])
        for row in rows:
            raw = bytes.fromhex(row["raw_hex"]) if "raw_hex" in row else row["raw"].encode()
            self.assertEqual(BAD[row["offset"] :][: len(raw)], raw)
            self.assertEqual(row["file"], "bad.csv")
            self.assertNotEqual(row["reason"], "")
        self.assertIn("raw_hex", rows[2])
        self.trawl("ingest", "bad.csv", "--out", "more", "--max-quarantined", 4)
        self.trawl("ingest", "bad.csv", "--out", "less", "--max-quarantined", 3, code=QUARANTINED)

    def test_any_number_of_ranks_gives_the_same(self):
        for i in range(5):
            rows = "".join(f"{j},{j * i}\n" for j in range(100 * (i + 1)))
            self.write(f"f{i}.csv.gz", gzip.compress(("a,b\n" + rows + "broken\n").encode()))
        files = [f"f{i}.csv.gz" for i in range(5)]
        solo = self.trawl("ingest", *files, "--out", "solo", code=QUARANTINED)
        for ranks in (2, 3, 7):
            run = self.trawl("ingest", *files, "--out", f"r{ranks}", ranks=ranks, code=QUARANTINED)
            self.assertEqual(self.digests(f"r{ranks}"), self.digests("solo"))
            self.assertEqual(run.stdout.replace(f"r{ranks}/", "").split(), solo.stdout.replace("solo/", "").split())
        self.assertIn("total", solo.stdout)
        self.assertIn("1,505", solo.stdout)

    def test_a_file_that_cannot_be_read_fails_alone(self):
        self.write("a.csv", "x\n1\n")
        self.write("b.csv.gz", gzip.compress(b"x\n" + bytes(range(48, 58)) * 5000)[:-20])
        run = self.trawl(
            "ingest", "a.csv", "b.csv.gz", "none.csv", "--out", "out", "--json", ranks=2, code=INCOMPLETE
        )
        report = run.json()
        self.assertEqual((report["status"], report["failed_files"], report["kept"]), ("incomplete", 2, 1))
        self.assertIn("none.csv", report["files"][2]["error"])
        self.assertEqual(self.names("out"), ["a.h5"])

    def test_schema_file_overrides_inference(self):
        self.write("a.csv", "zip,my day\n01,2024-01-01\n02,\n")
        self.write("lines.txt", "# types\nzip text\nmy day timestamp not null\n")
        self.trawl("ingest", "a.csv", "--schema", "lines.txt", "--out", "a", ranks=2, code=QUARANTINED)
        self.write("types.json", '{"zip": "categorical", "my day": "date"}')
        self.trawl("ingest", "a.csv", "--schema", "types.json", "--out", "b")
        kinds = lambda out: [c["type"] for c in self.trawl("inspect", out, "--json").json()["datasets"][0]["columns"]]
        self.assertEqual(kinds("a"), ["text", "timestamp"])
        self.assertEqual(kinds("b"), ["categorical", "date"])

    def test_wrong_schema_files_are_refused_before_anything_is_written(self):
        self.write("a.csv", "x\n1\n")
        for text, message in (
            ("x int32\n", "schema.txt:1: no such type 'int32'"),
            ("# c\nx\n", "schema.txt:2: 'x' is not of the form `name type`"),
            ("y text\n", "names column 'y', which is not in a.csv"),
            ("x text\nx date\n", "column 'x' is named twice"),
            ('{"x": 5}', "must be there and be a string"),
            ("", "names no column"),
        ):
            self.write("schema.txt", text)
            run = self.trawl("ingest", "a.csv", "--schema", "schema.txt", "--out", "out", code=BAD_INPUT)
            self.assertIn(message, run.stderr)
            self.assertEqual([n for n in self.names() if n.startswith("out")], [])

    def test_two_files_for_one_dataset(self):
        self.write("a.csv", "x\n1\n")
        self.write("sub/a.csv", "x\n1\n")
        run = self.trawl("ingest", "a.csv", "sub/a.csv", "--out", "out", code=BAD_INPUT)
        self.assertIn("would both be dataset 'a'", run.stderr)

    def test_nothing_is_overwritten_unless_told_to(self):
        self.write("a.csv", BAD)
        self.trawl("ingest", "a.csv", "--out", "out", code=QUARANTINED)
        before = self.digests("out")
        self.trawl("ingest", "a.csv", "--out", "out", code=BAD_INPUT)
        self.assertEqual(self.digests("out"), before)
        self.write("a.csv", "id,name\n1,a\n")
        self.trawl("ingest", "a.csv", "--out", "out", "--overwrite")
        self.assertEqual(self.names("out"), ["a.h5"])


class Inspect(CliTest):
    def test_generated_files_and_their_source_agree(self):
        args = ["--datasets", "2", "--rows", "500", "--seed", "3"]
        self.trawl("generate", "transactions", *args, "--row-group-rows", 100, "--out", "data")
        stored = self.trawl("inspect", "data", "--json", ranks=2).json()
        made = self.trawl("inspect", "gen:transactions?datasets=2&rows=500&seed=3", "--json", ranks=3).json()
        self.assertEqual(stored["status"], "complete")
        self.assertEqual(len(stored["datasets"]), 2)
        for file, source in zip(stored["datasets"], made["datasets"]):
            self.assertEqual((file["kind"], source["kind"]), ("trawl", "generated"))
            self.assertEqual((file["scanned"], source["scanned"]), (False, True))
            self.assertEqual((file["rows"], file["row_groups"]), (500, 5))
            for a, b in zip(file["columns"], source["columns"]):
                for key in ("name", "type", "nulls", "min", "max", "distinct"):
                    self.assertEqual(a[key], b[key], key)
        text = self.trawl("inspect", "data").stdout
        self.assertIn("user_id", text)
        self.assertIn("2 datasets, 1,000 rows, 0 failed", text)

    def test_no_scan_leaves_things_unknown(self):
        run = self.trawl("inspect", "gen:transactions?datasets=1&rows=1000000000000", "--no-scan", "--json")
        self.assertIsNone(run.json()["datasets"][0]["columns"][0]["min"])

    def test_what_cannot_be_read_is_listed(self):
        self.trawl("generate", "transactions", "--datasets", 1, "--rows", 100, "--out", "data")
        self.write("data/rubbish.h5", "not HDF5")
        run = self.trawl("inspect", "data", "--json", ranks=2, code=INCOMPLETE)
        report = run.json()
        self.assertEqual((report["status"], len(report["datasets"]), len(report["failed"])), ("incomplete", 1, 1))
        self.assertEqual(report["failed"][0]["dataset"], "rubbish")
        self.assertIn("rubbish.h5", report["failed"][0]["error"])

    def test_a_glob_that_matches_nothing(self):
        run = self.trawl("inspect", "none*.h5", ranks=2, code=BAD_INPUT)
        self.assertEqual(run.stderr.count("none*.h5"), 1, run)

    def test_foreign_files_are_read_in_place(self):
        with h5py.File(self.folder / "foreign.h5", "w") as file:
            file["a"] = [3, 1, 2]
            file["b"] = [0.5, 1.5, float("nan")]
        columns = self.trawl("inspect", "foreign.h5", "--json").json()["datasets"][0]["columns"]
        self.assertEqual([c["name"] for c in columns], ["a", "b"])
        self.assertEqual([(c["min"], c["max"], c["nans"]) for c in columns], [(1, 3, 0), (0.5, 1.5, 1)])


if __name__ == "__main__":
    harness.main()
