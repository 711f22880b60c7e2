"""trawl verify and trawl replay: what they accept, and every tampering that they must find."""

import hashlib
import json
import random
import re

import forgery
import harness
from forgery import compact, merkle_root
from harness import BAD_INPUT, CHECK_FAILED, CliTest

WHERE = "user_id = 12345 AND action = 'purchase' AND amount > 10000"


class RunTest(CliTest):
    def setUp(self):
        super().setUp()
        self.trawl("generate", "transactions", "--datasets", 4, "--rows", 20000, "--seed", 5, "--row-group-rows", 4096,
                   "--out", "data")
        self.trawl("search", "--where", WHERE, "data", "--run-dir", "run", ranks=2)

    def file(self, name):
        return self.folder / "run" / name

    def edit(self, name, change):
        path = self.file(name)
        before = path.read_text()
        after = change(before)
        self.assertNotEqual(before, after, "the test changed nothing")
        path.write_text(after)

    def assert_found(self, *words, ranks=0, more=()):
        run = self.trawl("verify", "run", *more, ranks=ranks, code=CHECK_FAILED)
        for word in words:
            self.assertIn(word, run.stdout + run.stderr)
        return run


class Verify(RunTest):
    def test_an_honest_run_holds_on_any_ranks(self):
        for ranks in (0, 1, 3, 8):
            report = self.trawl("verify", "run", "--rescan", 1, "--json", ranks=ranks).json()
            self.assertEqual((report["status"], report["matches"], report["rescanned_rows"]), ("verified", 7, 80000))
            self.assertEqual((report["datasets"], report["problems"]), (4, []))

    def test_the_certificate_is_what_anyone_can_recompute(self):
        body = json.loads(self.file("certificate.json").read_text())
        digest = body.pop("certificate")
        self.assertEqual(hashlib.sha256(compact(body)).hexdigest(), digest)
        self.assertEqual(merkle_root([compact(d) for d in body["datasets"]]).hex(), body["merkle_root"])

    def test_a_changed_byte_in_any_dataset(self):
        rng = random.Random(1)
        paths = sorted((self.folder / "data").glob("*.h5"))
        places = [(p, o) for p in paths for o in rng.sample(range(p.stat().st_size), 6)] + [(paths[0], 3), (paths[1], 500)]
        for path, offset in places:
            with self.subTest(file=path.name, offset=offset):
                data = bytearray(path.read_bytes())
                honest = bytes(data)
                data[offset] ^= 1 << rng.randrange(8)
                path.write_bytes(bytes(data))
                self.assert_found(path.stem, ranks=rng.choice((0, 2)))
                path.write_bytes(honest)
        self.trawl("verify", "run")

    def test_a_missing_dataset(self):
        (self.folder / "data/transactions-00001.h5").unlink()
        self.assert_found("transactions-00001", ranks=2)

    def test_a_removed_match(self):
        self.edit("matches.jsonl", lambda text: text.split("\n", 1)[1])
        self.assert_found("matches.jsonl was changed")

    def test_an_added_match(self):
        self.edit("matches.jsonl", lambda text: text + text.splitlines()[-1] + "\n")
        self.assert_found("matches.jsonl was changed", "canonical order")

    def test_an_edited_match(self):
        self.edit("matches.jsonl", lambda text: text.replace('"user_id":12345', '"user_id":12346', 1))
        self.assert_found("matches.jsonl was changed", "is not what the data says")

    def test_edited_counts(self):
        for name, pattern in (("certificate.json", r'("matches": )\d+'), ("certificate.json", r'("rows": )\d+'),
                              ("run_record.json", r'("scanned": )\d+'), ("execution_summary.md", r"(\| matches \| )\d+"),
                              ("certificate.json", r'("merkle_root": ")[0-9a-f]{2}')):
            with self.subTest(file=name, pattern=pattern):
                honest = self.file(name).read_text()
                self.edit(name, lambda text: re.sub(pattern, r"\g<1>9", text, count=1))
                self.assert_found(name)
                self.file(name).write_text(honest)

    def reseal(self, lines, change):
        forgery.reseal(self.folder / "run", "matches.jsonl", "".join(line + "\n" for line in lines), change)

    def test_a_forger_who_recomputes_all_digests_is_found_by_a_rescan(self):
        lines = self.file("matches.jsonl").read_text().splitlines()
        victim = json.loads(lines[0])

        def forget(body):
            for dataset in [body] + [d for d in body["datasets"] if d["name"] == victim["dataset"]]:
                for key in ("matches", "candidates"):
                    dataset["coverage"][key] -= 1
            for dataset in body["datasets"]:
                if dataset["name"] != victim["dataset"]: continue
                for run in dataset["ledger"]:
                    begin, end = (g * dataset["row_group_rows"] for g in run["row_groups"])
                    if begin <= victim["row"] < end:
                        run["matches"] -= 1
                        run["candidates"] -= 1

        self.reseal(lines[1:], forget)
        self.trawl("verify", "run")  # consistent with itself and with the data it names
        self.assert_found("is not among the matches", f"row {victim['row']}", ranks=3, more=["--rescan", 1])

    def test_a_forged_proof_of_pruning(self):
        self.trawl("search", "--where", "record_id < 100", "data", "--run-dir", "run", "--overwrite")
        lines = self.file("matches.jsonl").read_text().splitlines()

        def forge(body):
            pruned = next(r for d in body["datasets"] for r in d["ledger"] if r["state"] == "pruned")
            pruned["bounds"][0][0]["min"] = "7"

        self.trawl("verify", "run")
        self.reseal(lines, forge)
        self.assert_found("the index does not prove that")

    def test_moved_data(self):
        (self.folder / "data").rename(self.folder / "elsewhere")
        self.assert_found("cannot be read")
        self.trawl("verify", "run", "--data", "elsewhere", ranks=2)

    def test_what_is_no_run(self):
        self.trawl("verify", "data", ranks=2, code=BAD_INPUT)
        self.edit("certificate.json", lambda text: text[:100])
        self.trawl("verify", "run", code=CHECK_FAILED)


