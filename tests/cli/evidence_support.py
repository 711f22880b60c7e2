"""What tests of trawl evidence have in common: data, and the plain way to the same numbers."""

import fractions
import itertools
import json
import math
import random

from harness import CliTest

GENERATE = ("--entities", 20, "--sources", 12, "--lying-sources", 0.25, "--duplicates", 0.1, "--row-group-rows", 256)


def exact(values):
    return float(sum(map(fractions.Fraction, values), fractions.Fraction(0)))


class EvidenceTest(CliTest):
    def generate(self, *more, rows=2000, out="data"):
        self.trawl("generate", "evidence", "--datasets", 3, "--rows", rows, "--seed", 11, *GENERATE, *more, "--out", out)
        return json.loads((self.folder / out / "truth.json").read_text())

    def evidence(self, *args, **kw):
        run = self.trawl("evidence", *args, "--format", "jsonl", **kw)
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        return [x for x in lines if "entity" in x], [x for x in lines if "equivocation" in x]

    def table(self, name, rows, header="entity,source,id,type,time,log_odds,weight"):
        self.write(name + ".csv", header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
        self.trawl("ingest", name + ".csv", "--row-group-rows", 64, "--out", name)

    def random_rows(self, seed=1, count=1500):
        """Few ids, so that many come again: the same, or with something else in any column."""
        rng = random.Random(seed)
        rows = []
        for _ in range(count):
            if rows and rng.random() < 0.2:
                row = list(rng.choice(rows))
                if rng.random() < 0.1:
                    column = rng.randrange(3, 7)
                    row[column] = (rng.choice("xyz"), rng.randrange(9), rng.gauss(0, 9), rng.random())[column - 3]
            else:
                row = [rng.randrange(12), f"s{rng.randrange(9)}", rng.randrange(10**6), rng.choice("xyz"),
                       rng.randrange(99), rng.choice((rng.gauss(0, 3), rng.gauss(0, 1e-9), 1e9)),
                       rng.choice((1, rng.random()))]
            rows.append(row)
        return rows


def assess(rows, max_log_odds=50, byzantine=0.33, policy="distrust", registered=None):
    """The plain way: everything in dictionaries, sums of fractions. `registered`: votes by source; None: all have one."""
    identities = {}
    for number, row in enumerate(rows):
        identities.setdefault(tuple(row[:3]), {}).setdefault(tuple(row[3:]), []).append(number)
    sums, liars, duplicates, withheld = {}, set(), {}, {}
    for (entity, source, _), contents in identities.items():
        said = sums.setdefault(entity, {}).setdefault(source, [])
        duplicates[entity] = duplicates.get(entity, 0) + sum(map(len, contents.values())) - len(contents)
        if len(contents) > 1:
            liars.add(source)
            withheld[entity] = withheld.get(entity, 0) + len(contents)
            continue
        (_, _, log_odds, weight), = contents
        said.append(max(-max_log_odds, min(max_log_odds, float(log_odds))) * float(weight))
    out = {}
    for entity, sources in sums.items():
        x = {s: exact(v) for s, v in sources.items() if v or s in liars}
        voting = {s: 1 if registered is None else registered[s] for s in x
                  if (s not in liars or policy == "drop") and (registered is None or s in registered)}
        votes = sorted(x[s] for s, k in voting.items() for _ in range(k))
        n = len(votes)
        cut = int(fractions.Fraction(str(byzantine)) * n)
        median = float((fractions.Fraction(votes[(n - 1) // 2]) + fractions.Fraction(votes[n // 2])) / 2) if n else 0
        kept = votes[cut:n - cut]
        values, liars_most, left = sorted(x[s] for s in voting), 0, cut
        for k in sorted(voting.values()):
            left -= k
            liars_most += left >= 0
        honest = len(values) - liars_most
        rank = sum(40 * sum(math.comb(honest, i) for i in range(k)) <= 2**honest for k in range(1, honest + 1))
        out[entity] = {
            "median": float(len(voting) * fractions.Fraction(median)),
            "trimmed_mean": float(len(voting) * fractions.Fraction(float(sum(map(fractions.Fraction, kept)) / len(kept)))) if n else 0,
            "low": float(len(voting) * fractions.Fraction(values[rank - 1])) if rank else None,
            "high": float(len(voting) * fractions.Fraction(values[-rank])) if rank else None,
            "plain": exact(itertools.chain(*sources.values())),
            "records": sum(map(len, sources.values())),
            "duplicates": duplicates[entity], "withheld": withheld.get(entity, 0),
            "sources": len(voting), "votes": n,
            "distrusted": sum(s in liars for s in x) if policy == "distrust" else 0,
            "unregistered": 0 if registered is None else
            sum(s not in registered and (policy == "drop" or s not in liars) for s in x),
        }
    return out, liars, sum(len(c) > 1 for c in identities.values())
