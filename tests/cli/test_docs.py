"""What is written down is what the program does: reference pages and config files."""

import os
import re
import subprocess

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

    def test_examples_print_what_is_written(self):
        """```console blocks: `$ command`, then its output. A file that is shown and not there is written."""
        examples = 0
        for path in sorted((SOURCE_DIR / "docs").glob("*.md")):
            for block in re.findall(r"^```console\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL):
                for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
                    shown = re.fullmatch(r"cat (\S+)", command)
                    if shown and not (self.folder / shown[1]).exists():
                        self.write(shown[1], output)
                    with self.subTest(page=path.name, command=command):
                        self.assertEqual(self.shell(command), output)
                    examples += 1
        self.assertGreater(examples, 5)

    def shell(self, command):
        path = f"{harness.TRAWL.parent}:{os.environ['PATH']}"
        run = subprocess.run(command, shell=True, cwd=self.folder, env=os.environ | {"PATH": path}, capture_output=True,
                             text=True, timeout=harness.SECONDS)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout


if __name__ == "__main__":
    harness.main()