class Replay(RunTest):
    def test_the_same_again_on_other_ranks(self):
        for ranks in (0, 3):
            report = self.trawl("replay", "run", "--out", f"again{ranks}", "--json", ranks=ranks).json()
            self.assertEqual((report["status"], report["same_result"], report["differences"]), ("same", True, []))
        self.trawl("verify", "again3")

    def test_changed_data_is_named(self):
        self.trawl("generate", "transactions", "--datasets", 4, "--rows", 20000, "--seed", 6, "--row-group-rows", 4096,
                   "--out", "data", "--overwrite")
        run = self.trawl("replay", "run", "--out", "again", ranks=2, code=CHECK_FAILED)
        self.assertIn("data: dataset 'transactions-00000'", run.stdout)

    def test_a_dataset_that_is_gone(self):
        (self.folder / "data/transactions-00003.h5").unlink()
        run = self.trawl("replay", "run", "--out", "again", code=CHECK_FAILED)
        self.assertIn("dataset 'transactions-00003' is gone", run.stdout)

    def test_changed_options_are_named(self):
        self.edit("replay_config.cfg", lambda text: text.replace("amount > 10000", "amount > 20000"))
        run = self.trawl("replay", "run", "--out", "again", code=CHECK_FAILED)
        self.assertIn("option predicate", run.stdout)


class LongKeyList(CliTest):
    """A list that is checked late: its proofs, matches and digest hold for those who sort and search it."""

    def test_verified_and_replayed(self):
        # Ordered by user, so that the list proves of most row groups that they hold none of its keys.
        self.trawl("generate", "transactions", "--datasets", 2, "--rows", 30000, "--seed", 5, "--row-group-rows", 1024,
                   "--cluster-by", "user_id", "--out", "data")
        self.trawl("search", "--where", "user_id IS NOT NULL", "--select", "user_id", "data", "--run-dir", "all")
        users = sorted(json.loads(line)["values"]["user_id"]
                       for line in (self.folder / "all/matches.jsonl").read_text().splitlines())
        rng = random.Random(3)
        keys = [user + delta for user in users[:20000:3] for delta in range(10)]
        rng.shuffle(keys)
        self.assertGreater(len(keys), 66000)
        lines = "".join(f"{key}\n" for key in keys)
        keys_file = self.write("keys.txt", lines)
        for name, where in (("few", "amount > 900 AND user_id IN FILE 'keys.txt'"), ("alone", "user_id IN FILE 'keys.txt'")):
            with self.subTest(name):
                report = self.trawl("search", "--where", where, "data", "--run-dir", name, "--json", ranks=2).json()
                self.assertGreater(report["matches"], 0)
                self.assertGreater(report["pruned"], 10000)
                record = json.loads((self.folder / name / "run_record.json").read_text())
                self.assertEqual(record["key_lists"][0]["checked"], "late")
                self.trawl("verify", name, "--rescan", 1, ranks=3)
                replayed = self.trawl("replay", name, "--out", f"{name}-again", "--json", ranks=3).json()
                self.assertEqual(replayed["status"], "same")
                plain = self.trawl("search", "--where", where, "data", "--run-dir", f"{name}-plain", "--no-filters", "--json").json()
                self.assertEqual(plain["result_digest"], report["result_digest"])
                keys_file.write_text("".join(f"{key}\n" for key in sorted(keys)))  # another order is the same list
                self.trawl("verify", name)
                keys_file.write_text(lines + f"{keys[0]}\n")
                run = self.trawl("verify", name, code=CHECK_FAILED)
                self.assertIn("key list", run.stdout + run.stderr)
                keys_file.write_text(lines)


if __name__ == "__main__":
    harness.main()
