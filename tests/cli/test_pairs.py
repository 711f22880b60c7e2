"""trawl stats --similar, --pairs: the same bytes on any ranks and threads, equal to numpy's corrcoef here."""

import csv
import io
import itertools
import json
import random
import re

import forgery
import harness
import numpy
from harness import BAD_INPUT, CHECK_FAILED, CliTest

RANKS = (0, 1, 2, 3, 4, 7, 8)
FEATURES = "a,b,c,d,e"


class PairTest(CliTest):
    def table(self, name="t.csv", entities=120, seed=1, order=None):
        """Agents "x,<n>" of four regions in two countries, which behave in one of five ways; 1 to 4 records each."""
        rng = random.Random(seed)
        ways = [[rng.gauss(0, 1) for _ in range(5)] for _ in range(5)]
        rows = []
        for agent in range(entities):
            place = agent % 4
            centre = [10 * place + w + rng.gauss(0, 0.1) for w in rng.choice(ways)]
            for _ in range(rng.randrange(1, 5)):
                rows.append((f'"x,{agent}"', agent, f"c{place // 2}", f"r{place}",
                             *(repr(rng.gauss(c, 0.1)) for c in centre), 7))
        if order is not None:
            random.Random(order).shuffle(rows)
        self.write(name, "name,agent,country,region,a,b,c,d,e,same\n"
                   + "".join(",".join(map(str, r)) + "\n" for r in rows))
        self.trawl("ingest", name, "--row-group-rows", 64, "--out", name.removesuffix(".csv"))
        return rows

    def pairs(self, *args, **kw):
        return list(map(json.loads, self.trawl("stats", *args, "--only-pairs", "--format", "jsonl",
                                               **kw).stdout.splitlines()))


def means_of(rows):
    """Mean vectors by (country, region), then agent."""
    values = {}
    for _, agent, country, region, *x in rows:
        values.setdefault((country, region), {}).setdefault(agent, []).append([float(v) for v in x[:5]])
    return {path: {agent: numpy.mean(v, axis=0) for agent, v in agents.items()} for path, agents in values.items()}


def correlations(means):
    """corrcoef between entities of their standardised means, by pair of agents, where it means something."""
    agents = sorted(means)
    m = numpy.array([means[agent] for agent in agents])
    z = (m - m.mean(axis=0)) / m.std(axis=0, ddof=1)
    r = numpy.corrcoef(z)
    flat = z.std(axis=1) < 1e-9
    return {(agents[i], agents[j]): r[i, j] for i, j in itertools.combinations(range(len(agents)), 2)
            if not flat[i] and not flat[j]}


class Bytes(PairTest):
    def test_the_same_for_any_ranks_threads_and_order(self):
        self.table()
        self.table("shuffled.csv", order=7)
        self.write("named", '["x,1","x,9"]\n["x,5","x,2"]\n')
        for options in (
            ("--group-by", "agent", "--levels", "country,region", "--similar", 5),
            ("--group-by", "name", "--similar", 1000, "--fanout", 3, "--pairs", "named"),
            ("--group-by", "name", "--levels", "region", "--pairs", "named", "--fixed-point", "2^-20", "--fdr", 0.1),
        ):
            options = ("--features", FEATURES, *options, "--format", "jsonl")
            first = self.trawl("stats", "t", *options).stdout
            self.assertIn('{"pair":', first)
            for ranks in RANKS:
                for threads in (1, 2):
                    with self.subTest(options=options, ranks=ranks, threads=threads):
                        run = self.trawl("stats", ("t", "shuffled")[threads - 1], *options, "--threads", threads,
                                         ranks=ranks)
                        self.assertEqual(run.stdout, first)

    def test_what_pairs_are_added_to_stays(self):
        self.table()
        options = ("t", "--features", FEATURES, "--group-by", "agent", "--levels", "region", "--format", "jsonl")
        plain = self.trawl("stats", *options).stdout
        more = self.trawl("stats", *options, "--similar", 3).stdout
        self.assertTrue(more.startswith(plain))
        lines = more[len(plain):].splitlines()
        self.assertEqual(len(lines), 4 * 3)
        self.assertEqual([json.loads(line) for line in lines], self.pairs(*options[:-2], "--similar", 3))


