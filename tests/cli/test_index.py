"""trawl index, --filter and --sketch: searches find the same with them, prove it, and read less."""

import json
import shutil

import harness

NEEDLES = "user_id = 12345 AND action = 'purchase' AND amount > 10000"
QUESTIONS = [
    NEEDLES,
    "user_id IN (12345, 5, 17) OR record_id = 77",
    "NOT user_id = 12345 AND amount BETWEEN 20 AND 20.2",
    "amount >= 30 AND amount < 30.5 AND time < '2024-06-01'",
    "country = 'FR' AND user_id != 12345 AND record_id IN (3, 4, 5, 100000)",
]


class Index(harness.CliTest):
    def generate(self, folder, *options):
        self.trawl("generate", "transactions", "--datasets", 2, "--rows", 60000, "--row-group-rows", 2048, "--seed", 3,
                   "--null-rate", 0.02, "--no-text", *options, "--out", folder)

    def search(self, folder, where, *options, ranks=0, code=harness.COMPLETE):
        run = self.trawl("search", "--json", "--overwrite", "--run-dir", "run", "--where", where, *options, folder,
                         ranks=ranks, code=code)
        return run.json()

    def test_results_are_the_same_with_any_index_and_codec(self):
        self.generate("plain", "--codec", "gzip")
        screens = ("--filter", "user_id,record_id,country,amount", "--sketch", "user_id,amount,time,record_id")
        for codec in ("none", "packed"):
            self.generate(codec, "--codec", codec, *screens)
        self.generate("bytes", "--codec", "none", "--sketch-bytes", 1, *screens)
        for where in QUESTIONS:
            expected = self.search("plain", where)["result_digest"]
            for codec in ("none", "packed", "bytes"):
                for options in ((), ("--no-index",), ("--audit", 1)):
                    found = self.search(codec, where, *options)
                    self.assertEqual(found["result_digest"], expected, (where, codec, options))
                    self.trawl("verify", "run", "--rescan", "0.1")

    def test_sketches_of_two_bytes_leave_less_to_be_read(self):
        read = []
        for width in (1, 2):
            self.trawl("generate", "transactions", "--datasets", 1, "--rows", 60000, "--seed", 3, "--codec", "none",
                       "--sketch", "amount", "--sketch-bytes", width, "--null-rate", 0, "--out", f"wide{width}")
            self.search(f"wide{width}", "amount BETWEEN 100 AND 200", "--count", "--audit", 0)
            read.append(json.loads((self.folder / "run" / "run_record.json").read_text())["performance"]["bytes_read"])
        self.assertLess(read[1], 0.7 * read[0])
        # Another index leaves a sketch as wide as it is.
        before = {name: sum(p.stat().st_size for p in (self.folder / name).glob("*.h5")) for name in ("wide1", "wide2")}
        for name in before:
            self.trawl("index", "--columns", "country", name)
        after = {name: sum(p.stat().st_size for p in (self.folder / name).glob("*.h5")) for name in before}
        self.assertGreater(after["wide1"], before["wide1"])
        self.assertAlmostEqual(after["wide2"] - after["wide1"], before["wide2"] - before["wide1"], delta=5000)

    def test_filters_prune(self):
        self.generate("data", "--filter", "user_id")
        where = "user_id = 12345 AND amount >= 0"
        self.assertGreater(self.search("data", where)["pruned"], self.search("data", where, "--no-index")["pruned"])
        self.search("data", where)
        certificate = (self.folder / "run" / "certificate.json").read_text()
        self.assertIn("[membership filter]", certificate)

    def test_any_ranks_and_threads_give_the_same_certificate(self):
        self.generate("data", "--codec", "none", "--filter", "user_id", "--sketch", "user_id,amount")
        for where in QUESTIONS[:3]:
            seen = set()
            for ranks in (0, 1, 2, 3, 4, 7, 8):
                for threads in (1, 2):
                    found = self.search("data", where, "--threads", threads, ranks=ranks)
                    seen.add((found["result_digest"], found["certificate"]))
            self.assertEqual(len(seen), 1, where)

    def test_index_is_added_inside_or_beside(self):
        self.generate("inside", "--codec", "none", "--sketch", "time")
        shutil.copytree(self.folder / "inside", self.folder / "beside")
        before = self.digests("beside")
        self.trawl("index", "--columns", "user_id", "inside")
        self.trawl("index", "--columns", "user_id,amount", "--filter", "--sketch", "--sidecar", "beside")
        for name, digest in before.items():
            self.assertEqual(self.digests("beside")[name], digest)
        inspected = self.trawl("inspect", "--json", "inside").json()["datasets"][0]["columns"]
        self.assertEqual({c["name"]: c["index"] for c in inspected if c["index"]},
                         {"user_id": ["filter"], "time": ["sketch"]})
        where = "user_id = 12345 AND amount >= 0"
        inside, beside = self.search("inside", where), self.search("beside", where)
        self.trawl("verify", "run")
        self.assertEqual(inside["result_digest"], beside["result_digest"])
        self.assertEqual(inside["pruned"], beside["pruned"])
        self.assertGreater(inside["pruned"], 0)
        self.trawl("index", "--columns", "user_id", "--sidecar", "beside", code=harness.BAD_INPUT)  # is there already
        self.trawl("index", "--columns", "user_id", "--sidecar", "--overwrite", "beside")

    def test_an_index_of_other_data_is_not_used(self):
        self.generate("data")
        self.trawl("index", "--columns", "user_id", "--sidecar", "data")
        self.trawl("generate", "transactions", "--datasets", 2, "--rows", 60000, "--row-group-rows", 2048, "--seed", 4,
                   "--no-text", "--overwrite", "--out", "data")
        run = self.trawl("search", "--count", "--overwrite", "--run-dir", "run", "--where", NEEDLES, "data")
        self.assertIn("index not used", run.stderr)
        self.assertEqual(run.stdout, "7\n")

    def test_a_damaged_index_means_scan(self):
        self.generate("data", "--codec", "none")
        self.trawl("index", "--columns", "user_id,amount", "--filter", "--sketch", "--sidecar", "data")
        expected = self.search("data", NEEDLES)["result_digest"]
        for path in (self.folder / "data").glob("*.trawl-index"):
            content = bytearray(path.read_bytes())
            for at in range(6000, len(content) - 60000, 997):
                content[at] ^= 0x55
            path.write_bytes(content)
        self.assertEqual(self.search("data", NEEDLES)["result_digest"], expected)

    def test_foreign_files_are_indexed_beside(self):
        script = ("import h5py, numpy as np\n"
                  "with h5py.File('f.h5', 'w') as f:\n"
                  "    r = np.random.default_rng(1)\n"
                  "    f['id'] = r.integers(0, 1 << 40, 200000)\n"
                  "    f['x'] = np.arange(200000) / 100.0\n")
        import subprocess
        subprocess.run(["/usr/bin/python3", "-c", script], cwd=self.folder, check=True)
        where = "x BETWEEN 20 AND 20.5 AND id > 5"
        plain = self.search("f.h5", where)
        self.assertIn("--sidecar", self.trawl("index", "--columns", "x", "f.h5", code=harness.BAD_INPUT).stderr)
        self.trawl("index", "--columns", "id,x", "--filter", "--sketch", "--sidecar", "f.h5")
        indexed = self.search("f.h5", where)
        self.trawl("verify", "run")
        self.assertEqual(indexed["result_digest"], plain["result_digest"])
        self.assertEqual(plain["pruned"], 0)
        self.assertGreater(indexed["pruned"], 0)

    def test_a_forged_proof_is_found(self):
        self.generate("data", "--filter", "user_id")
        self.search("data", "user_id = 12345 AND amount >= 0")
        path = self.folder / "run" / "certificate.json"
        certificate = json.loads(path.read_text())
        text = json.dumps(certificate).replace("user_id = 12345 [membership filter]", "user_id = 12346 [membership filter]")
        path.write_text(text)
        self.trawl("verify", "run", code=harness.CHECK_FAILED)

    def test_mistakes_are_told(self):
        self.generate("data")
        for options in (("--columns", "usr_id"), ("--columns", "action", "--sketch"), ()):
            self.trawl("index", *options, "data", code=harness.BAD_INPUT)
        self.assertIn("'user_id'", self.trawl("index", "--columns", "usr_id", "data", code=harness.BAD_INPUT).stderr)
        self.trawl("generate", "transactions", "--rows", 10, "--filter", "nothing", "--out", "other", code=harness.BAD_INPUT)


