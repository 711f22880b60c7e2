"""trawl index --catalog: datasets that cannot hold the value are left unopened, and nothing else changes."""

import json
import shutil

import harness

QUESTIONS = [
    "record_id = 4321",
    "user_id = 12345 AND amount > 10000",
    "record_id IN (5, 1500, 39999) OR user_id = 12345",
    "NOT record_id = 7 AND user_id = 3 AND amount > 50",
    "country = 'FR' AND amount < 5",
    "user_id IN FILE 'keys.txt' AND amount > 10",
]
RULE = "[dataset key filter]"


class Catalog(harness.CliTest):
    def setUp(self):
        super().setUp()
        self.trawl("generate", "transactions", "--datasets", 40, "--rows", 1000, "--row-group-rows", 512, "--seed", 5,
                   "--null-rate", 0.05, "--no-text", "--out", "data")
        self.write("keys.txt", "12345\n7\n-3\n")

    def search(self, where, *options, ranks=0, code=harness.COMPLETE, data="data"):
        return self.trawl("search", "--json", "--overwrite", "--run-dir", "run", "--where", where, *options, data,
                          ranks=ranks, code=code).json()

    def pruned_by_catalog(self):
        certificate = json.loads((self.folder / "run" / "certificate.json").read_text())
        return [d["name"] for d in certificate["datasets"] if any(RULE in r.get("rule", "") for r in d["ledger"])]

    def test_results_are_the_same_and_are_verified(self):
        expected = {where: self.search(where)["result_digest"] for where in QUESTIONS}
        self.trawl("index", "--catalog", "--columns", "user_id,record_id,country", "data")
        for where in QUESTIONS:
            for options in ((), ("--audit", 1), ("--no-index",), ("--no-zone-maps",)):
                found = self.search(where, *options)
                self.assertEqual(found["result_digest"], expected[where], (where, options))
                self.assertEqual(bool(self.pruned_by_catalog()), where != QUESTIONS[4] and options in ((), ("--audit", 1)),
                                 (where, options))
                self.trawl("verify", "run", "--rescan", "0.1")
        self.search(QUESTIONS[0])
        self.assertGreaterEqual(len(self.pruned_by_catalog()), 38)

    def test_any_ranks_and_threads_give_the_same_catalog_and_certificate(self):
        catalogs, certificates = set(), set()
        for ranks in (0, 1, 2, 3, 4, 7, 8):
            self.trawl("index", "--catalog", "--columns", "user_id, record_id", "--overwrite", "--threads", 1 + ranks % 2,
                       "data", ranks=ranks)
            catalogs.add(self.trawl("inspect", "--json", "data/trawl.catalog").json()["datasets"][0]["digest"])
            certificates.add(self.search(QUESTIONS[2], "--threads", 1 + ranks % 2, ranks=ranks)["certificate"])
        self.assertEqual((len(catalogs), len(certificates)), (1, 1))

    def test_datasets_that_changed_or_are_new_are_opened(self):
        self.trawl("index", "--catalog", "--columns", "record_id", "data")
        self.trawl("generate", "transactions", "--datasets", 41, "--rows", 1000, "--seed", 6, "--out", "other")
        for name in ("transactions-00003.h5", "transactions-00040.h5"):
            shutil.copy(self.folder / "other" / name, self.folder / "data" / name)
        (self.folder / "data" / "transactions-00009.h5").unlink()
        run = self.trawl("search", "--json", "--overwrite", "--run-dir", "run", "--where", "record_id = 3500", "data")
        self.assertIn("catalog not used for 'transactions-00003'", run.stderr)
        pruned = self.pruned_by_catalog()
        self.assertEqual(run.json()["matches"], 1)
        self.assertNotIn("transactions-00003", pruned)
        self.assertNotIn("transactions-00040", pruned)
        self.assertIn("transactions-00004", pruned)
        self.trawl("verify", "run", "--rescan", "1")

    def test_proofs_are_checked_by_scanning_when_the_catalog_has_gone(self):
        self.trawl("index", "--catalog", "--columns", "record_id", "data")
        self.search("record_id = 3500")
        self.assertIn("0 row groups", self.trawl("verify", "run").stdout)
        (self.folder / "data" / "trawl.catalog").unlink()
        self.assertNotIn(" 0 row groups", self.trawl("verify", "run").stdout)
        self.search("record_id = 3500")
        self.assertEqual(self.pruned_by_catalog(), [])

    def test_a_proof_that_does_not_hold_is_found(self):
        self.trawl("index", "--catalog", "--columns", "record_id", "data")
        self.search("record_id = 3500 AND amount > -1")
        path = self.folder / "run" / "certificate.json"
        path.write_text(path.read_text().replace(f"record_id = 3500 {RULE}", f"amount > -1 {RULE}", 1))
        run = self.trawl("verify", "run", code=harness.CHECK_FAILED)
        self.assertIn("but the catalog does not prove that", run.stderr + run.stdout)

    def test_a_damaged_catalog_is_not_used(self):
        self.trawl("index", "--catalog", "--columns", "record_id", "data")
        path = self.folder / "data" / "trawl.catalog"
        whole = path.read_bytes()
        expected = self.search("record_id = 3500")["result_digest"]
        for damaged in (whole[:700], b"", whole[:600] + b"\xff" + whole[601:], b"nonsense" + whole[8:],
                        whole[:-100] + bytes(100)):
            path.write_bytes(damaged)
            self.assertEqual(self.search("record_id = 3500")["result_digest"], expected)
            self.trawl("verify", "run")
        for at in range(5000, len(whole), max(1, len(whole) // 40)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1:])
            self.assertEqual(self.search("record_id = 3500")["result_digest"], expected, at)

    def test_below_the_folder_of_the_catalog(self):
        for name in ("a", "b"):
            shutil.copytree(self.folder / "data", self.folder / "all" / name)
        self.trawl("index", "--catalog", "--columns", "record_id", "all")
        self.assertTrue((self.folder / "all" / "trawl.catalog").exists())
        self.search("record_id = 3500", data="all")
        self.assertEqual(len(self.pruned_by_catalog()), 78)

    def test_refusals(self):
        run = self.trawl("index", "--catalog", "--columns", "usr_id", "data", code=harness.BAD_INPUT)
        self.assertIn("Did you mean 'user_id'?", run.stderr)
        self.trawl("index", "--catalog", "--sketch", "--columns", "user_id", "data", code=harness.BAD_INPUT)
        self.trawl("index", "--catalog", "--columns", "user_id", "gen:transactions", code=harness.BAD_INPUT)
        self.trawl("index", "--catalog", "--columns", "user_id", "data")
        run = self.trawl("index", "--catalog", "--columns", "user_id", "data", code=harness.BAD_INPUT)
        self.assertIn("exists already", run.stderr)
        (self.folder / "data" / "transactions-00002.h5").write_bytes(b"not HDF5")
        run = self.trawl("index", "--catalog", "--overwrite", "--columns", "user_id", "data", code=harness.INCOMPLETE)
        self.assertIn("left out", run.stderr)


if __name__ == "__main__":
    harness.main()
