"""trawl evidence --html: one page that needs nothing else, says what the lines say, and lets no name be markup."""

import json
import random
import re

import harness
from harness import BAD_INPUT, CliTest
from test_html import EVIL, NAMES, Page


class EvidenceHtmlTest(CliTest):
    def data(self, entities=20, sources=15, liars=4, seed=2):
        """Sources 0 .. liars - 1 say the contrary, loudly; source 5 says two things."""
        rng = random.Random(seed)
        lines = []
        for e in range(entities):
            for s in range(sources):
                x = rng.gauss(2, 0.3) * (1 if e % 3 else -1)
                name = (NAMES[s] if s < len(NAMES) else f"{EVIL} {s}").replace('"', '""')
                lines.append(f'"{EVIL} {e}","{name}",{e},k,1,{-9 * x if s < liars else x!r},1\n')
                if s == 5 and e == 0:
                    lines.append(f'"{EVIL} {e}","{name}",{e},k,1,7.25,1\n')
        self.write("t.csv", "entity,source,id,type,time,log_odds,weight\n" + "".join(lines))
        self.trawl("ingest", "t.csv", "--out", "t")

    def page(self, *args, name="page.html", **kw):
        run = self.trawl("evidence", "t", *args, "--html", name, "--out", name + ".jsonl", "--format", "jsonl", **kw)
        lines = [json.loads(line) for line in (self.folder / (name + ".jsonl")).read_text().splitlines()]
        return (self.folder / name).read_text(encoding="utf-8"), [x for x in lines if "entity" in x], run

    @staticmethod
    def section(text, name):
        part = text[text.index(f'<section id="{name}"'):]
        return part[:part.index("</section>") + 10]


class Content(EvidenceHtmlTest):
    def test_nothing_from_the_data_is_markup(self):
        self.data()
        text, _, _ = self.page("--where", "log_odds > -1e300 OR type = '<img>'")
        page = Page(text)
        self.assertEqual([page.count(tag) for tag in ("script", "style", "img")], [1, 1, 0])
        self.assertEqual(page.outside, [])
        self.assertNotIn("://", text)
        self.assertNotIn("url(", text)
        for name in NAMES:
            self.assertIn(name, page.bdi)
        self.assertIn("'<img>'", "".join(page.texts))

    def test_strongest_cases_and_what_cutting_does(self):
        self.data()
        text, entities, run = self.page("--json")
        by_strength = sorted(entities, key=lambda e: -e["median"]["log_odds"])
        headings = re.findall(r"<h3>.*?</h3>", self.section(text, "cases"))
        self.assertEqual([Page(h).bdi[1] for h in headings], [e["entity"] for e in by_strength[:12]])
        by_change = sorted(entities, key=lambda e: -abs(e["median"]["log_odds"] - e["plain"]["log_odds"]))
        headings = re.findall(r"<h3>.*?</h3>", self.section(text, "moved"))
        self.assertEqual([Page(h).bdi[1] for h in headings], [e["entity"] for e in by_change[:6]])
        reversed_ = sum((e["median"]["log_odds"] > 0) != (e["plain"]["log_odds"] > 0) for e in entities)
        self.assertEqual(reversed_, 20)
        self.assertIn(f"Decided otherwise</span><b>{reversed_}</b>", text)
        for key in ("certificate", "result_digest"):
            self.assertIn(run.json()[key], text)
        self.assertIn("301 rows = 301 scanned", text)
        self.assertIn("299 records + 0 duplicates + 2 withheld", text)

    def test_every_source_has_its_mark(self):
        self.data()
        text, entities, _ = self.page("--byzantine", 0.3)
        strongest = sorted(entities, key=lambda e: -e["median"]["log_odds"])[:12]
        # Two plots in a case: posterior, sources.
        plots = re.findall(r'<svg class="strip".*?</svg>', self.section(text, "cases"), re.S)[1::2]
        self.assertEqual(len(plots), 12)
        for plot, entity in zip(plots, strongest):
            cut = {c["source"] for c in entity["cut"]}
            kinds = ["no" if s["standing"] != "votes" else "cut" if s["source"] in cut else "in" for s in entity["sources"]]
            for kind in ("in", "cut", "no"):
                marks = plot.count(f'<circle class="d-{kind}"')
                for number in re.findall(rf'<text class="d-{kind}"[^>]*>\u25c2?(\d+)\u25b8?<', plot):
                    marks += int(number)
                self.assertEqual(marks, kinds.count(kind), (kind, plot))
            for word in ("median", "trimmed mean", "plain sum / sources", "log-odds of one source (nats)"):
                self.assertIn(word, plot)
        self.assertEqual(text.count('class="d-in"') > 50, True)
        self.assertIn("7.25", self.section(text, "equivocations"))

    def test_registered_sources_and_guarantee(self):
        self.data()
        text, _, _ = self.page()
        self.assertIn("supposes that nobody has several names", text)
        self.write("l.json", json.dumps([f"{EVIL} {s}" for s in range(6, 15)]))
        text, _, _ = self.page("--sources", "l.json", "--overwrite")
        self.assertIn("9 registered sources, 9 votes", text)
        self.assertIn("entities, for registered sources", text)
        self.write("few.json", json.dumps([f"{EVIL} 9"]))
        text, _, _ = self.page("--sources", "few.json", "--overwrite")
        self.assertIn("too few votes to hold", text)

    def test_without_anything_to_show(self):
        self.data()
        for options in (("--where", "log_odds > 1e9"), ("--source", "", "--id", "")):
            text, _, _ = self.page("--overwrite", *options)
            Page(text)
            self.assertNotIn("nan", text)
            self.assertNotIn("inf", text.replace("information", ""))


class Files(EvidenceHtmlTest):
    def test_the_same_bytes_for_any_ranks(self):
        self.data()
        first, _, _ = self.page()
        for ranks in (1, 3):
            self.assertEqual(self.page("--threads", 2, name=f"{ranks}.html", ranks=ranks)[0], first)

    def test_many_sources_stay_small(self):
        self.data(entities=20, sources=1500, liars=300)
        text, _, _ = self.page()
        Page(text)
        self.assertLess(len(text.encode()), 6_000_000)
        self.assertIn("and 1,300 more", text)

    def test_is_not_overwritten(self):
        self.data()
        self.write("page.html", "mine")
        self.assertIn("--overwrite", self.trawl("evidence", "t", "--html", "page.html", code=BAD_INPUT).stderr)
        self.assertEqual((self.folder / "page.html").read_text(), "mine")
        for other in ("--out", "--gold"):
            self.assertIn("same file", self.trawl("evidence", "t", "--html", "x", other, "x", code=BAD_INPUT).stderr)


if __name__ == "__main__":
    harness.main()
