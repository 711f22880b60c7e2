"""How the cost of a search grows: with ranks and threads, with rows, and with the number of files.

    python3 bench/scaling/run.py --out scaling.json --svg scaling.svg           about a minute
    python3 bench/scaling/run.py --full --out scaling.json --svg scaling.svg --update docs/performance.md

All runs are `trawl search` as users start it, with run directory and certificate. Times are those of the run record
(phases; process start and MPI start left out) and, beside them, of the whole process. A run's count must be that of all
other runs over the same rows.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "bench" / "compare"))
import measure  # noqa: E402
from report import markdown, plot  # noqa: E402
from table import update  # noqa: E402

WHERE = "user_id = 12345 AND action = 'purchase' AND amount > 10000"
NEEDLES = 7
DATASETS = 8
STORED = 10**7  # rows up to which datasets are written; larger ones come from the generator while they are searched
BEGIN, END = "<!-- scaling begin -->", "<!-- scaling end -->"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all sizes: rows to 10^9, 10,000 files")
    parser.add_argument("--ranks", default="1,2,4")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rows", type=int, default=0, help="rows of the runs over ranks and threads (10^6; full: 10^8)")
    parser.add_argument("--most-rows", type=int, default=0, help="rows grow tenfold from 10^6 up to this (10^8; full: 10^9)")
    parser.add_argument("--files", type=int, default=0, help="number of small files (1000; full: 10000)")
    parser.add_argument("--file-rows", help="rows of a small file, one or more sizes (1000; full: 1000,10000: 4 GB)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each kind; the median counts")
    parser.add_argument("--data", help="folder for datasets; default: a temporary one, removed after")
    parser.add_argument("--trawl", type=pathlib.Path, help="the program; default: build/release, brought up to date first")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="results, JSON")
    parser.add_argument("--svg", type=pathlib.Path)
    parser.add_argument("--update", type=pathlib.Path, help=f"page whose block between {BEGIN} and {END} is replaced")
    args = parser.parse_args()
    args.rows = args.rows or (10**8 if args.full else 10**7)
    args.most_rows = args.most_rows or (10**9 if args.full else 10**8)
    args.files = args.files or (10_000 if args.full else 1000)
    args.file_rows = [int(n) for n in (args.file_rows or ("1000,10000" if args.full else "1000")).split(",")]
    return args


def program(args):
    if args.trawl:
        return args.trawl.resolve()
    measure.call(["cmake", "--preset", "release", "-S", SOURCE])
    measure.call(["cmake", "--build", SOURCE / "build" / "release", "--target", "trawl"])
    return SOURCE / "build" / "release" / "src" / "trawl"


class Scaling:
    def __init__(self, args, folder):
        self.args = args
        self.trawl = program(args)
        self.folder = folder

    def launch(self, ranks):
        return ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks)] if ranks > 1 else []

    def search(self, source, ranks, threads):
        """One run; its performance as the run record tells it, and the seconds of the whole process."""
        run_dir = self.folder / "run"
        words = [*self.launch(ranks), self.trawl, "search", "--where", WHERE, "--count", "--quiet", "--no-progress",
                 "--threads", threads, "--run-dir", run_dir, "--overwrite", source]
        begin = time.perf_counter()
        matches = int(measure.call(words, measure.MPI_AS_ROOT))
        process_s = time.perf_counter() - begin
        measure.check_count(WHERE, f"{ranks} ranks with {threads} threads over {source}", matches, NEEDLES)
        record = json.loads((run_dir / "run_record.json").read_text())
        return {"process_s": process_s, "rows": record["coverage"]["rows"], **record["performance"]}

    def median(self, what, source, ranks, threads, warm=True):
        if warm:
            self.search(source, ranks, threads)
        runs = sorted((self.search(source, ranks, threads) for _ in range(self.args.repeat)), key=lambda r: r["seconds"])
        middle = runs[len(runs) // 2]
        result = {"ranks": ranks, "threads": threads, "rows": middle["rows"], "seconds": middle["seconds"],
                  "min_s": runs[0]["seconds"], "max_s": runs[-1]["seconds"], "process_s": middle["process_s"],
                  "ns_per_row": middle["seconds"] / middle["rows"] * 1e9,
                  "load_balance": middle["load_balance"], "serial_fraction": middle["serial_fraction"],
                  "phases_s": {name: phase["max"] for name, phase in middle["phases"].items()}, "source": what}
        measure.tell(f"  {what}: {ranks} ranks, {threads} threads, {middle['rows']:,} rows: {middle['seconds'] * 1e3:.2f} ms")
        return result

    def generate(self, name, datasets, rows):
        folder = self.folder / name
        if not folder.exists():
            partial = folder.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            measure.call([self.trawl, "generate", "transactions", "--quiet", "--datasets", datasets, "--rows", rows,
                          "--needles", NEEDLES, "--codec", "none", "--out", partial])
            partial.rename(folder)
        return folder

    @staticmethod
    def generated(rows):
        return f"gen:transactions?datasets={DATASETS}&rows={rows // DATASETS}&needles={NEEDLES}"

    def source(self, rows):
        if rows <= STORED:
            return "stored", self.generate(f"rows-{rows}", DATASETS, rows // DATASETS)
        return "generated", self.generated(rows)

    def ranks_and_threads(self):
        measure.tell("ranks and threads")
        what, source = self.source(self.args.rows)
        ranks, threads = ([int(n) for n in text.split(",")] for text in (self.args.ranks, self.args.threads))
        return [self.median(what, source, r, t) for r in ranks for t in threads]

    def rows(self):
        measure.tell("rows")
        threads = len(os.sched_getaffinity(0))
        results, rows = [], 10**6
        while rows <= self.args.most_rows:
            what, source = self.source(rows)
            results.append(self.median(what, source, 1, threads, warm=what == "stored"))
            if rows == STORED:  # the step from stored to generated data, at one size
                results.append(self.median("generated", self.generated(rows), 1, threads))
            rows *= 10
        return results

    def floor(self, folder, threads):
        """Microseconds per file that the system takes to list, open and read the headers."""
        program = self.folder / "file_floor"
        if not program.exists():
            measure.call(["c++", "-O2", "-std=c++20", "-pthread", SOURCE / "bench" / "scaling" / "file_floor.cpp", "-o", program])
        listing, reading = measure.call([program, folder, threads]).split()
        return float(listing) + float(reading)

    def files(self):
        measure.tell("many small files")
        threads = len(os.sched_getaffinity(0))
        results = []
        for rows in self.args.file_rows:
            folder = self.generate(f"files-{self.args.files}x{rows}", self.args.files, rows)
            (folder / "trawl.catalog").unlink(missing_ok=True)
            runs = [self.median("files", folder, 1, threads), self.median("files", folder, 2, max(1, threads // 2))]
            measure.call([self.trawl, "index", "--quiet", "--catalog", "--columns", "user_id", folder])
            runs.append(self.median("files, catalog", folder, 1, threads))
            floor = self.floor(folder, threads)
            for result in runs:
                result["files"] = self.args.files
                result["floor_us"] = floor
                result["metadata_share"] = sum(result["phases_s"].get(p, 0) for p in ("open", "plan")) / result["seconds"]
            results += runs
        return results


def measured(args, folder):
    scaling = Scaling(args, folder)
    return {"date": measure.now(), "commit": measure.commit(SOURCE), "machine": measure.machine(), "repeat": args.repeat,
            "where": WHERE, "ranks_and_threads": scaling.ranks_and_threads(), "rows": scaling.rows(), "files": scaling.files()}


def main():
    args = arguments()
    try:
        if args.data:
            pathlib.Path(args.data).mkdir(parents=True, exist_ok=True)
            results = measured(args, pathlib.Path(args.data).resolve())
        else:
            with tempfile.TemporaryDirectory(prefix="trawl-scaling-") as folder:
                results = measured(args, pathlib.Path(folder))
    except (measure.WrongCount, measure.Failed, subprocess.TimeoutExpired) as error:
        sys.exit(f"run.py: {type(error).__name__}: {error}")
    args.out.write_text(json.dumps(results, indent=1) + "\n")
    block = markdown(results)
    if args.svg:
        args.svg.write_text(plot(results))
        if args.update:
            block += f"\n![Time by rows]({os.path.relpath(args.svg, args.update.parent)})\n"
    if args.update:
        update(args.update, block, BEGIN, END)
    else:
        print(block, end="")


if __name__ == "__main__":
    main()
