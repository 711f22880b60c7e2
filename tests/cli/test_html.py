"""trawl stats --html: one page that needs nothing else, in which no name from the data is markup."""

import base64
import hashlib
import html.parser
import json
import random
import re

import h5py
import harness
import numpy
from harness import BAD_INPUT, CliTest

EVIL = "<script>alert(1)</script>"
NAMES = (EVIL, "\"'&amp;</td><img src=x onerror=alert(1)>", "</style></svg>", "plain", "\u202egnp.exe")
VOID = {"meta", "br"}


class Page(html.parser.HTMLParser):
    """Tags must nest; remembers elements, texts and what is loaded from elsewhere."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.texts, self.bdi = [], [], [], []
        self.scripts, self.outside = [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        for key, value in attributes:
            if key in ("src", "href", "action", "data", "xlink:href", "srcset") and not value.startswith("#"):
                self.outside.append((tag, key, value))
            assert not key.startswith("on"), (tag, key)
        if tag == "bdi":
            self.bdi.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open[-5:])
        self.open.pop()

    def handle_data(self, data):
        (self.scripts if self.open and self.open[-1] == "script" else self.texts).append(data)
        if "bdi" in self.open:
            self.bdi[-1] += data

    def count(self, tag):
        return sum(t == tag for t, _ in self.elements)


class HtmlTest(CliTest):
    def data(self, agents=300, rows=6000, names=NAMES, features=("amount", "<b>noise</b>"), far=40):
        """Entities are texts; every 47th is far out in the first feature."""
        rng = numpy.random.default_rng(3)
        agent = rng.integers(0, agents, rows)
        ids = [f"{EVIL if i % 2 else 'agent'} {i}" for i in range(agents)]
        (self.folder / "t").mkdir()
        with h5py.File(self.folder / "t/t.h5", "w") as file:
            file["agent"] = numpy.array([ids[a].encode() for a in agent])
            file["region"] = numpy.array([names[a % len(names)].encode() for a in agent])
            centre = rng.normal(10, 1, agents) + far * (numpy.arange(agents) % 47 == 7)
            for i, name in enumerate(features):
                file[name.replace("/", "\\")] = rng.normal(0, 1, rows) + (centre[agent] if i == 0 else 0)
        return ids

    def page(self, *args, name="page.html", **kw):
        run = self.trawl("stats", "t", *args, "--html", name, "--out", name + ".jsonl", "--format", "jsonl", **kw)
        lines = [json.loads(line) for line in (self.folder / (name + ".jsonl")).read_text().splitlines()]
        return (self.folder / name).read_text(encoding="utf-8"), lines, run

    def features(self):
        with h5py.File(self.folder / "t/t.h5") as file:
            return ",".join(n for n in file if n not in ("agent", "region"))


class Content(HtmlTest):
    def test_nothing_from_the_data_is_markup(self):
        self.data()
        text, lines, _ = self.page("--features", self.features(), "--group-by", "agent", "--levels", "region",
                                   "--fdr", "0.01", "--records", "--where", "amount > -1e300 OR region = '<img>'")
        page = Page(text)
        self.assertEqual(page.count("script"), 1)
        self.assertEqual(page.count("style"), 1)
        self.assertEqual(page.count("img"), 0)
        self.assertEqual(page.outside, [])
        self.assertNotIn("://", text)
        self.assertNotIn("url(", text)
        for name in NAMES:
            self.assertIn(name, page.bdi)
        self.assertIn("<b>noise<\\b>", page.bdi)
        self.assertIn("'<img>'", "".join(page.texts))

    def test_script_is_the_one_that_is_allowed(self):
        self.data()
        text, _, _ = self.page("--features", "amount")
        page = Page(text)
        (policy,) = (a["content"] for t, a in page.elements if t == "meta" and "content" in a and "http-equiv" in a)
        digest = base64.b64encode(hashlib.sha256("".join(page.scripts).encode()).digest()).decode()
        self.assertIn(f"script-src 'sha256-{digest}'", policy)
        self.assertIn("default-src 'none'", policy)

    def test_all_flagged_entities_most_unusual_first(self):
        self.data()
        text, lines, _ = self.page("--features", "amount", "--group-by", "agent", "--levels", "region", "--fdr", "0.05")
        flagged = [e for e in lines if e.get("anomaly") and e["anomaly"]["flagged"]]
        self.assertGreaterEqual(len(flagged), 6)
        flagged.sort(key=lambda e: (e["anomaly"]["log_p"], -e["anomaly"]["distance2"]))
        part = text[text.index('<section id="entities"'):]
        shown = [name for name in Page(part[:part.index("</section>") + 10]).bdi if re.search(r" \d+$", name)]
        self.assertEqual(shown, [e["entity"] for e in flagged])
        self.assertEqual(part.count('class="pos"'), len(flagged))

    def test_tree_has_every_node_of_a_small_hierarchy(self):
        self.data()
        text, lines, _ = self.page("--features", "amount", "--group-by", "agent", "--levels", "region")
        part = text[text.index('<section id="tree"'):]
        shown = set(Page(part[:part.index("</section>") + 10]).bdi)
        self.assertLessEqual({n["path"][-1] for n in lines if "entity" not in n and n["path"]}, shown)
        self.assertEqual(part.count('class="iv"'), sum("entity" not in n for n in lines))

    def test_run_is_named(self):
        self.data()
        text, _, run = self.page("--features", "amount", "--json")
        report = run.json()
        for key in ("certificate", "result_digest"):
            self.assertIn(report[key], text)
        self.assertIn("6,000 rows = 6,000 scanned", text)

    def test_without_anything_to_show(self):
        self.data()
        for options in ((), ("--group-by", "agent"), ("--group-by", "agent", "--fdr", "0.1"), ("--levels", "region")):
            text, _, _ = self.page("--features", "amount", "--where", "amount > 1e9", "--overwrite", *options)
            Page(text)
            self.assertNotIn("nan", text)


class Bounds(HtmlTest):
    def test_many_nodes_long_names_many_features(self):
        rng = random.Random(1)
        names = [f"{'&' * 500}{i:05}{rng.random()}" for i in range(3000)]
        self.data(agents=6000, rows=20000, names=names, features=[f"{'&' * 100}{i:02}" for i in range(20)], far=400)
        text, _, _ = self.page("--features", self.features(), "--group-by", "agent", "--levels", "region")
        Page(text)
        self.assertLess(len(text.encode()), 2_000_000)
        self.assertRegex(text, r"and [\d,]+ more, with [\d,]+ records")

    def test_more_flagged_than_are_shown(self):
        self.data(agents=12000, rows=40000)
        text, lines, _ = self.page("--features", "amount", "--group-by", "agent", "--fanout", "1000", "--fdr", "0.01")
        flagged = sum(bool(e.get("anomaly") and e["anomaly"]["flagged"]) for e in lines)
        self.assertGreater(flagged, 100)
        self.assertIn(f"100 of {flagged:,} are shown", text)
        self.assertLess(len(text.encode()), 2_000_000)
        Page(text)


class Files(HtmlTest):
    def test_the_same_bytes_for_any_ranks(self):
        self.data()
        options = ("--features", self.features(), "--group-by", "agent", "--levels", "region", "--fdr", "0.01", "--records")
        first, _, _ = self.page(*options)
        for ranks in (1, 3):
            text, _, _ = self.page(*options, "--threads", 2, name=f"{ranks}.html", ranks=ranks)
            self.assertEqual(text, first)

    def test_from_a_state(self):
        self.data()
        self.trawl("stats", "t", "--features", "amount", "--group-by", "agent", "--levels", "region", "--state", "s.h5",
                   "--where", "amount < 1e6")
        self.trawl("stats", "--from-state", "s.h5", "--fdr", "0.01", "--html", "page.html")
        text = (self.folder / "page.html").read_text()
        Page(text)
        self.assertIn("amount &lt; ", text)
        self.assertIn('id="entities"', text)

    def test_is_not_overwritten(self):
        self.data()
        self.write("page.html", "mine")
        run = self.trawl("stats", "t", "--features", "amount", "--html", "page.html", code=BAD_INPUT)
        self.assertIn("--overwrite", run.stderr)
        self.assertEqual((self.folder / "page.html").read_text(), "mine")
        run = self.trawl("stats", "t", "--features", "amount", "--html", "x", "--out", "x", code=BAD_INPUT)
        self.assertIn("same file", run.stderr)


if __name__ == "__main__":
    harness.main()
