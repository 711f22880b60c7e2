"""Files that other programs wrote are searched in place."""

import json

import h5py
import harness
import numpy as np
import tables
from harness import INCOMPLETE, CliTest

ROWS = 150_000  # three row groups


class Foreign(CliTest):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(1)
        self.energy = np.where(rng.random(ROWS) < 0.01, np.nan, rng.exponential(100.0, ROWS))
        self.id = np.arange(ROWS, dtype=">i4")
        self.ok = rng.random(ROWS) > 0.5
        self.tag = np.array([b"a", b"bb", b"ccc"])[rng.integers(0, 3, ROWS)]
        self.expected = [int(i) for i in np.flatnonzero((self.energy > 700) & self.ok & (self.tag == b"bb"))]
        self.assertGreater(len(self.expected), 5)

    def found(self, *args, **kw):
        report = self.trawl("search", "--where", "energy > 700 AND ok AND tag = 'bb'", "--json", "--overwrite", "--run-dir",
                            "run", *args, **kw).json()
        self.trawl("verify", "run", "--rescan", 1, ranks=2)
        rows = [json.loads(line)["row"] for line in (self.folder / "run/matches.jsonl").read_text().splitlines()]
        return rows, report["certificate"]

    def assert_found(self, *args):
        certificates = set()
        for ranks in (0, 1, 3):
            rows, certificate = self.found(*args, ranks=ranks)
            self.assertEqual(rows, self.expected)
            certificates.add(certificate)
        self.assertEqual(len(certificates), 1)

    def test_a_group_of_columns_as_h5py_writes_it(self):
        with h5py.File(self.folder / "f.h5", "w") as file:
            for name in ("energy", "id", "ok", "tag"):
                file.create_dataset(f"events/hits/{name}", data=getattr(self, name), compression="gzip", chunks=(10_000,))
            file["notes/x"] = np.arange(5)
        self.assert_found("f.h5", "--table", "/events/hits")
        run = self.trawl("search", "--where", "energy > 1", "f.h5", "--run-dir", "none", code=INCOMPLETE)
        self.assertIn("/events/hits, /notes", run.stderr)
        self.assertIn("--table", run.stderr)

    def test_a_table_as_pytables_writes_it(self):
        class Row(tables.IsDescription):
            energy = tables.Float64Col()
            id = tables.Int32Col()
            ok = tables.BoolCol()
            tag = tables.StringCol(3)

        with tables.open_file(self.folder / "p.h5", "w") as file:
            table = file.create_table("/", "t", Row)
            table.append(list(zip(self.energy, self.id, self.ok, self.tag)))
        self.assert_found("p.h5")

    def test_what_leads_out_of_the_file_is_refused_by_name(self):
        with h5py.File(self.folder / "other.h5", "w") as file:
            file["x"] = np.arange(5)
        with h5py.File(self.folder / "f.h5", "w") as file:
            file["t/x"] = np.arange(5)
            file["t/y"] = h5py.ExternalLink("other.h5", "/x")
        run = self.trawl("search", "--where", "x > 1", "f.h5", "--run-dir", "run", code=INCOMPLETE)
        self.assertIn("/t/y", run.stderr)
        self.assertIn("external", run.stderr)


if __name__ == "__main__":
    harness.main()