class Clustering(harness.CliTest):
    def test_order_changes_no_answer_and_prunes(self):
        data = ("generate", "transactions", "--datasets", 1, "--rows", 40000, "--row-group-rows", 1024, "--seed", 5,
                "--null-rate", 0.05, "--text")
        self.trawl(*data, "--out", "plain")
        self.trawl(*data, "--cluster-by", "user_id,amount", "--out", "clustered")
        self.trawl(*data, "--cluster-by", "note", "--cluster-rows", 1024, "--out", "by-text")
        for where in (NEEDLES, "user_id BETWEEN 0 AND 9000000000", "amount BETWEEN 20 AND 20.5", "note IS NULL"):
            found = {}
            pruned = {}
            for folder in ("plain", "clustered", "by-text"):
                run = self.trawl("search", "--format", "csv", "--select", "record_id", "--overwrite", "--run-dir", "run",
                                 "--where", where, folder)
                ids = sorted(line.split(",")[-1] for line in run.stdout.splitlines()[1:])
                found[folder] = ids
                record = json.loads((self.folder / "run" / "run_record.json").read_text())
                pruned[folder] = record["coverage"]["pruned"]
            self.assertEqual(found["plain"], found["clustered"], where)
            self.assertEqual(found["plain"], found["by-text"], where)
            if "BETWEEN" in where:
                self.assertGreater(pruned["clustered"], pruned["plain"], where)
        inspected = self.trawl("inspect", "--json", "clustered").json()["datasets"][0]
        self.assertEqual(inspected["clustered_by"], ["user_id", "amount"])

    def test_ranks_and_threads_write_the_same(self):
        data = ("generate", "transactions", "--datasets", 3, "--rows", 5000, "--row-group-rows", 512, "--seed", 5,
                "--cluster-by", "time,user_id", "--cluster-rows", 2000, "--filter", "user_id")
        self.trawl(*data, "--threads", 1, "--out", "one")
        for ranks, threads in ((1, 2), (2, 1), (3, 2)):
            self.trawl(*data, "--threads", threads, "--overwrite", "--out", "other", ranks=ranks)
            self.assertEqual(self.digests("one"), self.digests("other"))


if __name__ == "__main__":
    harness.main()
