"""The program around its commands: version, help, unknown words, config files, errors said once."""

import re

import harness
from harness import BAD_INPUT, CliTest


class Program(CliTest):
    def test_version_names_version_and_commit(self):
        run = self.trawl("--version")
        self.assertRegex(run.stdout, r"^trawl \d+\.\d+\.\d+ \(commit ([0-9a-f]{12}(-dirty)?|unknown)\)\n$")

    def test_help_goes_to_stdout_once(self):
        for args in (["--help"], ["help"], ["help", "ingest"], ["generate", "keys", "--help"]):
            alone = self.trawl(*args)
            self.assertIn("trawl", alone.stdout)
            self.assertEqual(alone.stderr, "")
            self.assertEqual(self.trawl(*args, ranks=2).stdout, alone.stdout)

    def test_help_of_a_command_is_the_same_either_way(self):
        self.assertEqual(self.trawl("help", "inspect").stdout, self.trawl("inspect", "--help").stdout)

    def test_no_command(self):
        run = self.trawl(code=BAD_INPUT)
        self.assertIn("Commands:", run.stderr)
        self.assertEqual(run.stdout, "")

    def test_unknown_command_names_the_nearest(self):
        run = self.trawl("ingets", "a.csv", code=BAD_INPUT)
        self.assertIn("trawl: ingets: no such command; the nearest is `trawl ingest`.", run.stderr)
        run = self.trawl("help", "inspekt", code=BAD_INPUT)
        self.assertIn("the nearest is `trawl inspect`", run.stderr)

    def test_half_a_command_lists_its_family(self):
        run = self.trawl("generate", code=BAD_INPUT)
        self.assertIn("`trawl generate transactions` or `trawl generate evidence` or `trawl generate keys`", run.stderr)

    def test_errors_of_the_user_are_said_once_and_together(self):
        run = self.trawl("generate", "keys", "--count", "-5", "--sede", "1", ranks=3, code=BAD_INPUT)
        self.assertEqual(run.stderr.count("-5 is outside 1 .. 1099511627776"), 1, run)
        self.assertEqual(run.stderr.count("--sede: no such option; the nearest is --seed"), 1, run)

    def test_config_errors_name_file_and_line(self):
        self.write("keys.cfg", "# a comment\ncount = 5\nseeed = 1\nout = keys.txt\ninclude = x\n")
        run = self.trawl("generate", "keys", "--config", "keys.cfg", ranks=2, code=BAD_INPUT)
        self.assertIn("keys.cfg:3: no such key 'seeed'; the nearest is 'seed'", run.stderr)
        self.assertIn("keys.cfg:5: include: 'x' is not a whole number", run.stderr)
        self.assertEqual(self.names(), ["keys.cfg"])

    def test_missing_config_file(self):
        run = self.trawl("generate", "keys", "--config", "none.cfg", ranks=2, code=BAD_INPUT)
        self.assertEqual(run.stderr.count("none.cfg"), 1, run)

    def test_command_line_wins_over_config(self):
        self.write("keys.cfg", "count = 5\nseed = 1\nout = a.txt\ninclude = 1\ninclude = 2\n")
        args = ["generate", "keys", "--config", "keys.cfg", "--out", "b.txt", "--include", "7"]
        run = self.trawl(*args, "--dump-config")
        self.assertIn("\nout = b.txt\n", run.stdout)
        self.assertEqual(re.findall("include = (.*)", run.stdout), ["7"])
        self.trawl(*args)
        self.assertEqual(self.names(), ["b.txt", "keys.cfg"])

    def test_dump_is_a_config_file_and_a_fixed_point(self):
        dump = self.trawl("ingest", "a b.csv", "--null", " NA", "--out", "x", "--dump-config").stdout
        self.assertTrue(dump.startswith("# trawl ingest --config this\n"), dump)
        self.write("dump.cfg", dump)
        self.assertEqual(self.trawl("ingest", "--config", "dump.cfg", "--dump-config").stdout, dump)

    def test_dry_run_does_nothing(self):
        run = self.trawl("generate", "transactions", "--out", "data", "--dry-run", ranks=2)
        self.assertIn("\nseed = 42\n", run.stdout)
        self.assertEqual(self.names(), [])

    def test_a_full_disk_behind_stdout_is_an_error(self):
        with open("/dev/full", "w") as full:
            process = harness.subprocess.run([str(harness.TRAWL), "--help"], stdout=full, stderr=-1, text=True)
        self.assertEqual(process.returncode, harness.INTERNAL_ERROR)
        self.assertIn("cannot write to standard output", process.stderr)


if __name__ == "__main__":
    harness.main()
