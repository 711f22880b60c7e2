"""The run of trawl stats: what verify finds, what replay explains, and that a kill loses only the work in hand."""

import hashlib
import json
import re
import shutil
import signal
import subprocess
import time

import forgery
import harness
from harness import BAD_INPUT, CHECK_FAILED, TRAWL, CliTest

INTERRUPTED = 75

FEATURES = ("--features", "amount,record_id")
GROUPS = ("--group-by", "user_id", "--levels", "country,action")


class RunTest(CliTest):
    def generate(self):
        self.trawl("generate", "transactions", "--datasets", 3, "--rows", 3000, "--seed", 5, "--row-group-rows", 512,
                   "--out", "data")

    def file(self, name, run="run"):
        return self.folder / run / name

    def forge(self, change):
        before = self.file("stats.jsonl").read_text()
        after = change(before)
        self.assertNotEqual(before, after, "the test changed nothing")
        forgery.reseal(self.folder / "run", "stats.jsonl", after)

    def assert_found(self, *words, more=()):
        run = self.trawl("verify", "run", *more, code=CHECK_FAILED)
        for word in words:
            self.assertIn(word, run.stdout + run.stderr)


class Verify(RunTest):
    OPTIONS = (
        FEATURES,
        (*FEATURES, *GROUPS, "--correlate"),
        (*FEATURES, "--group-by", "user_id", "--fanout", 7),
        (*FEATURES, *GROUPS, "--fixed-point", "2^-20", "--where", "amount > 20 AND action = 'view'"),
        (*FEATURES, "--levels", "country", "--where", "user_id = 12345"),
        (*FEATURES, "--group-by", "action", "--where", "user_id = 1"),
        (*FEATURES, "--group-by", "user_id", "--fdr", 0.1, "--robust"),
        (*FEATURES, *GROUPS[:3], "country", "--fdr", 0.1, "--records"),
        (*FEATURES, "--fixed-point", "2^-20", "--fdr", 0.1, "--fdr-method", "e-bh", "--records"),
    )

    def test_anomalies_are_made_again_too(self):
        self.generate()
        self.trawl("stats", "data", *FEATURES, "--group-by", "user_id", "--fdr", 0.1, "--records", "--run-dir", "run")
        honest = self.file("stats.jsonl").read_text()
        self.assertIn('"row":', honest)
        for pattern, replacement in ((r'"flagged":true', '"flagged":false'), (r'"row":(\d+)', '"row":1'),
                                     (r'"log_p_adjusted":-', '"log_p_adjusted":-1')):
            forgery.reseal(self.folder / "run", "stats.jsonl", re.sub(pattern, replacement, honest, count=1))
            self.assert_found("not what the data says", more=("--rescan", 1))

    def test_an_honest_run_holds_on_any_ranks(self):
        self.generate()
        for number, options in enumerate(self.OPTIONS):
            with self.subTest(options=options):
                run = f"run{number}"
                report = self.trawl("stats", "data", *options, "--json", "--run-dir", run, ranks=2).json()
                lines = self.file("stats.jsonl", run).read_bytes()
                self.assertEqual(report["result_digest"], hashlib.sha256(lines).hexdigest())
                self.assertFalse(self.trawl("verify", run, "--json").json()["recounted"])
                for ranks in (0, 3, 8):
                    again = self.trawl("verify", run, "--rescan", 1, "--json", ranks=ranks).json()
                    self.assertEqual((again["status"], again["recounted"], again["problems"]), ("verified", True, []))

    def test_every_changed_count_is_found_and_every_changed_number_by_the_recount(self):
        self.generate()
        self.trawl("stats", "data", *FEATURES, *GROUPS, "--run-dir", "run")
        honest = {p.name: p.read_bytes() for p in (self.folder / "run").iterdir() if p.is_file()}

        def restore():
            for name, data in honest.items():
                self.file(name).write_bytes(data)

        def at_line(number, pattern, replacement):
            def change(text):
                lines = text.split("\n")
                lines[number] = re.sub(pattern, replacement, lines[number], count=1)
                return "\n".join(lines)
            return change

        def more_records(number):
            return at_line(number, r'"records":(\d+)', lambda m: f'"records":{int(m[1]) + 1}')

        last = len(honest["stats.jsonl"].decode().split("\n")) - 2
        lines = self.file("stats.jsonl")
        lines.write_bytes(honest["stats.jsonl"].replace(b'"mean":2', b'"mean":3', 1))
        self.assert_found("stats.jsonl was changed")
        restore()
        for change, word in ((more_records(0), "matching"), (more_records(3), "below it"), (more_records(last), "below it"),
                             (lambda t: t[t.index("\n") + 1:], "canonical order"),
                             (lambda t: t[:t.rindex("\n", 0, -1) + 1], "entities"),
                             (lambda t: t + t.split("\n")[-2] + "\n", "entities")):
            self.forge(change)
            self.assert_found("stats.jsonl")
            restore()
        for number in (0, 3):
            self.forge(at_line(number, r'"nulls":0', '"nulls":1'))
            self.assert_found("NULLs")
            restore()
        for number in (0, 5, last):
            self.forge(at_line(number, r'"mean":(\d)', lambda m: f'"mean":{(int(m[1]) + 1) % 10}'))
            self.trawl("verify", "run")  # nothing says so but the data
            self.assert_found(f"stats.jsonl, line {number + 1}: is not what the data says", more=("--rescan", 1))
            restore()
        self.trawl("verify", "run", "--rescan", 1)

    def test_changed_data(self):
        self.generate()
        self.trawl("stats", "data", *FEATURES, "--run-dir", "run")
        self.trawl("generate", "transactions", "--datasets", 3, "--rows", 3000, "--seed", 6, "--row-group-rows", 512,
                   "--out", "data", "--overwrite")
        self.assert_found("was changed")
        run = self.trawl("replay", "run", "--out", "again", code=CHECK_FAILED)
        self.assertIn("data: dataset", run.stdout)


