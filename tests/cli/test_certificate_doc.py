"""docs/certificate.md: the Python in it checks a certificate without this program."""

import re
import subprocess
import sys

import harness
from harness import SOURCE_DIR, CliTest


class CertificateDoc(CliTest):
    def check(self):
        text = (SOURCE_DIR / "docs" / "certificate.md").read_text()
        code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
        return subprocess.run([sys.executable, "-c", code, str(self.folder / "run")], capture_output=True, text=True)

    def test_the_snippet_accepts_an_honest_run_and_refuses_a_changed_one(self):
        report = self.trawl("search", "--where", "user_id = 12345", "--json", "--run-dir", "run",
                            "gen:transactions?datasets=5&rows=2000&seed=3").json()
        run = self.check()
        self.assertEqual((run.returncode, run.stdout.strip()), (0, report["certificate"]), run.stderr)
        path = self.folder / "run/matches.jsonl"
        path.write_text(path.read_text().replace("12345", "12346", 1))
        self.assertNotEqual(self.check().returncode, 0)


if __name__ == "__main__":
    harness.main()
