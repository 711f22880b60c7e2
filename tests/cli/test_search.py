"""trawl search: the main job, on ranks and threads, over healthy and broken data."""

import csv
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import time

import h5py
import harness
from harness import BAD_INPUT, INCOMPLETE, TRAWL, CliTest

WHERE = "user_id = 12345 AND action = 'purchase' AND amount > 10000"
INTERRUPTED = 75
# Rows of the usual suite; TRAWL_TEST_ROWS=1000000 TRAWL_TEST_KEYS=10000000 is the full size.
ROWS = int(os.environ.get("TRAWL_TEST_ROWS", "60000"))
KEYS = int(os.environ.get("TRAWL_TEST_KEYS", "100000"))
GEN = f"gen:transactions?datasets=8&rows={ROWS}&seed=42&row_group_rows=8192"


class SearchTest(CliTest):
    runs = 0

    def generate(self, out="data", datasets=8, rows=ROWS, *more):
        self.trawl("generate", "transactions", "--datasets", datasets, "--rows", rows, "--seed", 42, "--row-group-rows",
                   8192, "--out", out, *more)

    def search(self, *args, where=WHERE, **kw):
        """Runs a search with --json; the report has the path of the run as `run`."""
        self.runs += 1
        run = self.trawl("search", "--where", where, "--json", "--run-dir", f"run{self.runs}", *args, **kw)
        report = run.json()
        report["run"] = self.folder / report["run_dir"]
        report["stderr"] = run.stderr
        self.assert_closes(report)
        return report

    def assert_closes(self, r):
        self.assertEqual(r["rows"], r["scanned"] + r["pruned"] + r["failed"] + r["unvisited"])
        self.assertEqual(r["candidates"], r["matches"] + r["false_positives"])
        self.assertLessEqual(r["candidates"], r["scanned"])

    def matches(self, report):
        return [json.loads(line) for line in (report["run"] / "matches.jsonl").read_text().splitlines()]

    def places(self, report):
        return [(m["dataset"], m["row"]) for m in self.matches(report)]


class Needles(SearchTest):
    def truth(self, kind="needles"):
        return [(n["dataset"], n["row"]) for n in json.loads((self.folder / "data/needles.json").read_text())[kind]]

    def test_exactly_the_needles_for_any_ranks_and_threads(self):
        self.generate()
        first = None
        for ranks in (0, 1, 2, 3, 4, 7, 8):
            for threads in (1, 2):
                with self.subTest(ranks=ranks, threads=threads):
                    report = self.search("data", "--threads", threads, ranks=ranks)
                    first = first or report
                    self.assertEqual(self.places(report), self.truth())
                    self.assertEqual(report["status"], "complete")
                    self.assertEqual((report["datasets"], report["rows"]), (8, 8 * ROWS))
                    self.assertEqual((report["ranks"], report["threads"]), (ranks or 1, threads))
                    for key in ("result_digest", "certificate"):
                        self.assertEqual(report[key], first[key])

    def test_a_source_that_is_never_stored_gives_the_same(self):
        self.generate()
        stored = self.search("data")
        certificates = set()
        for ranks in (0, 3):
            generated = self.search(GEN, ranks=ranks)
            self.assertEqual(generated["result_digest"], stored["result_digest"])
            certificates.add(generated["certificate"])
        self.assertEqual(len(certificates), 1)
        record = json.loads((generated["run"] / "run_record.json").read_text())
        self.assertEqual(record["inputs"][0]["kind"], "generated")

    def test_a_watch_list_of_many_keys(self):
        self.generate()
        self.trawl("generate", "keys", "--count", KEYS, "--seed", 1, "--include", 12345, "--out", "keys.txt")
        where = "user_id IN FILE 'keys.txt' AND action = 'purchase' AND amount > 10000"
        keys = {int(line) for line in (self.folder / "keys.txt").read_text().split()}
        self.assertEqual(len(keys), KEYS)
        reports = [self.search("data", *more, where=where, ranks=ranks)
                   for ranks, more in ((0, []), (1, []), (4, []), (7, []), (2, ["--no-filters"]))]
        for report in reports:
            self.assertEqual(report["result_digest"], reports[0]["result_digest"])
            self.assertLessEqual(set(self.truth()), set(self.places(report)))
            for match in self.matches(report):
                self.assertIn(match["values"]["user_id"], keys)
        self.assertEqual({r["certificate"] for r in reports[:4]}, {reports[0]["certificate"]})
        # The list alone: every row whose user is on it, and false positives near the rate asked for.
        alone = self.search("data", where="user_id IN FILE 'keys.txt'", ranks=3)
        users = []
        for path in sorted((self.folder / "data").glob("*.h5")):
            self.trawl("search", "--where", "user_id IS NOT NULL", "--select", "user_id", "--format", "csv", path,
                       "--run-dir", f"all-{path.stem}")
            users += [(m["dataset"], m["row"]) for m in map(json.loads, (self.folder / f"all-{path.stem}" / "matches.jsonl")
                      .read_text().splitlines()) if m["values"]["user_id"] in keys]
        self.assertEqual(self.places(alone), users)
        self.assertLess(alone["false_positives"], 0.003 * alone["rows"])

    def test_one_dataset_is_shared_by_all_ranks(self):
        self.generate("data", 1, 65536)
        report = self.search("data", "--no-zone-maps", ranks=4)
        trace = json.loads((report["run"] / "dag_execution.json").read_text())["traceEvents"]
        busy = {event["pid"] for event in trace if event["name"] == "busy" and event["dur"] > 0}
        self.assertEqual(busy, {0, 1, 2, 3})

    def test_screens_never_change_the_answer(self):
        self.generate()
        for where in (WHERE, "amount > 5000 AND time < '2024-03-01'", "country IS NULL AND record_id < 1000",
                      "NOT (amount <= 20000)", "action != 'view' AND amount > 8000"):
            plain = self.search("data", "--no-zone-maps", "--no-filters", where=where)
            screened = self.search("data", "--audit", 1, where=where, ranks=2)
            self.assertEqual(plain["result_digest"], screened["result_digest"], where)
            self.assertEqual(plain["pruned"], 0)


