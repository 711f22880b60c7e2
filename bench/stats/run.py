"""What exact statistics of many agents cost: growth with their number, and beside group-by of pandas and DuckDB. JSON.

    python3 bench/stats/run.py --build build/release --out stats.json [--node-modules DIR] [--agents 100000 --records 100]
    python3 bench/stats/run.py --table stats.json

Data is made once below --data (default: bench-data/stats). Peers that are not installed are skipped and listed. Peers compute
mean and standard deviation of every feature per agent, in doubles; trawl computes these exactly, with intervals, all nodes above,
and quantiles and distinct values unless told not to; it writes a line of each agent, and certifies them. Their time is that of the
query alone, on data in memory; that of trawl is of the whole run but the start of the program.
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
FEATURES = 10


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="build folder with trawl and make_measurements")
    parser.add_argument("--data", default="bench-data/stats")
    parser.add_argument("--out", help="results, JSON")
    parser.add_argument("--agents", type=int, default=100_000, help="beside the peers")
    parser.add_argument("--records", type=int, default=100, help="of each agent, beside the peers")
    parser.add_argument("--growth", default="1000,10000,100000,1000000", help="agents with 10 records each; - for none")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--node-modules", help="where @duckdb/node-api is")
    parser.add_argument("--python", default="/usr/bin/python3", help="the Python that has numpy and pandas")
    parser.add_argument("--table", help="print the table of results that are there, and do nothing else")
    return parser.parse_args()


def tell(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, args):
        self.args = args
        self.build = pathlib.Path(args.build).resolve()
        self.results = {"machine": machine(), "threads": args.threads, "commit": commit(), "growth": [], "beside": [], "skipped": []}

    def data(self, agents, records):
        folder = pathlib.Path(self.args.data).resolve() / f"{agents}x{records}"
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            subprocess.run([self.build / "bench/stats/make_measurements", str(agents), str(records), str(FEATURES), folder],
                           check=True)
            (folder / "done").touch()
        return folder

    def trawl(self, folder, *options):
        """Seconds, phases and peak memory of one run; the median of the seconds."""
        run = folder / "run"
        words = ["/usr/bin/time", "-f", "%M", self.build / "src/trawl", "stats", folder / "tables", "--features",
                 ",".join(f"f{j}" for j in range(FEATURES)), "--group-by", "agent", "--threads", self.args.threads,
                 "--run-dir", run, "--overwrite", "--json", *options]
        runs = []
        for _ in range(self.args.repeat):
            done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=True)
            report = json.loads(done.stdout)
            runs.append({"seconds": report["seconds"], "peak_kb": int(done.stderr.split()[-1]),
                         "entities": report["entities"], "records": report["records"]})
        return sorted(runs, key=lambda r: r["seconds"])[len(runs) // 2]

    def growth(self):
        for agents in map(int, self.args.growth.split(",")):
            folder = self.data(agents, 10)
            row = {"agents": agents, "exact": self.trawl(folder), "fixed": self.trawl(folder, "--fixed-point", "2^-20")}
            row["all_pairs_s"] = self.all_pairs(folder, agents)
            tell(row)
            self.results["growth"].append(row)

    def all_pairs(self, folder, agents):
        """Correlations of all pairs of agents' mean vectors by numpy; None where the matrix does not fit."""
        if agents > 20_000:
            return None
        return self.python(PAIRS, folder, agents)

    def python(self, program, folder, agents):
        env = {**os.environ, "OMP_NUM_THREADS": str(self.args.threads), "OPENBLAS_NUM_THREADS": str(self.args.threads)}
        done = subprocess.run([self.args.python, "-c", program, str(folder), str(agents), str(FEATURES)], capture_output=True,
                              text=True, env=env)
        if done.returncode != 0:
            self.results["skipped"].append(done.stderr.strip().split("\n")[-1])
            return None
        return json.loads(done.stdout)

    def beside(self):
        agents, records = self.args.agents, self.args.records
        folder = self.data(agents, records)
        rows = self.results["beside"]
        for name, options in (("trawl, exact", ()), ("trawl, exact, --no-distributions", ("--no-distributions",)),
                              ("trawl, exact, --correlate", ("--correlate",)),
                              ("trawl, fixed point", ("--fixed-point", "2^-20"))):
            rows.append({"engine": name, **self.trawl(folder, *options)})
            tell(rows[-1])
        pandas = self.python(PANDAS, folder, agents)
        if pandas:
            rows.append(pandas)
        if self.args.node_modules and shutil.which("node"):
            env = {**os.environ, "NODE_PATH": str(pathlib.Path(self.args.node_modules).resolve())}
            done = subprocess.run(["node", HERE / "peer_duckdb.js", str(agents), str(records), str(FEATURES),
                                   str(self.args.threads), str(self.args.repeat)], capture_output=True, text=True, env=env)
            if done.returncode == 0:
                rows.append(json.loads(done.stdout))
            else:
                self.results["skipped"].append(done.stderr.strip()[-300:])
        else:
            self.results["skipped"].append("DuckDB: no --node-modules, or no node")
        for row in rows:
            tell(row)


