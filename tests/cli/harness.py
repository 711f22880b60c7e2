"""Runs the real program in a fresh folder and looks at exit code, stdout, stderr and files.

ctest sets TRAWL (the binary), SOURCE_DIR, MPIEXEC and MPIEXEC_FLAGS; by hand:
    TRAWL=build/src/trawl SOURCE_DIR=. python3 tests/cli/test_generate.py
"""

import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import tempfile
import unittest

TRAWL = pathlib.Path(os.environ["TRAWL"]).resolve()
SOURCE_DIR = pathlib.Path(os.environ["SOURCE_DIR"]).resolve()
MPIEXEC = os.environ.get("MPIEXEC", "mpirun")
MPIEXEC_FLAGS = shlex.split(os.environ.get("MPIEXEC_FLAGS", "--oversubscribe --bind-to none"))
SECONDS = 120  # a deadlocked job must not wait for ctest

COMPLETE, INTERNAL_ERROR, BAD_INPUT, QUARANTINED, INCOMPLETE, CHECK_FAILED = 0, 1, 2, 3, 4, 5


class Run:
    """What one run of the program left behind."""

    def __init__(self, process):
        self.code = process.returncode
        self.stdout = process.stdout
        self.stderr = process.stderr

    def json(self):
        return json.loads(self.stdout)

    def __str__(self):
        return f"exit code {self.code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


class CliTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="trawl-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def trawl(self, *args, ranks=0, code=COMPLETE, stdin=None):
        """Runs `trawl args...` in self.folder; ranks=0 means without mpirun. Fails unless it exits with `code`."""
        command = [MPIEXEC, *MPIEXEC_FLAGS, "-n", str(ranks)] if ranks else []
        command = ["timeout", "-k", "5", str(SECONDS), *command, str(TRAWL), *map(str, args)]
        process = subprocess.run(command, cwd=self.folder, input=stdin, capture_output=True, text=True)
        run = Run(process)
        self.assertEqual(run.code, code, f"{shlex.join(command)}\n{run}")
        return run

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def digests(self, folder):
        """SHA-256 of every file below `folder`, by relative name."""
        root = self.folder / folder
        return {
            str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    def names(self, folder="."):
        return list(self.digests(folder))


main = unittest.main
