"""What exact evidence costs beside reading its columns, and how wrong other sums of it are. JSON.

    python3 bench/evidence/run.py --build build/release --out evidence.json [--rows 1000000,10000000,100000000] [--cold]
    python3 bench/evidence/run.py --rows 1000000000 --cold --repeat 1 --errors - --out evidence-1e9.json      # 30 GB of data
    python3 bench/evidence/run.py --table evidence.json

Data is made once below --data (default: bench-data/evidence), about 29 bytes a row. "Reading" is `trawl search --count` with a
predicate that has to look at every value of the five columns that evidence is made of (entity, source, id, log_odds, weight):
they are read and decoded whole, once, and compared with a number; no match is kept. `trawl evidence` reads three of them twice.
Both run with the same ranks and threads. With --cold the data is put out of the system's cache before every run; without, it is
in there, as far as it fits. Seconds are those of the whole run but the start of the program. Every digest must be the same.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = "entity <> -1 AND source <> -1 AND id <> 1 AND log_odds <> 77 AND weight >= 0"
DATASETS = 8


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="build folder with trawl and sum_errors")
    parser.add_argument("--data", default="bench-data/evidence")
    parser.add_argument("--out", help="results, JSON")
    parser.add_argument("--rows", default="1000000,10000000,100000000", help="multiples of 8; - for none")
    parser.add_argument("--entities", type=int, default=10_000)
    parser.add_argument("--sources", type=int, default=100)
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--threads", type=int, help="of each rank (default: all cores over the ranks)")
    parser.add_argument("--options", default="", help="more options of trawl evidence, as one word")
    parser.add_argument("--cold", action="store_true", help="put the data out of the system's cache before every run")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--digests", default="1,2,3,4,7,8", help="ranks whose digests are compared; - for none")
    parser.add_argument("--digest-rows", type=int, default=10_000_000, help="and up to how many rows")
    parser.add_argument("--errors", default="1000000,10000000,100000000", help="contributions in the table of errors; - for none")
    parser.add_argument("--conditions", default="0,4,8,16,32,64,128,200,300", help="powers of ten; - for none")
    parser.add_argument("--terms", type=int, default=100_000_000, help="of ill-conditioned sums")
    parser.add_argument("--mpirun", default="mpirun --oversubscribe --bind-to none")
    parser.add_argument("--table", help="print the table of results that are there, and do nothing else")
    args = parser.parse_args()
    args.threads = args.threads or max(1, len(os.sched_getaffinity(0)) // args.ranks)
    return args


def tell(text):
    print(text, file=sys.stderr, flush=True)


def numbers(text):
    return [] if text == "-" else [int(word) for word in text.split(",")]


class Bench:
    def __init__(self, args):
        self.args = args
        self.build = pathlib.Path(args.build).resolve()
        self.results = {"machine": machine(), "memory_gb": memory_gb(), "ranks": args.ranks, "threads": args.threads,
                        "commit": commit(), "entities": args.entities, "sources": args.sources, "cold": args.cold,
                        "options": args.options, "growth": [], "digests": [], "errors": [], "conditioned": []}

    def run(self, words, ranks=0):
        """Standard output, and the peak memory of every rank in KB."""
        words = ["/usr/bin/time", "-f", "peak %M", *words]
        if ranks:
            words = [*self.args.mpirun.split(), "-n", ranks, *words]
        env = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMPI_MCA_mpi_yield_when_idle": "1"}
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, env=env)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}\n{done.stderr}")
        return done.stdout, [int(kb) for kb in re.findall(r"^peak (\d+)$", done.stderr, re.MULTILINE)]

    def data(self, rows):
        args = self.args
        if rows % DATASETS:
            sys.exit(f"run.py: --rows: {rows} is no multiple of {DATASETS}")
        folder = pathlib.Path(args.data).resolve() / f"{rows}x{args.entities}x{args.sources}"
        made = folder / "made.json"
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            begin = time.monotonic()
            self.run([self.build / "src/trawl", "generate", "evidence", "--datasets", DATASETS, "--rows", rows // DATASETS,
                      "--entities", args.entities, "--sources", args.sources, "--lying-sources", 0.3, "--out", folder / "tables"])
            size = sum(path.stat().st_size for path in (folder / "tables").glob("*.h5"))
            made.write_text(json.dumps({"seconds": time.monotonic() - begin, "bytes": size}))
            tell(f"made {rows} rows: {made.read_text()}")
        return folder, json.loads(made.read_text())

    def trawl(self, folder, *words, ranks=None, threads=None, repeat=None):
        """The median of some runs by their seconds, and all seconds."""
        args = self.args
        ranks, threads = ranks or args.ranks, threads or args.threads
        runs = []
        for _ in range(repeat or args.repeat):
            if args.cold:
                put_out(folder / "tables")
            out, peaks = self.run([self.build / "src/trawl", words[0], folder / "tables", *words[1:], "--threads", threads,
                                   "--run-dir", folder / "run", "--overwrite", "--json"], ranks if ranks > 1 else 0)
            runs.append({**json.loads(out), "peak_kb": max(peaks)})
            record = json.loads((folder / "run/run_record.json").read_text())["performance"]
            runs[-1]["phases"] = {name: span["max"] for name, span in record["phases"].items()}
            runs[-1]["bytes_read"] = record["bytes_read"]
        runs.sort(key=lambda run: run["seconds"])
        return {**runs[len(runs) // 2], "all_seconds": [run["seconds"] for run in runs]}

    def growth(self, rows):
        folder, made = self.data(rows)
        read = self.trawl(folder, "search", "--where", COLUMNS, "--count", "--no-zone-maps", "--no-index")
        if read["matches"] != rows:
            sys.exit(f"run.py: reading looked at {read['matches']} of {rows} rows")
        evidence = self.trawl(folder, "evidence", *self.args.options.split(), "--audit", 0)
        keep = ("seconds", "all_seconds", "peak_kb", "phases", "bytes_read")
        row = {"rows": rows, "made_s": made["seconds"], "file_bytes": made["bytes"],
               "read": {key: read[key] for key in keep}, "evidence": {key: evidence[key] for key in keep},
               "ratio": evidence["seconds"] / read["seconds"],
               **{key: evidence[key] for key in ("entities", "statements", "records", "duplicates", "withheld", "compared_rows",
                                                 "result_digest")}}
        self.results["growth"].append(row)
        tell({key: row[key] for key in ("rows", "ratio", "result_digest")} | {"s": row["evidence"]["seconds"]})
        if rows <= self.args.digest_rows:
            self.digests(folder, row)

    def digests(self, folder, row):
        for ranks in numbers(self.args.digests):
            got = self.trawl(folder, "evidence", *self.args.options.split(), ranks=ranks, threads=1, repeat=1)
            self.results["digests"].append({"rows": row["rows"], "ranks": ranks, "seconds": got["seconds"],
                                            "peak_kb": got["peak_kb"], "result_digest": got["result_digest"]})
            if got["result_digest"] != row["result_digest"]:
                sys.exit(f"run.py: DEFECT: {row['rows']} rows, {ranks} ranks: digest {got['result_digest']} is not "
                         f"{row['result_digest']}")
        tell(f"{row['rows']} rows: the same digest on {self.args.digests} ranks")

    def errors(self):
        program = self.build / "bench/evidence/sum_errors"
        if not program.exists():
            tell("no sum_errors (it needs MPFR): no errors")
            return
        for rows in numbers(self.args.errors):
            source = f"gen:evidence?datasets=1&rows={rows}&entities={self.args.entities}&sources={self.args.sources}&lying_sources=0.3"
            self.results["errors"].append(json.loads(self.run([program, "evidence", source])[0]))
            tell(self.results["errors"][-1])
        for power in numbers(self.args.conditions):
            self.results["conditioned"].append(json.loads(self.run([program, "conditioned", self.args.terms, power])[0]))
            tell(self.results["conditioned"][-1])
        for row in self.results["errors"] + self.results["conditioned"]:
            if row["exact"]["ulps"] != 0:
                sys.exit(f"run.py: DEFECT: the exact sum is wrong: {row}")


def put_out(folder):
    """Out of the system's cache: what was written is on disk."""
    for path in folder.glob("*.h5"):
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def machine():
    names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {len(names)} cores"


