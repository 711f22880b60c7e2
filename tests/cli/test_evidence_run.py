"""An interrupted run of trawl evidence goes on from its checkpoint, to the same bytes; a damaged checkpoint is refused."""

import json
import signal
import subprocess
import time

import harness
from harness import BAD_INPUT, TRAWL, CliTest

INTERRUPTED = 75


class Interruption(CliTest):
    # Large enough to be stopped in the middle on any machine.
    LONG = ("gen:evidence?datasets=4&rows=2500000&seed=7&entities=300&sources=20&duplicates=0.02&equivocations=0.00001"
            "&lying_sources=0.2")
    CAPPED = ("--max-group-weight", 2, "--equivocation", "drop", "--where", "weight > 0.25")

    def start(self, *options, ranks=0):
        command = [harness.MPIEXEC, *harness.MPIEXEC_FLAGS, "-n", str(ranks)] if ranks else []
        command += [TRAWL, "evidence", self.LONG, *options, "--run-dir", "run", "--threads", "1"]
        process = subprocess.Popen(list(map(str, command)), cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def journals(self):
        return list((self.folder / "run.partial/journal").glob("*.journal"))

    def bytes_kept(self):
        total = 0
        for path in self.journals():
            try:
                total += path.stat().st_size
            except FileNotFoundError:  # replaced meanwhile
                pass
        return total

    def wait_for(self, condition, process):
        for _ in range(6000):
            if condition(): return
            if process.poll() is not None: break
            time.sleep(0.01)
        self.fail("never happened")

    def resume(self, *options, ranks=0, code=0):
        return self.trawl("evidence", "--config", "run.partial/replay_config.cfg", "--run-dir", "run", "--resume", "--json",
                          *options, ranks=ranks, code=code)

    def assert_resumes(self, *options, ranks):
        expected = self.trawl("evidence", "--json", "--run-dir", "whole", self.LONG, *options, ranks=2).json()
        run = self.resume(ranks=ranks)
        self.assertIn("done already", run.stderr)
        record = json.loads((self.folder / "run/run_record.json").read_text())
        self.assertLess(record["performance"]["rows_scanned"], record["coverage"]["scanned"])
        for key in ("records", "entities", "duplicates", "withheld", "refusals", "result_digest", "certificate"):
            self.assertEqual(run.json()[key], expected[key])
        self.assertEqual((self.folder / "run/evidence.jsonl").read_bytes(), (self.folder / "whole/evidence.jsonl").read_bytes())
        self.assertFalse((self.folder / "run.partial").exists())
        self.assertEqual(list((self.folder / "run").rglob("*.journal")), [])

    def test_a_signal_ends_in_order_and_the_run_goes_on(self):
        process = self.start("--checkpoint", 0.1)
        self.wait_for(lambda: self.bytes_kept() > 100_000, process)
        process.send_signal(signal.SIGTERM)
        stderr = process.communicate(timeout=60)[1].decode()
        self.assertEqual(process.returncode, INTERRUPTED, stderr)
        self.assertIn("trawl evidence --config", stderr)
        self.assert_resumes(ranks=3)

    def test_a_signal_before_the_first_checkpoint_writes_one(self):
        process = self.start("--id", "")
        self.wait_for(lambda: len(self.journals()) > 0, process)
        time.sleep(0.5)
        process.send_signal(signal.SIGUSR1)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED)
        self.assertGreater(self.bytes_kept(), 100_000)
        self.assert_resumes("--id", "", ranks=2)

    def test_a_signal_while_identities_are_screened_loses_nothing_else(self):
        process = self.start()
        self.wait_for(lambda: len(self.journals()) > 0, process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED)
        self.resume(ranks=2)

    def test_kills_on_several_ranks_and_a_cap(self):
        process = self.start(*self.CAPPED, "--checkpoint", 0.1, ranks=2)
        self.wait_for(lambda: self.bytes_kept() > 100_000, process)
        process.send_signal(signal.SIGUSR1)  # mpirun passes it on to all ranks
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED)
        first = {path.name for path in self.journals()}
        process = self.start(*self.CAPPED, "--checkpoint", 0.1, "--resume")
        self.wait_for(lambda: not first & {path.name for path in self.journals()}, process)  # all in files of this attempt
        process.kill()
        process.wait(timeout=60)
        self.assert_resumes(*self.CAPPED, ranks=3)

    def test_a_damaged_checkpoint_is_refused(self):
        process = self.start("--checkpoint", 0.1)
        self.wait_for(lambda: self.bytes_kept() > 100_000, process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        largest = max(self.journals(), key=lambda path: path.stat().st_size)
        honest = largest.read_bytes()
        for damaged in (honest[:-1000], honest[:60_000] + b"?" + honest[60_001:]):
            largest.write_bytes(damaged)
            for ranks in (0, 2):
                self.assertIn("is damaged", self.resume(ranks=ranks, code=BAD_INPUT).stderr)
        largest.write_bytes(honest)
        self.resume(ranks=2)

    def test_other_rules_do_not_go_on_with_it(self):
        process = self.start("--checkpoint", 0.1)
        self.wait_for(lambda: self.bytes_kept() > 100_000, process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertIn("cannot resume", self.resume("--max-log-odds", 3, code=BAD_INPUT).stderr)


if __name__ == "__main__":
    harness.main()
