"""Searches by trawl and by the peers, alternating, on the same data, with every count checked: one JSON file.

    python3 bench/compare/run.py --rows 2500000 --out results.json
    python3 bench/compare/table.py results.json --svg results.svg --update docs/performance.md

Everything that is missing is made: programs, data, the peers' own files. Peers that are not installed are skipped and listed.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import sys
import time
import types

import measure
import queries
from data import Data
from measure import Failed, PeerFailed, Skip, tell

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=int, default=8)
    parser.add_argument("--rows", type=int, default=12_500_000, help="of each dataset")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--keys", type=int, default=10_000_000, help="of the watch list")
    parser.add_argument("--notes", type=int, default=10_000_000)
    parser.add_argument("--data", help="default: bench-data/<datasets>x<rows>")
    parser.add_argument("--out", required=True, help="results, JSON")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeat", type=int, default=5, help="measured repetitions in a turn")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each engine against each peer")
    parser.add_argument("--budget", type=float, default=20, help="seconds for the repetitions of a turn")
    for what in ("variants", "peers", "queries"):
        parser.add_argument(f"--{what}", help="names, separated by commas (default: all in queries.py); - for none")
    parser.add_argument("--cold", action="store_true", help="also with empty page cache (needs root)")
    parser.add_argument("--load", action="store_true", help="also the time from CSV to searchable; builds the peers anew")
    parser.add_argument("--build", help="build folder with the programs; default: build/bench, brought up to date first")
    parser.add_argument("--node-modules", default=pathlib.Path(__file__).with_name("node_modules"))
    parser.add_argument("--python", default="/usr/bin/python3", help="the Python that has h5py and PyTables")
    args = parser.parse_args()
    args.data = args.data or SOURCE / "bench-data" / f"{args.datasets}x{args.rows}"
    return args


def programs(args):
    build = pathlib.Path(args.build or SOURCE / "build" / "bench")
    if not args.build:
        measure.call(["cmake", "--preset", "bench", "-S", SOURCE])
        measure.call(["cmake", "--build", build, "--target", "trawl", "compare_make_data", "compare_repeat", "compare_yardstick"])
    tools = {name: build / "bench" / "compare" / f"compare_{name}" for name in ("make_data", "repeat", "yardstick")}
    return types.SimpleNamespace(trawl=build / "src" / "trawl", **tools)


def chosen(all_of_them, names):
    if names is None:
        return all_of_them
    wanted = [name for name in names.split(",") if name != "-"]
    unknown = set(wanted) - {item.name for item in all_of_them}
    if unknown:
        sys.exit(f"no such name: {', '.join(sorted(unknown))}; there are {', '.join(item.name for item in all_of_them)}")
    return [item for item in all_of_them if item.name in wanted]


class Comparison:
    def __init__(self, args):
        self.args = args
        self.programs = programs(args)
        self.data = Data(args, self.programs)
        self.env = {"NODE_PATH": str(pathlib.Path(args.node_modules).resolve())}
        self.queries = chosen(queries.QUERIES, args.queries)
        self.measurements, self.skipped, self.loads, self.peer_facts = [], [], [], {}
        self.yardsticks = {"memory_bytes_per_s": [], "disk_bytes_per_s": []}
        self.variants = [v for v in chosen(queries.VARIANTS, args.variants) if self.keep(v, self.data.variant)]
        self.peers = [p for p in chosen(queries.PEERS, args.peers) if self.keep(p, self.prepare_peer)]

    def keep(self, item, prepare):
        try:
            prepare(item)
            return True
        except Skip as reason:
            tell(f"skipped: {item.name}: {reason}")
            self.skipped.append({"name": item.name, "reason": str(reason)})
            return False

    def interpreter(self, peer):
        program = "node" if peer.script.endswith(".js") else self.args.python
        if not shutil.which(program):
            raise Skip(f"{program} is not installed")
        return [program]

    def prepare_peer(self, peer):
        self.peer_facts[peer.name] = dict(self.data.peer(peer, queries.PEERS, self.interpreter, self.env, self.args.load))

    def record(self, name, query, against, report, cache):
        measure.check_count(query.name, name, report["count"], self.data.truth["counts"][query.name])
        self.measurements.append({"engine": name, "query": query.name, "against": against, "cache": cache, **report})
        tell(f"  {query.name:4} {name:20} {measure.spread(report['wall_s'])['median'] * 1e3:10.2f} ms")

    def search(self, variant, query, against, cache="warm"):
        folder = self.data.folder / f"{query.table}-{variant.name}"
        if not folder.exists():
            return
        cold = cache == "cold"
        if not cold:  # as any other program would have read it: front to back
            measure.read_files(sorted(folder.glob("*.h5")), self.args.threads)
        watch = measure.Watch()
        options = [*variant.options, "--drop-caches"] if cold else variant.options
        report = measure.repeat(self.programs.repeat, query, self.data.folder, folder, self.args.repeat, 0 if cold else 1,
                                self.args.threads, self.args.budget, options)
        self.record(f"trawl-{variant.name}", query, against, {**report, "foreign_cpu": watch.foreign_share()}, cache)

    def start(self, peer):
        return measure.PeerProcess(peer, self.data.folder, self.args.threads, self.interpreter(peer), self.env)

    def against(self, peer):
        """trawl and one peer take turns, query by query."""
        tell(f"against {peer.name}")
        with self.start(peer) as process:
            self.peer_facts[peer.name].update(process.facts)
            for query in self.queries:
                if query.name not in peer.queries:
                    continue
                with self.going_on(peer, query):
                    self.turns(peer, process, query)
            self.memory_yardstick()

    @contextlib.contextmanager
    def going_on(self, peer, query):
        """A peer without enough memory, or of another version, leaves a gap; a failing trawl ends the run."""
        try:
            yield
        except PeerFailed as error:
            tell(f"skipped: {error}")
            self.skipped.append({"name": f"{peer.name}, {query.name}", "reason": error.detail})

    def turns(self, peer, process, query):
        for _ in range(self.args.rounds):
            for variant in self.variants:
                self.search(variant, query, peer.name)
            watch = measure.Watch(process.process.pid)
            report = process.ask(query.name, self.args.repeat, 1, self.args.budget)
            self.record(peer.name, query, peer.name, {**report, "foreign_cpu": watch.foreign_share()}, "warm")

    def alone(self):
        self.memory_yardstick()
        for query in self.queries:
            for _ in range(self.args.rounds):
                for variant in self.variants:
                    self.search(variant, query, None)

    def memory_yardstick(self):
        report = json.loads(measure.call([self.programs.yardstick, "--threads", self.args.threads, "--repeat", 3]))
        self.yardsticks["memory_bytes_per_s"].append(report["read_bytes_per_s"])

    def disk_yardstick(self):
        """Sequential reading of datasets, as many files at once as there are threads."""
        files = sorted((self.data.folder / f"tables-{self.variants[0].name}").glob("*.h5"))[:2 * self.args.threads]
        for _ in range(3):
            measure.drop_caches()
            self.yardsticks["disk_bytes_per_s"].append(measure.read_files(files, self.args.threads))

    def cold(self):
        """Page cache dropped before every repetition; a peer is started anew each time, and loads before that."""
        if not measure.can_drop_caches():
            self.skipped.append({"name": "cold", "reason": "dropping the page cache needs root"})
            return
        if self.variants:
            self.disk_yardstick()
        for query in self.queries:
            for variant in self.variants:
                self.search(variant, query, None, "cold")
            for peer in self.peers:
                if not peer.on_disk or query.name not in peer.queries:
                    continue
                with self.going_on(peer, query):
                    reports = [self.cold_peer(peer, query) for _ in range(min(self.args.repeat, 3))]
                    walls = [second for report in reports for second in report["wall_s"]]
                    self.record(peer.name, query, None, {**reports[0], "wall_s": walls}, "cold")

    def cold_peer(self, peer, query):
        other = "Q4a" if query.table == "notes" else "Q5"
        with self.start(peer) as process:
            if other in peer.queries:  # of another table: the program itself is in memory then, and no data of this query
                process.ask(other, 1, 0, self.args.budget)
            measure.drop_caches()
            return process.ask(query.name, 1, 0, self.args.budget)

    def load(self):
        self.data.need("csv")
        for load in queries.LOADS:
            out = self.data.folder / "load-trawl"
            shutil.rmtree(out, ignore_errors=True)
            csv = self.data.filled(["{csv}"], out)
            begin = time.perf_counter()
            measure.call(["mpirun", "--oversubscribe", "--bind-to", "none", "-n", load.ranks, self.programs.trawl, "ingest",
                          "--quiet", *load.options, "--threads", max(1, self.args.threads // load.ranks), "--out", out, *csv],
                         measure.MPI_AS_ROOT)
            if load.then:
                measure.call([self.programs.trawl, *self.data.filled(load.then, out)])
            seconds = time.perf_counter() - begin
            self.loads.append({"engine": load.name, "load_s": seconds, "bytes": measure.bytes_of(out)})
            tell(f"load: {load.name}: {seconds:.1f} s")
            shutil.rmtree(out)
        for peer in self.peers:
            facts = self.peer_facts[peer.name]
            if "load_s" in facts and not peer.built_by:
                kept = {key: facts[key] for key in ("load_s", "merge_s", "bytes") if key in facts}
                self.loads.append({"engine": peer.name, **kept})

    def run(self):
        self.peers = [peer for peer in self.peers if self.keep(peer, self.against)]
        if not self.peers:
            self.alone()
        if self.args.cold:
            self.cold()
        if self.args.load:
            self.load()

    def results(self):
        sizes = {f"trawl-{v.name}": self.data.size(v) for v in self.variants}
        sizes |= {p.name: self.peer_facts[p.name]["bytes"] for p in self.peers
                  if "bytes" in self.peer_facts[p.name] and not p.built_by}
        if "parquet_bytes" in self.peer_facts.get("polars-parquet", {}):
            sizes["polars-parquet"] = self.peer_facts["polars-parquet"]["parquet_bytes"]
        names = {f"trawl-{v.name}": f"trawl, {v.what}" for v in self.variants} | {p.name: p.what for p in self.peers}
        kept = ("datasets", "rows", "seed", "keys", "notes", "threads", "repeat", "rounds", "budget")
        return {"date": measure.now(), "commit": measure.commit(SOURCE), "machine": measure.machine(), "ranks": 1,
                **{name: getattr(self.args, name) for name in kept},
                "versions": {p.name: self.peer_facts[p.name].get("version", "unknown") for p in self.peers},
                "queries": {q.name: {"what": q.what, "where": q.where} for q in self.queries},
                "engines": names, "index": {p.name: p.index for p in self.peers if p.index}, "truth": self.data.truth, "sizes": sizes, "loads": self.loads,
                "yardsticks": self.yardsticks, "skipped": self.skipped, "measurements": self.measurements}


def main():
    args = arguments()
    try:
        comparison = Comparison(args)
        comparison.run()
    except (measure.WrongCount, Failed) as error:
        sys.exit(f"run.py: {type(error).__name__}: {error}")
    pathlib.Path(args.out).write_text(json.dumps(comparison.results(), indent=1) + "\n")
    tell(f"written: {args.out}")


if __name__ == "__main__":
    main()