class Replay(RunTest):
    def test_the_same_from_anywhere_on_any_ranks(self):
        self.generate()
        self.trawl("stats", "data", *FEATURES, *GROUPS, "--correlate", "--run-dir", "run", "--confidence", 0.9)
        for ranks in (0, 3):
            report = self.trawl("replay", "run", "--out", f"again{ranks}", "--json", ranks=ranks).json()
            self.assertEqual((report["status"], report["differences"]), ("same", []))
            self.trawl("verify", f"again{ranks}")

    def test_a_run_directory_is_not_replaced_unasked(self):
        self.generate()
        for code, more in ((0, ()), (BAD_INPUT, ()), (0, ("--overwrite",))):
            self.trawl("stats", "data", *FEATURES, "--run-dir", "run", *more, code=code)


class Interruption(RunTest):
    # Large enough to be stopped in the middle on any machine.
    LONG = "gen:transactions?datasets=4&rows=15000000&seed=7"
    OPTIONS = (*FEATURES, "--levels", "country", "--group-by", "user_id", "--where", "user_id BETWEEN 0 AND 900000000")
    MANY = (*FEATURES, "--levels", "country")

    def start(self, options, ranks=0):
        command = [harness.MPIEXEC, *harness.MPIEXEC_FLAGS, "-n", str(ranks)] if ranks else []
        command += [TRAWL, "stats", self.LONG, *options, "--run-dir", "run", "--threads", "1"]
        process = subprocess.Popen(list(map(str, command)), cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def journals(self):
        """Bytes of whole files, which may go while they are looked at."""
        total = 0
        for path in (self.folder / "run.partial/journal").glob("*.journal"):
            try:
                total += path.stat().st_size
            except FileNotFoundError:
                pass
        return total

    def journal_names(self):
        return {path.name for path in (self.folder / "run.partial/journal").glob("*.journal")}

    def wait_for(self, condition):
        for _ in range(2000):
            if condition(): return
            time.sleep(0.01)
        self.fail("never happened")

    def assert_resumes(self, options, ranks):
        expected = self.trawl("stats", "--json", "--run-dir", "whole", self.LONG, *options, ranks=2).json()
        run = self.trawl("stats", "--config", "run.partial/replay_config.cfg", "--run-dir", "run", "--resume", "--json",
                         ranks=ranks)
        self.assertIn("done already", run.stderr)
        record = json.loads(self.file("run_record.json").read_text())
        self.assertLess(record["performance"]["rows_scanned"], record["coverage"]["scanned"])
        for key in ("records", "entities", "result_digest", "certificate"):
            self.assertEqual(run.json()[key], expected[key])
        self.assertFalse((self.folder / "run.partial").exists())

    def test_a_signal_ends_in_order_and_the_run_goes_on(self):
        process = self.start(self.OPTIONS)
        self.wait_for(lambda: self.journals() > 0)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        stderr = process.communicate(timeout=60)[1].decode()
        self.assertEqual(process.returncode, INTERRUPTED, stderr)
        self.assertIn("trawl stats --config", stderr)
        self.assertGreater(self.journals(), 2000)
        self.assert_resumes(self.OPTIONS, ranks=3)

    def test_a_kill_loses_what_came_after_the_checkpoint(self):
        process = self.start((*self.MANY, "--checkpoint", 0.2))
        self.wait_for(lambda: self.journals() > 3000)
        process.kill()
        process.wait(timeout=60)
        self.assert_resumes(self.MANY, ranks=2)

    def test_a_signal_to_all_ranks_and_then_a_kill(self):
        process = self.start((*self.OPTIONS, "--checkpoint", 0.2), ranks=2)
        self.wait_for(lambda: self.journals() > 3000)
        process.send_signal(signal.SIGUSR1)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED)
        first = self.journal_names()
        process = self.start((*self.OPTIONS, "--checkpoint", 0.1, "--resume"))
        self.wait_for(lambda: not first & self.journal_names())  # all in one file of the first rank now
        process.kill()
        process.wait(timeout=60)
        self.assert_resumes(self.OPTIONS, ranks=3)


if __name__ == "__main__":
    harness.main()