class Output(SearchTest):
    def test_fields_of_the_report(self):
        report = self.search("gen:transactions?datasets=2&rows=5000&seed=1")
        for key in ("command status datasets rows scanned pruned failed candidates false_positives matches seconds "
                    "rows_per_second ranks threads run_dir result_digest certificate").split():
            self.assertIn(key, report)
        self.assertRegex(report["certificate"], "^[0-9a-f]{64}$")
        lines = (report["run"] / "matches.jsonl").read_bytes()
        self.assertEqual(report["result_digest"], hashlib.sha256(lines).hexdigest())

    def test_formats_say_the_same(self):
        source = "gen:transactions?datasets=2&rows=5000&seed=1"
        args = ["search", "--where", WHERE, "--select", "amount,user_id", source, "--run-dir"]
        lines = [json.loads(l) for l in self.trawl(*args, "a", "--format", "jsonl").stdout.splitlines()]
        table = list(csv.DictReader(io.StringIO(self.trawl(*args, "b", "--format", "csv").stdout)))
        self.assertEqual(len(lines), 7)
        self.assertEqual([list(l["values"]) for l in lines], [["amount", "user_id"]] * 7)
        self.assertEqual([(r["dataset"], int(r["row"]), float(r["amount"])) for r in table],
                         [(l["dataset"], l["row"], l["values"]["amount"]) for l in lines])
        text = self.trawl(*args, "c").stdout.splitlines()
        self.assertEqual(len(text), 8)
        self.assertEqual(text[0].split(), ["dataset", "row", "amount", "user_id"])

    def test_count(self):
        run = self.trawl("search", "--where", "action = 'purchase'", "--count", GEN, "--run-dir", "c", ranks=3)
        all_of_them = self.search(GEN, where="action = 'purchase'")
        self.assertEqual(int(run.stdout), all_of_them["matches"])
        self.trawl("verify", "c", "--rescan", 1, ranks=2)

    def test_a_limit_gives_the_first_matches_and_a_bounded_certificate(self):
        everything = self.search(GEN, where="action = 'refund'")
        certificates = set()
        for ranks, threads in ((0, 1), (0, 2), (2, 1), (3, 2), (8, 1)):
            bounded = self.search("--limit", 100, "--threads", threads, GEN, where="action = 'refund'", ranks=ranks)
            self.assertEqual((bounded["status"], bounded["matches"]), ("bounded", 100))
            self.assertEqual(self.matches(bounded), self.matches(everything)[:100])
            self.assertGreater(bounded["unvisited"], 0)
            certificates.add(bounded["certificate"])
        self.assertEqual(len(certificates), 1)
        self.trawl("verify", bounded["run"], "--rescan", 1)
        whole = self.search("--limit", 1000000, GEN, where=WHERE)
        self.assertEqual((whole["status"], whole["unvisited"]), ("complete", 0))

    def test_explain_reads_nothing_and_names_the_screens(self):
        self.generate("data", 1, 1000)
        run = self.trawl("search", "--where", "amount > 10 AND action IN ('view')", "--explain", "data", ranks=2)
        for word in ("predicate", "amount", "float64", "zone map", "row groups"):
            self.assertIn(word, run.stdout)
        self.assertEqual([n for n in self.names() if n.startswith("runs")], [])

    def test_nothing_but_the_story_when_stderr_is_no_terminal(self):
        report = self.search(GEN)
        self.assertNotIn("\r", report["stderr"])
        self.assertEqual(self.trawl("search", "--where", WHERE, GEN, "--quiet", "--run-dir", "q").stderr, "")

    def test_names_do_not_depend_on_where_the_data_lies(self):
        self.generate("a/deep/data", 2, 3000)
        shutil.copytree(self.folder / "a/deep/data", self.folder / "b")
        self.assertEqual(self.search("a/deep/data")["certificate"], self.search("b")["certificate"])
        self.assertEqual(self.search("b/*.h5")["certificate"], self.search("b")["certificate"])


