"""Starts trawl and the peers, and reads what they measured of themselves."""

import concurrent.futures
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import time

MPI_AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


class WrongCount(Exception):
    """An engine answered with another count than brute force: nothing of the run may be believed."""


class Skip(Exception):
    """A peer is not installed, or a variant cannot be made: the run goes on without it."""


class Failed(Exception):
    """A program ended badly; `detail` is the last it said."""

    def __init__(self, text, detail=""):
        super().__init__(text)
        self.detail = detail or text


class PeerFailed(Failed):
    """A peer could not answer: its figure is missing, and the run goes on."""


def check_count(query, who, got, expected):
    if got != expected:
        raise WrongCount(f"{query} by {who}: {got} matches, but brute force finds {expected}")


def spread(seconds):
    """Median, extremes and number of repetitions, in seconds."""
    return {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds), "n": len(seconds)}


def tell(text):
    print(text, file=sys.stderr, flush=True)


def call(words, env=None, timeout=3600):
    """Standard output of a program that must succeed."""
    words = [str(word) for word in words]
    process = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **(env or {})}, timeout=timeout)
    if process.returncode != 0:
        said = process.stderr.strip()[-2000:]
        raise Failed(f"{shlex.join(words[:12])} ended with exit code {process.returncode}: {said}",
                     said.splitlines()[-1] if said else "")
    return process.stdout


def repeat(program, query, data, folder, repeats, warm_up, threads, budget, options=()):
    """One process of compare_repeat; its report."""
    words = [program, *query.trawl_options(data), "--threads", threads, "--repeat", repeats, "--warm-up", warm_up,
             "--budget", budget, *options, folder]
    return json.loads(call(words))


class PeerProcess:
    """A peer that has loaded its data and answers queries. Raises Skip when it is not installed."""

    def __init__(self, peer, data, threads, interpreter, env):
        self.peer = peer
        script = pathlib.Path(__file__).with_name(peer.script)
        self.process = subprocess.Popen([*interpreter, str(script), "serve", peer.mode, str(data), str(threads)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **env})
        self.facts = self.answer()
        if "skip" in self.facts:
            self.close()
            raise Skip(self.facts["skip"])

    def answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):  # libraries may print things of their own
                return json.loads(line)
        raise PeerFailed(f"{self.peer.name} ended without an answer (exit code {self.process.wait()})")

    def ask(self, query, repeats, warm_up, budget):
        request = {"query": query, "repeat": repeats, "warm_up": warm_up, "budget": budget}
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise PeerFailed(f"{self.peer.name} ended before it was asked (exit code {self.process.wait()})") from error
        report = self.answer()
        if "error" in report:
            raise PeerFailed(f"{self.peer.name}, {query}: {report['error']}")
        return report

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:  # it has ended already
            pass
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def build_peer(peer, data, threads, interpreter, env):
    """Lets a peer make its own files; what it tells of that. Raises Skip."""
    script = pathlib.Path(__file__).with_name(peer.script)
    out = call([*interpreter, script, "build", peer.mode, data, threads], env)
    facts = json.loads(next(line for line in out.splitlines() if line.startswith("{")))
    if "skip" in facts:
        raise Skip(facts["skip"])
    return facts


def drop_caches():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")


def can_drop_caches():
    return os.access("/proc/sys/vm/drop_caches", os.W_OK)


def bytes_of(folder):
    return sum(path.stat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file())


def busy_seconds():
    """CPU seconds that all programs of this machine have used, and those that the host took from it, since it started."""
    words = open("/proc/stat").readline().split()
    user, nice, system, _, _, irq, softirq, steal = (int(word) for word in words[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def used_by(pid):
    """CPU seconds of a process and of its ended children; 0 when it has ended."""
    try:
        words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0
    return sum(int(word) for word in words[11:15]) / os.sysconf("SC_CLK_TCK")


class Watch:
    """Tells how much of the cores other programs used meanwhile: figures from a busy machine are not to be trusted."""

    def __init__(self, pid=None):
        self.pid = pid
        self.begin, self.busy, self.own = time.perf_counter(), busy_seconds(), self.used()

    def used(self):
        mine = os.times()
        return mine.user + mine.system + mine.children_user + mine.children_system + (used_by(self.pid) if self.pid else 0)

    def foreign_share(self):
        """Of all cores, in [0, 1]; good to about 0.02 over a second, nothing over a few milliseconds."""
        spent = time.perf_counter() - self.begin
        foreign = busy_seconds() - self.busy - (self.used() - self.own)
        return min(1.0, max(0.0, foreign / (spent * os.cpu_count())))


def read_files(paths, threads):
    """Bytes per second when all of `paths` are read, `threads` at a time."""
    def read(path):
        block, total = bytearray(8 << 20), 0
        with open(path, "rb", buffering=0) as file:
            while got := file.readinto(block):
                total += got
        return total

    begin = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(read, paths)) / (time.perf_counter() - begin)


def machine():
    facts = dict(line.split(":", 1) for line in call(["lscpu"]).splitlines() if ":" in line)
    memory = next(line for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return {"processor": facts.get("Model name", "unknown").strip(), "cores": len(os.sched_getaffinity(0)),
            "memory_bytes": 1024 * int(memory.split()[1]), "kernel": platform.release()}


def commit(source):
    process = subprocess.run(["git", "-C", str(source), "describe", "--always", "--dirty", "--abbrev=12"],
                             capture_output=True, text=True)
    return process.stdout.strip() or "unknown"


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