def memory_gb():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def commit():
    done = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip()


def table(results):
    cold = "not in the system's cache" if results["cold"] else "in the system's cache as far as it fits"
    out = [f"{results['machine']}, {results['memory_gb']:.0f} GB; {results['ranks']} ranks of {results['threads']} threads; commit "
           f"{results['commit']}; {results['entities']:,} entities, {results['sources']} sources; data {cold}.", "",
           "| contributions | made, s | on disk | read, s | evidence, s | beside reading | M rows/s | peak of a rank | compared whole |",
           "|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for row in results["growth"]:
        seconds = row["evidence"]["seconds"]
        out.append(f"| {row['rows']:,} | {row['made_s']:.0f} | {row['file_bytes'] / 1e9:.2f} GB | {row['read']['seconds']:.2f} "
                   f"| {seconds:.2f} | {row['ratio']:.2f} | {row['rows'] / seconds / 1e6:.1f} "
                   f"| {row['evidence']['peak_kb'] / 1e6:.2f} GB | {row['compared_rows']:,} |")
    for rows in sorted({row["rows"] for row in results["digests"]}):
        same = [row for row in results["digests"] if row["rows"] == rows]
        out += ["", f"{rows:,} contributions, one thread a rank, digest {same[0]['result_digest'][:16]} on all:", "",
                "| ranks | s | peak of a rank |", "|---:|---:|---:|"]
        out += [f"| {row['ranks']} | {row['seconds']:.2f} | {row['peak_kb'] / 1e6:.2f} GB |" for row in same]
    for name, title in (("errors", "Errors in units in the last place, contributions of the generator as one case"),
                        ("conditioned", "Ill-conditioned sums")):
        if results[name]:
            out += ["", f"{title}; in brackets ns per term, 1 thread:", "",
                    "| terms | condition | naive | Kahan | pairwise | exact |", "|---:|---:|---:|---:|---:|---:|"]
        for row in results[name]:
            ways = [f"{row[way]['ulps']:.3g} ({row[way]['ns_per_term']:.2f})" for way in ("naive", "kahan", "pairwise", "exact")]
            out.append(f"| {row['terms']:,} | {row['condition']:.1e} | {' | '.join(ways)} |")
    return "\n".join(out)


def main():
    args = arguments()
    if args.table:
        print(table(json.loads(pathlib.Path(args.table).read_text())))
        return
    if not args.out:
        sys.exit("run.py: --out says where the results go")
    bench = Bench(args)
    bench.results["started"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for rows in numbers(args.rows):
        bench.growth(rows)
    bench.errors()
    pathlib.Path(args.out).write_text(json.dumps(bench.results, indent=1) + "\n")
    print(table(bench.results))


main()