class Numbers(PairTest):
    def test_similar_pairs_are_those_of_numpy(self):
        means = means_of(self.table())
        got = self.pairs("t", "--features", FEATURES + ",same", "--group-by", "agent", "--levels", "country,region",
                         "--similar", 30, ranks=3)
        self.assertEqual([tuple(p["path"]) for p in got], [path for path in sorted(means) for _ in range(30)])
        for path in means:
            want = correlations(means[path])
            mine = [p for p in got if tuple(p["path"]) == path]
            r = [p["correlation"] for p in mine]
            self.assertEqual(r, sorted(r, reverse=True))
            numpy.testing.assert_allclose(r, sorted(want.values(), reverse=True)[:30], atol=1e-12)
            for pair in mine:
                self.assertAlmostEqual(pair["correlation"], want[tuple(pair["pair"])], delta=1e-12)
                self.assertEqual(pair["varying"], 5)

    def test_named_pairs_below_the_node_that_both_share(self):
        means = means_of(self.table())
        self.write("named", "[5, 1]\n[8, 4]\r\n\n[0,1]\n [0,2]\n[1,5]")  # same region; same country; root
        got = self.pairs("t", "--features", FEATURES, "--group-by", "agent", "--levels", "country,region",
                         "--pairs", "named", ranks=3)
        self.assertEqual([(p["pair"], p["path"]) for p in got],
                         [([0, 1], ["c0"]), ([0, 2], []), ([1, 5], ["c0", "r1"]), ([4, 8], ["c0", "r0"])])
        self.assertEqual(got[0]["paths"], [["c0", "r0"], ["c0", "r1"]])
        for pair in got:
            below = {}
            for path, agents in means.items():
                if list(path[:len(pair["path"])]) == pair["path"]:
                    below.update(agents)
            self.assertAlmostEqual(pair["correlation"], correlations(below)[tuple(pair["pair"])], delta=1e-12)

    def test_a_balanced_tree(self):
        rows = self.table()
        got = self.pairs("t", "--features", FEATURES, "--group-by", "agent", "--similar", 100000, "--fanout", 3)
        all_means = {agent: mean for agents in means_of(rows).values() for agent, mean in agents.items()}
        groups = {}
        for line in self.trawl("stats", "t", "--features", FEATURES, "--group-by", "agent", "--fanout", 3,
                               "--format", "jsonl").stdout.splitlines():
            entity = json.loads(line)
            if "entity" in entity:
                groups.setdefault(tuple(entity["path"]), {})[entity["entity"]] = all_means[entity["entity"]]
        want = {}
        for group in groups.values():
            if len(group) > 1:
                want.update(correlations(group))
        self.assertEqual({tuple(p["pair"]) for p in got}, set(want))
        for pair in got:
            self.assertAlmostEqual(pair["correlation"], want[tuple(pair["pair"])], delta=1e-9)  # three entities: close to flat

    def test_what_has_no_correlation(self):
        rows = [("r0", 1, 1, 2, 9), ("r0", 2, 3, 5, 9), ("r0", 3, 2, 2, 9),  # two features vary
                ("r1", 4, 1, 2, 3), ("r1", 5, 3, 6, 9), ("r1", 6, 2, 4, 6),  # 6 is the middle of all: flat
                ("r1", 7, "", 1, 2)]
        self.write("few.csv", "region,agent,a,b,c\n" + "".join(",".join(map(str, r)) + "\n" for r in rows))
        self.trawl("ingest", "few.csv", "--out", "few")
        self.write("named", "[1,2]\n[4,6]\n[4,7]\n[4,5]\n")
        options = ("few", "--features", "a,b,c", "--group-by", "agent", "--levels", "region", "--similar", 9,
                   "--pairs", "named")
        got = self.pairs(*options)
        self.assertEqual([(p["pair"], p["varying"], p["correlation"]) for p in got if "paths" in p],
                         [([1, 2], 2, None), ([4, 5], 3, None), ([4, 6], 3, None), ([4, 7], 3, None)])
        self.assertEqual([p for p in got if "paths" not in p], [])
        counts = self.trawl("stats", *options, "--json", ranks=2).json()["pairs"]
        self.assertEqual(counts, {"parents": 2, "undecided_parents": 1, "flat": 3, "similar": 0, "named": 4,
                                  "undefined": 4})


