"""The results of run.py as Markdown on standard output, as an SVG, and into a page between its markers.

    python3 bench/compare/table.py results.json [--svg FILE] [--update docs/performance.md]
"""

import argparse
import collections
import json
import os
import pathlib
import statistics

import svg
from measure import spread

BEGIN, END = "<!-- compare begin -->", "<!-- compare end -->"


class Results:
    def __init__(self, run, cache):
        self.run = run
        self.pooled = collections.defaultdict(list)  # (engine, query) -> seconds
        self.paired = collections.defaultdict(list)  # (engine, query, the peer it took turns with)
        self.peak = collections.defaultdict(int)
        for m in run["measurements"]:
            if m["cache"] == cache:
                self.pooled[m["engine"], m["query"]] += m["wall_s"]
                self.paired[m["engine"], m["query"], m["against"]] += m["wall_s"]
                self.peak[m["engine"]] = max(self.peak[m["engine"]], m["peak_rss_bytes"])
        self.queries = [q for q in run["queries"] if any(key[1] == q for key in self.pooled)]
        self.engines = [e for e in run["engines"] if any(key[0] == e for key in self.pooled)]

    def fastest_peer(self, query, scans_only=False):
        medians = {e: spread(s)["median"] for (e, q), s in self.pooled.items()
                   if q == query and not is_trawl(e) and not (scans_only and self.run["index"].get(e) == query)}
        return min(medians, key=medians.get) if medians else None

    def references(self, query):
        """The fastest peer and, where that one uses an index, the fastest that scans."""
        peers = [self.fastest_peer(query), self.fastest_peer(query, scans_only=True)]
        return [peer for peer in dict.fromkeys(peers) if peer]

    def ratio(self, engine, query, peer):
        """How many times faster than `peer`; for trawl from the turns these two took against each other, if there are any."""
        own = self.paired.get((engine, query, peer)) if is_trawl(engine) else None
        return spread(self.pooled[peer, query])["median"] / spread(own or self.pooled[engine, query])["median"]

    def cell(self, engine, query):
        if (engine, query) not in self.pooled:
            return ""
        s = spread(self.pooled[engine, query])
        ratios = " / ".join(f"**{times(self.ratio(engine, query, peer))}**" for peer in self.references(query))
        return f"{milliseconds(s['median'])} ({milliseconds(s['min'])} to {milliseconds(s['max'])}) {ratios}".rstrip()


def is_trawl(engine):
    return engine.startswith("trawl")


def milliseconds(seconds):
    ms = seconds * 1e3
    return f"{ms:.0f}" if ms >= 100 else f"{ms:.3g}"


def times(ratio):
    return f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.2g}x"


def rows_of(table):
    yield "| " + " | ".join(table[0]) + " |"
    yield "|---|" + "---:|" * (len(table[0]) - 1)
    for row in table[1:]:
        yield "| " + " | ".join(row) + " |"


def search_table(results):
    run = results.run
    table = [["ms: median (min to max) **ratios**", *results.queries, "GB on disk", "peak MB"]]
    for engine in results.engines:
        size = f"{run['sizes'][engine] / 1e9:.2f}" if engine in run["sizes"] else ""
        table.append([run["engines"][engine], *(results.cell(engine, q) for q in results.queries), size,
                      f"{results.peak[engine] / 1e6:.0f}"])
    return rows_of(table)


def load_table(run):
    table = [["load: CSV to searchable", "seconds", "merging after that, seconds", "GB on disk"]]
    for load in run["loads"]:
        merge = f"{load['merge_s']:.1f}" if load.get("merge_s") else ""
        name = run["engines"].get(load["engine"], load["engine"])
        table.append([name, f"{load['load_s']:.1f}", merge, f"{load['bytes'] / 1e9:.2f}"])
    return rows_of(table)


def heading(run):
    machine = run["machine"]
    yield (f"{run['datasets']} datasets of {run['rows']:,} rows, {run['keys']:,} keys, {run['notes']:,} notes. Machine: "
           f"{machine['processor']}, {machine['cores']} cores, {machine['memory_bytes'] / 1e9:.0f} GB. Ranks {run['ranks']}, "
           f"threads {run['threads']}. Commit {run['commit']}. {run['date']}. "
           f"{', '.join(sorted(set(run['versions'].values()))) or 'No peers'}.")
    yield ""
    for name, query in run["queries"].items():
        yield f"- {name}, {query['what']}: `{query['where'].format(keys='<keys>')}`"


