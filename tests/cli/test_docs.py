"""What is written down is what the program does: reference pages and config files."""

import re

import harness
from harness import SOURCE_DIR, CliTest


class Docs(CliTest):
    def commands(self):
        return re.findall(r"^  (\S+(?: \S+)?)  ", self.trawl("--help").stdout, re.MULTILINE)

    def test_reference_pages_are_what_the_program_prints(self):
        pages = {"README.md": self.trawl("--help-markdown").stdout}
        for command in self.commands():
            pages[command.replace(" ", "-") + ".md"] = self.trawl(*command.split(), "--help-markdown").stdout
        folder = SOURCE_DIR / "docs" / "reference"
        written = {path.name: path.read_text() for path in folder.glob("*.md")}
        self.assertGreater(len(pages), 1)
        self.assertEqual(sorted(written), sorted(pages))
        for name, text in pages.items():
            self.assertEqual(written[name], text, f"docs/reference/{name} is old; run docs/reference/update.sh")

    def test_every_config_file_passes_a_dry_run(self):
        for path in sorted((SOURCE_DIR / "configs").glob("*.cfg")):
            with self.subTest(config=path.name):
                first = path.read_text().splitlines()[0]
                if first == "# trawl sweep this":  # listing the points checks each of them
                    self.trawl("sweep", path)
                    continue
                match = re.fullmatch(r"# trawl (\S+(?: \S+)?) --config this", first)
                self.assertIsNotNone(match, f"first line of {path} is '{first}', not '# trawl COMMAND --config this'")
                self.trawl(*match[1].split(), "--config", path, "--dry-run")


if __name__ == "__main__":
    harness.main()