PAIRS = """
import json, sys, time, numpy
folder, agents, features = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
agent = numpy.fromfile(folder + '/columns/agent', numpy.int64)
count = numpy.bincount(agent, minlength=agents)
begin = time.perf_counter()
means = numpy.stack([numpy.bincount(agent, numpy.fromfile(f'{folder}/columns/f{j}'), agents) / count
                     for j in range(features)], axis=1)
numpy.corrcoef(means)
print(json.dumps(time.perf_counter() - begin))
"""

PANDAS = """
import json, sys, time, numpy, pandas
folder, agents, features = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
frame = pandas.DataFrame({'agent': numpy.fromfile(folder + '/columns/agent', numpy.int64),
                          **{f'f{j}': numpy.fromfile(f'{folder}/columns/f{j}') for j in range(features)}}, copy=False)
seconds = []
for _ in range(3):
    begin = time.perf_counter()
    result = frame.groupby('agent').agg(['mean', 'std'])
    seconds.append(time.perf_counter() - begin)
import resource
print(json.dumps({'engine': 'pandas ' + pandas.__version__, 'seconds': sorted(seconds)[1], 'entities': len(result),
                  'records': len(frame), 'peak_kb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
"""


def machine():
    names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {len(names)} cores"


def commit():
    done = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip()


def table(results):
    out = [f"{results['machine']}; {results['threads']} threads, 1 rank; commit {results['commit']}; {FEATURES} features.", "",
           "| agents, 10 records each | exact, s | fixed point, s | peak, exact | all pairs by numpy, s |", "|---:|---:|---:|---:|---:|"]
    for row in results["growth"]:
        pairs = row["all_pairs_s"]
        out.append(f"| {row['agents']:,} | {row['exact']['seconds']:.2f} | {row['fixed']['seconds']:.2f} "
                   f"| {row['exact']['peak_kb'] / 1e6:.2f} GB | {'does not fit' if pairs is None else f'{pairs:.2f}'} |")
    out += ["", "| engine | agents | records | s | beside exact | peak |", "|---|---:|---:|---:|---:|---:|"]
    for row in results["beside"]:
        ratio = row["seconds"] / results["beside"][0]["seconds"]
        peak = f"{row['peak_kb'] / 1e6:.2f} GB" if row.get("peak_kb") else ""
        out.append(f"| {row['engine']} | {row['entities']:,} | {row['records']:,} | {row['seconds']:.2f} | {ratio:.2f} | {peak} |")
    return "\n".join(out + [f"\nSkipped: {reason}" for reason in results["skipped"]])


def main():
    args = arguments()
    if args.table:
        print(table(json.loads(pathlib.Path(args.table).read_text())))
        return
    if not args.out:
        sys.exit("run.py: --out says where the results go")
    bench = Bench(args)
    bench.results["started"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    bench.beside()
    if args.growth != "-":
        bench.growth()
    pathlib.Path(args.out).write_text(json.dumps(bench.results, indent=1) + "\n")
    print(table(bench.results))


main()