class Recorded(PairTest):
    def test_verify_replay_and_what_was_forged(self):
        self.table()
        self.write("named", "[5,1]\n[0,2]\n")
        self.trawl("stats", "t", "--features", FEATURES, "--group-by", "agent", "--levels", "region", "--similar", 4,
                   "--pairs", "named", "--run-dir", "run", ranks=2)
        self.trawl("verify", "run", "--rescan", 1, ranks=3)
        self.trawl("replay", "run", ranks=3)
        self.write("named", "[5,1]\n")
        self.trawl("replay", "run", code=CHECK_FAILED)

    def test_forged_lines_are_found(self):
        self.table()
        self.write("named", "[5,1]\n[0,2]\n")
        self.trawl("stats", "t", "--features", FEATURES, "--group-by", "agent", "--levels", "region", "--similar", 4,
                   "--pairs", "named", "--run-dir", "run")
        files = {p: p.read_bytes() for p in (self.folder / "run").iterdir() if p.is_file()}
        lines = (self.folder / "run/stats.jsonl").read_text().splitlines(keepends=True)
        first = next(i for i, line in enumerate(lines) if line.startswith('{"pair"'))
        swapped = lines[:first] + [lines[first + 1], lines[first]] + lines[first + 2:]
        for forged, words in (
            (lines[:-1], "has no line"),
            (lines + lines[-1:], "canonical order"),
            (swapped, "canonical order"),
            (lines[:first] + lines[first + 1:], "counts other pairs"),
            (lines[:-1] + [lines[-1].replace('"path":["r1"]', '"path":[]')], "both share"),
            (lines[:-1] + [lines[-1].replace("[1,5]", "[1,6]")], "was not asked for"),
            (lines[:-1] + [lines[-1].replace('"correlation":', '"correlation":7')], "no correlation"),
        ):
            with self.subTest(words=words):
                self.assertNotEqual(forged, lines)
                forgery.reseal(self.folder / "run", "stats.jsonl", "".join(forged))
                run = self.trawl("verify", "run", code=CHECK_FAILED)
                self.assertIn(words, run.stdout + run.stderr)
                for path, data in files.items():
                    path.write_bytes(data)
        forgery.reseal(self.folder / "run", "stats.jsonl",
                       "".join(lines[:-1]) + re.sub(r"(\d)}", lambda m: f"{(int(m[1]) + 1) % 10}}}", lines[-1]))
        self.trawl("verify", "run")  # nothing says so but the data
        self.trawl("verify", "run", "--rescan", 1, code=CHECK_FAILED)

    def test_digests_bind_the_parameters(self):
        self.table()
        self.write("one", "[5,1]\n")
        self.write("two", "[5,2]\n")
        options = ("t", "--features", FEATURES, "--group-by", "agent", "--json")
        runs = [self.trawl("stats", *options, *more).json()["certificate"]
                for more in ((), ("--similar", 1), ("--similar", 2), ("--pairs", "one"), ("--pairs", "two"))]
        self.assertEqual(len(set(runs)), 5)

    def test_states_report_the_same(self):
        self.table()
        self.write("named", "[5,1]\n[0,2]\n")
        options = ("--similar", 4, "--pairs", "named", "--format", "jsonl")
        first = self.trawl("stats", "t", "--features", FEATURES, "--group-by", "agent", "--levels", "region",
                           "--state", "t.h5", *options).stdout
        for ranks in (0, 3):
            self.assertEqual(self.trawl("stats", "--from-state", "t.h5", *options, ranks=ranks).stdout, first)
        self.trawl("stats", "t", "--features", "a,b", "--group-by", "agent", "--state", "two.h5")
        run = self.trawl("stats", "--from-state", "two.h5", *options, code=BAD_INPUT)
        self.assertIn("at least 3", run.stderr)


