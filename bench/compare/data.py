"""What is searched: makes every part of the data that is missing, for trawl and for the peers."""

import glob
import json
import pathlib
import shutil

from measure import Failed, Skip, build_peer, bytes_of, call, tell


class Data:
    def __init__(self, args, programs):
        self.folder = pathlib.Path(args.data)
        self.args = args
        self.programs = programs
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "truth.json").exists():
            self.make("--truth")
        self.truth = json.loads((self.folder / "truth.json").read_text())
        for name in ("datasets", "rows", "seed", "keys", "notes"):
            if self.truth[name] != getattr(args, name):
                raise Failed(f"{self.folder} holds data with {name} = {self.truth[name]}, not {getattr(args, name)}: "
                             "choose another --data, or the same size")
        if not (self.folder / "keys").exists():
            self.make("--key-list")

    def make(self, *what):
        tell(f"making {' '.join(what)} in {self.folder}")
        size = [word for name in ("datasets", "rows", "seed", "keys", "notes")
                for word in (f"--{name}", getattr(self.args, name))]
        call([self.programs.make_data, "--out", self.folder, "--threads", self.args.threads, *size, *what])

    def need(self, part):
        """`part`: "csv" or "columns"."""
        if not (self.folder / part).exists():
            self.make(f"--{part}")

    def variant(self, variant):
        """Makes sure that the folder of a variant is there. Raises Skip."""
        tables = self.folder / f"tables-{variant.name}"
        if tables.exists():
            return
        try:
            if variant.command:
                call([self.programs.trawl, variant.command[0], "--help"])  # before anything is copied for it
                self.derive(variant, tables)
            else:
                self.make("--tables", variant.name, *variant.write)
        except Failed as error:
            raise Skip(f"this build does not make it: {error.detail}") from error

    def derive(self, variant, tables):
        partial = tables.with_name(tables.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        if variant.base:
            tell(f"copying tables-{variant.base} for {variant.name}")
            shutil.copytree(self.folder / f"tables-{variant.base}", partial)
        else:
            self.need("csv")
        tell(f"trawl {' '.join(variant.command)}")
        try:
            call([self.programs.trawl, *self.filled(variant.command, partial)])
        except Failed:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        partial.rename(tables)

    def filled(self, words, out):
        """The words of a command, with {out} and {csv} replaced."""
        files = sorted(glob.glob(str(self.folder / "csv" / "*.csv")))
        return [piece for word in words for piece in (files if word == "{csv}" else [word.format(out=out)])]

    def peer(self, peer, peers, interpreter, env, anew):
        """Makes sure that the files of a peer are there; what it told of making them. Raises Skip."""
        builder = next(p for p in peers if p.name == (peer.built_by or peer.name))
        facts_file = self.folder / "peers" / f"{builder.name}.json"
        if facts_file.exists() and not (anew and builder is peer):
            return json.loads(facts_file.read_text())
        self.need(builder.loads)
        tell(f"building {builder.name}")
        facts = build_peer(builder, self.folder, self.args.threads, interpreter(builder), env)
        facts_file.parent.mkdir(exist_ok=True)
        facts_file.write_text(json.dumps(facts))
        return facts

    def size(self, variant):
        return bytes_of(self.folder / f"tables-{variant.name}")