class BrokenData(SearchTest):
    def assert_incomplete(self, broken, ranks=(0, 2, 3)):
        """All else is found, and `broken` is named once."""
        seen = set()
        for n in ranks:
            report = self.search("data", ranks=n, code=INCOMPLETE)
            self.assertEqual(report["status"], "incomplete")
            self.assertIn(broken, report["stderr"])
            self.assertEqual(report["stderr"].count("failed: dataset"), 1, report["stderr"])
            found = [p for p in self.all_places if p[0] != broken or p in self.places(report)]
            self.assertEqual(self.places(report), found)
            seen.add(report["certificate"])
        self.assertEqual(len(seen), 1)
        return report

    def setUp(self):
        super().setUp()
        self.generate("data", 4, 30000)
        self.all_places = self.places(self.search("data"))
        self.assertEqual(len(self.all_places), 7)
        self.path = self.folder / "data/transactions-00002.h5"

    def test_a_file_that_is_not_hdf5(self):
        self.path.write_text("user_id,action\n")
        self.assert_incomplete("transactions-00002")

    def test_a_truncated_file(self):
        data = self.path.read_bytes()
        self.path.write_bytes(data[: len(data) // 2])
        self.assert_incomplete("transactions-00002")

    def test_a_flipped_byte_in_a_chunk(self):
        with h5py.File(self.path) as file:
            chunk = file["columns/user_id"].id.get_chunk_info(1)
            # With a user block some HDF5 versions count from behind it.
            offset = chunk.byte_offset if chunk.byte_offset > 512 else chunk.byte_offset + 512
        data = bytearray(self.path.read_bytes())
        data[offset + 600] ^= 1
        self.path.write_bytes(bytes(data))
        report = self.search("data", "--no-zone-maps", code=INCOMPLETE)
        self.assertEqual(report["failed"], 8192)
        self.assertEqual(report["scanned"], 4 * 30000 - 8192)
        certificates = {self.search("data", "--no-zone-maps", ranks=n, code=INCOMPLETE)["certificate"] for n in (2, 5)}
        self.assertEqual(certificates, {report["certificate"]})

    def test_a_column_that_one_dataset_lacks(self):
        self.trawl("ingest", self.write("other.csv", "user_id,action\n12345,purchase\n"), "--out", "data")
        report = self.search("data", ranks=2, code=INCOMPLETE)
        self.assertEqual(self.places(report), self.all_places)
        self.assertEqual(report["failed_datasets"][0]["name"], "other")
        self.assertIn("amount", report["failed_datasets"][0]["reason"])

    def test_a_missing_file(self):
        report = self.search("data", "nowhere.h5", ranks=2, code=INCOMPLETE)
        self.assertEqual(len(self.places(report)), 7)
        self.assertIn("nowhere", report["failed_datasets"][0]["name"])


class Mistakes(SearchTest):
    def assert_refused(self, *args, words, ranks=3):
        run = self.trawl("search", *args, ranks=ranks, code=BAD_INPUT)
        for word in words:
            self.assertIn(word, run.stderr)
        self.assertEqual(run.stderr.count("trawl: "), 1, "said once, not once per rank\n" + run.stderr)
        self.assertEqual(run.stdout, "")
        self.assertEqual([n for n in self.names() if "certificate" in n], [])

    def test_predicates(self):
        for where, words in (("amount >", ["expected", "^"]), ("amuont > 5", ["amuont", "'amount'", "^"]),
                             ("amount > 'x'", ["amount", "^"]), ("(amount > 5", ["parenthesis", "^"]),
                             ("user_id IN FILE 'nowhere.txt'", ["nowhere.txt"])):
            with self.subTest(where=where):
                self.assert_refused("--where", where, GEN, words=words)

    def test_a_key_that_is_none_is_named_by_its_line(self):
        self.write("keys.txt", "1\n2\n3\nx4\n5\n")
        self.assert_refused("--where", "user_id IN FILE 'keys.txt'", GEN, words=["line 4", "x4"])

    def test_inputs_and_places(self):
        self.assert_refused("--where", WHERE, "none*.h5", words=["none*.h5"])
        self.assert_refused("--where", WHERE, "gen:nothing?rows=1", words=["gen:"])
        self.assert_refused("--where", WHERE, words=["INPUT"])
        self.write("there/x", "")
        self.assert_refused("--where", WHERE, GEN, "--run-dir", "there", words=["there", "--overwrite"])
        self.write("notes/letter.txt", "dear")
        self.assert_refused("--where", WHERE, GEN, "--run-dir", "notes", "--overwrite", words=["not a run directory"])
        self.assertEqual((self.folder / "notes/letter.txt").read_text(), "dear")
        self.assert_refused("--where", WHERE, GEN, "--select", "amount,amount", words=["twice"])
        self.assert_refused("--where", WHERE, GEN, "--select", "amuont", words=["amuont", "amount"])


class Places(SearchTest):
    def test_overwriting_touches_nothing_else_and_a_mistake_leaves_nothing_behind(self):
        self.write("a.old/letter.txt", "dear")
        self.trawl("search", "--where", "amuont > 1", GEN, "--run-dir", "a", code=BAD_INPUT)
        for _ in range(2):
            self.trawl("search", "--where", WHERE, GEN, "--run-dir", "a", "--overwrite")
            self.trawl("verify", "a")
        self.assertEqual((self.folder / "a.old/letter.txt").read_text(), "dear")
        self.assertFalse((self.folder / "a/journal/replaced").exists())
        self.trawl("replay", "a", "--out", "b")
        self.trawl("replay", "b", "--out", "c")


class Interruption(SearchTest):
    # Large enough to be stopped in the middle on any machine.
    LONG = "gen:transactions?datasets=4&rows=120000000&seed=7"
    WHERE = "user_id BETWEEN 1 AND 100000 AND amount > 100 AND country LIKE '%S'"

    def start(self, ranks=0):
        command = [harness.MPIEXEC, *harness.MPIEXEC_FLAGS, "-n", str(ranks)] if ranks else []
        command += [TRAWL, "search", "--where", self.WHERE, "--run-dir", "run", "--threads", "1", self.LONG]
        process = subprocess.Popen(list(map(str, command)), cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        journal = self.folder / "run.partial/journal"
        for _ in range(1000):
            time.sleep(0.01)
            if journal.is_dir() and sum(p.stat().st_size for p in journal.iterdir()) > 2000: break
        return process

    def assert_resumes(self, ranks):
        expected = self.trawl("search", "--where", self.WHERE, "--json", "--run-dir", "whole", self.LONG, ranks=2).json()
        run = self.trawl("search", "--config", "run.partial/replay_config.cfg", "--run-dir", "run", "--resume", "--json",
                         ranks=ranks)
        record = json.loads((self.folder / "run/run_record.json").read_text())
        self.assertLess(record["performance"]["rows_scanned"], record["coverage"]["scanned"])
        for key in ("matches", "result_digest", "certificate"):
            self.assertEqual(run.json()[key], expected[key])
        self.assertFalse((self.folder / "run.partial").exists())

    def test_a_signal_ends_in_order_and_the_run_goes_on(self):
        process = self.start()
        process.send_signal(signal.SIGUSR1)
        stderr = process.communicate(timeout=60)[1].decode()
        self.assertEqual(process.returncode, INTERRUPTED, stderr)
        self.assertIn("--resume", stderr)
        self.assertFalse((self.folder / "run").exists())
        self.assert_resumes(ranks=3)

    def test_a_kill_loses_only_the_work_in_hand(self):
        process = self.start()
        process.kill()
        process.wait(timeout=60)
        self.trawl("search", "--where", self.WHERE, "--run-dir", "run", self.LONG, code=BAD_INPUT)  # says how to go on
        self.assert_resumes(ranks=0)

    def test_another_key_list_does_not_resume(self):
        keys = self.write("keys.txt", "".join(f"{key}\n" for key in range(1, 100001)))
        where, self.WHERE = self.WHERE, "user_id IN FILE 'keys.txt' AND amount > 100"
        process = self.start()
        process.send_signal(signal.SIGUSR1)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED)
        honest = keys.read_text()
        keys.write_text(honest + "123456789\n")
        args = ["search", "--config", "run.partial/replay_config.cfg", "--run-dir", "run", "--resume"]
        self.assertIn("cannot resume", self.trawl(*args, ranks=2, code=BAD_INPUT).stderr)
        keys.write_text(honest)
        self.assert_resumes(ranks=2)
        self.WHERE = where

    def test_other_options_do_not_resume(self):
        process = self.start()
        process.send_signal(signal.SIGUSR1)
        process.communicate(timeout=60)
        run = self.trawl("search", "--where", "amount > 5", "--run-dir", "run", "--resume", self.LONG, ranks=2, code=BAD_INPUT)
        self.assertIn("cannot resume", run.stderr)


if __name__ == "__main__":
    harness.main()