def yardsticks(run):
    """The machine's own rates, and how near to them the plain columns of Q1 are read."""
    rates = {name: statistics.median(values) for name, values in run.get("yardsticks", {}).items() if values}
    memory, disk = rates.get("memory_bytes_per_s"), rates.get("disk_bytes_per_s")
    if memory:
        yield f"Memory is read at {memory / 1e9:.1f} GB/s by {run['threads']} threads."
    if disk:
        yield f"The disk is read at {disk / 1e9:.2f} GB/s."
    for cache, rate in (("warm", memory), ("cold", disk)):
        turns = [m for m in run["measurements"]
                 if (m["engine"], m["query"], m["cache"]) == ("trawl-none", "Q1", cache)]
        if turns and rate:
            touched = turns[0]["bytes_read"]
            reached = touched / statistics.median([s for m in turns for s in m["wall_s"]])
            yield (f"Q1 over plain columns ({cache}) touches {touched / 1e6:.0f} MB at {reached / 1e9:.2f} GB/s, "
                   f"{100 * reached / rate:.0f} % of that.")
    foreign = [m["foreign_cpu"] for m in run["measurements"] if "foreign_cpu" in m and sum(m["wall_s"]) > 0.2]
    if foreign:
        yield (f"Other programs used {100 * statistics.median(foreign):.0f} % of the cores meanwhile (median of the turns of "
               f"more than 0.2 s), at most {100 * max(foreign):.0f} %.")


def markdown(run):
    yield from heading(run)
    yield ""
    yield " ".join(yardsticks(run))
    for cache, words in (("warm", "Warm page cache, or in memory"), ("cold", "Page cache dropped before every repetition")):
        results = Results(run, cache)
        if not results.pooled:
            continue
        fastest = [f"{q}: {' / '.join(run['engines'][peer] for peer in peers)}"
                   for q in results.queries if (peers := results.references(q))]
        ratios = ("A ratio is the time of the fastest peer over the engine's own; where the fastest uses an index or the order "
                  f"of its rows, the second ratio is to the fastest that scans. The fastest are {'; '.join(fastest)}.")
        yield from ["", f"{words}. {ratios if fastest else 'No peer took part.'}", "", *search_table(results)]
    if run["loads"]:
        yield from ["", *load_table(run)]
    if run["skipped"]:
        yield from ["", "Skipped: " + "; ".join(f"{s['name']} ({s['reason']})" for s in run["skipped"]) + "."]


def plot(run):
    results = Results(run, "warm")
    groups = []
    for query in results.queries:
        items = []
        for engine in results.engines:
            if (engine, query) in results.pooled:
                s = {k: v * 1e3 for k, v in spread(results.pooled[engine, query]).items()}
                items.append((run["engines"][engine], s["median"], s["min"], s["max"],
                              "#0b6e99" if is_trawl(engine) else "#e9a23b"))
        groups.append((f"{query}, {run['queries'][query]['what']}", sorted(items, key=lambda item: item[1])))
    rows = run["datasets"] * run["rows"]
    return svg.bars(f"Milliseconds for {rows:,} rows, {run['threads']} threads, warm; less is better", groups, "ms")


def update(page, block, begin=BEGIN, end=END):
    """Replaces what stands between the markers."""
    text = page.read_text()
    if text.count(begin) != 1 or text.count(end) != 1:
        raise SystemExit(f"{page} must hold the lines {begin} and {end} once each; the table goes between them")
    head, rest = text.split(begin)
    tail = rest.split(end)[1]
    page.write_text(f"{head}{begin}\n{block}{end}{tail}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--svg", type=pathlib.Path, help="writes the bar plot")
    parser.add_argument("--update", type=pathlib.Path, help=f"page whose block between {BEGIN} and {END} is replaced")
    args = parser.parse_args()
    run = json.loads(args.results.read_text())
    block = "\n".join(markdown(run)) + "\n"
    if args.svg:
        args.svg.write_text(plot(run))
        if args.update:
            block += f"\n![The same as bars]({os.path.relpath(args.svg, args.update.parent)})\n"
    if args.update:
        update(args.update, block)
    else:
        print(block, end="")


if __name__ == "__main__":
    main()