class Gold(PairTest):
    def test_pairs_as_a_dataset(self):
        self.table()
        self.write("named", "[5,1]\n[0,2]\n")
        options = ("t", "--features", FEATURES, "--group-by", "agent", "--levels", "country,region", "--similar", 3,
                   "--pairs", "named")
        pairs = self.pairs(*options, "--gold", "gold", ranks=2)
        columns = "country,region,agent,other,path,other_path,varying,correlation"
        run = self.trawl("search", "--where", "TRUE", "--select", columns, "--format", "jsonl", "gold/pairs.h5")
        got = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual([[g["values"][c] for c in columns.split(",")] for g in got],
                         [[*(p["path"] + [None, None])[:2], *p["pair"],
                           *("/" + "/".join(path) for path in p.get("paths", ())), *[None] * (2 - len(p.get("paths", ()))),
                           p["varying"], p["correlation"]] for p in pairs])


class Printed(PairTest):
    def test_only_pairs_and_beside_the_others(self):
        self.table()
        options = ("t", "--features", FEATURES, "--group-by", "name", "--levels", "region", "--similar", 2)
        pairs = self.pairs(*options)
        only = list(csv.DictReader(io.StringIO(self.trawl("stats", *options, "--only-pairs", "--format",
                                                          "csv").stdout)))
        self.assertEqual([(p["path"], p["entity"], p["other"], float(p["correlation"])) for p in only],
                         [("/" + p["path"][0], *p["pair"], p["correlation"]) for p in pairs])
        both = list(csv.DictReader(io.StringIO(self.trawl("stats", *options, "--fdr", 0.1, "--format", "csv").stdout)))
        self.assertEqual([(p["entity"], p["other"], float(p["correlation"])) for p in both if p["other"]],
                         [(*p["pair"], p["correlation"]) for p in pairs])
        self.assertNotIn(None, itertools.chain(*both))
        table = self.trawl("stats", *options, "--only-pairs")
        self.assertEqual(len(table.stdout.splitlines()), 1 + len(pairs))
        self.assertIn("8 similar below 4 parents", table.stderr)


class Mistakes(PairTest):
    def test_options(self):
        self.table(entities=20)
        self.write("named", "[1,2]\n")
        for options, words in (
            (("--similar", 3), "--group-by"),
            (("--group-by", "agent", "--only-pairs"), "give --similar"),
            (("--group-by", "agent", "--features", "a,b", "--pairs", "named"), "at least 3"),
            (("--group-by", "agent", "--similar", 3, "--only-pairs", "--fdr", 0.1, "--flagged"), "only one"),
            (("--group-by", "agent", "--pairs", "nowhere"), "nowhere"),
        ):
            with self.subTest(options=options):
                if "--features" not in options:
                    options = (*options, "--features", FEATURES)
                run = self.trawl("stats", "t", *options, code=BAD_INPUT)
                self.assertIn(words, run.stderr)

    def test_files_of_pairs(self):
        self.table(entities=20)
        for text, words in (
            ("", "no pair"),
            ("1,2\n", "line 1"),
            ("[1,2]\n\n[1,2,3]\n", "line 3"),
            ("[1,2.5]\n", "line 1"),
            ("[3,3]\n", "one entity"),
            ('[1,2]\n[1,99]\n["7",1]\n[98,1]\n', '98, 99, "7"'),
        ):
            self.write("named", text)
            for ranks in (0, 2):
                with self.subTest(text=text, ranks=ranks):
                    run = self.trawl("stats", "t", "--features", FEATURES, "--group-by", "agent", "--pairs", "named",
                                     ranks=ranks, code=BAD_INPUT)
                    self.assertIn(words, run.stderr)


if __name__ == "__main__":
    harness.main()
