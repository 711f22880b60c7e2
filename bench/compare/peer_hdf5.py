"""HDF5 as Python users search it. Modes: h5py (column datasets, numpy, one process per thread) and pytables (one compound
table, in-kernel expressions). Speaks the protocol of serve.js: python3 peer_hdf5.py build|serve MODE DATA THREADS."""

import json
import multiprocessing
import pathlib
import resource
import sys
import time

ACTION, MODE, DATA, THREADS = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), int(sys.argv[4])
COLUMNS = {"record_id": "i64", "user_id": "i64", "action": "u8", "amount": "f64", "country": "u8", "timestamp": "i64"}
DTYPES = {"i64": "<i8", "f64": "<f8", "u8": "u1"}
CHUNK = 1 << 20  # rows


def say(**message):
    print(json.dumps(message), flush=True)


try:
    import numpy as np
    if MODE == "h5py":
        import h5py
        VERSION = f"h5py {h5py.__version__}, numpy {np.__version__}"
    else:
        import tables
        VERSION = f"PyTables {tables.__version__}"
except ImportError as error:
    say(skip=f"not installed: {error}")
    sys.exit(0)


def about():
    """Types and categories; kept beside the peers' files, so that the raw columns can be removed once those are built."""
    kept = DATA / "peers" / "columns.json"
    return json.loads((kept if kept.exists() else DATA / "columns" / "columns.json").read_text())


def raw(part, column):
    kind = COLUMNS[column]
    return np.memmap(part / f"{column}.{kind}", dtype=DTYPES[kind], mode="r")


def parts():
    return sorted((DATA / "columns").glob("part-*"))


def build_h5py():
    folder = DATA / "peers" / "h5py"
    folder.mkdir(exist_ok=True)
    for part in parts():
        with h5py.File(folder / f"{part.name}.h5", "w") as file:
            for column in COLUMNS:
                values = raw(part, column)
                file.create_dataset(column, data=values, chunks=(min(CHUNK, len(values)),))
    return sum(path.stat().st_size for path in folder.glob("*.h5"))


def build_pytables():
    path = DATA / "peers" / "pytables.h5"
    facts = about()
    actions, countries = (np.array(facts[name], dtype="S") for name in ("actions", "countries"))
    row = np.dtype([("record_id", "i8"), ("user_id", "i8"), ("action", actions.dtype), ("amount", "f8"),
                    ("country", countries.dtype), ("timestamp", "i8")])
    with tables.open_file(str(path), "w") as file:
        table = file.create_table("/", "t", row, expectedrows=facts["rows"] * facts["datasets"])
        for part in parts():
            columns = {name: raw(part, name) for name in COLUMNS}
            for begin in range(0, facts["rows"], CHUNK):
                block = {name: values[begin:begin + CHUNK] for name, values in columns.items()}
                out = np.empty(len(block["user_id"]), row)
                for name, values in block.items():
                    out[name] = actions[values] if name == "action" else countries[values] if name == "country" else values
                table.append(out)
    return path.stat().st_size


def scan_file(task):
    """Matches in one file. The column that rejects most is read first, the others only where it leaves something."""
    path, query, purchase, keys = task
    hits = 0
    with h5py.File(path, "r") as file:
        rows = file["user_id"].shape[0]
        for begin in range(0, rows, CHUNK):
            end = min(begin + CHUNK, rows)
            if query == "Q1":
                for i in begin + np.flatnonzero(file["user_id"][begin:end] == 12345):
                    hits += bool(file["action"][i] == purchase and file["amount"][i] > 10000)
                continue
            amount = file["amount"][begin:end]
            if query == "Q4a":
                hits += int(((amount >= 100) & (amount <= 200)).sum())
                continue
            users = file["user_id"][begin:end][np.flatnonzero(amount > 9000)]
            places = np.minimum(np.searchsorted(keys, users), len(keys) - 1)
            hits += int((keys[places] == users).sum())
    return hits


def open_h5py():
    purchase = about()["actions"].index("purchase")
    files = sorted((DATA / "peers" / "h5py").glob("*.h5"))

    def ask(query):
        keys = np.sort(np.fromfile(DATA / "keys" / "keys.i64", "<i8")) if query == "Q3" else None
        # Forked for every query, so that the workers share the key list without sending it.
        global KEYS
        KEYS = keys
        with multiprocessing.get_context("fork").Pool(THREADS) as pool:
            return sum(pool.map(scan_with_keys, [(path, query, purchase) for path in files], chunksize=1))

    return {query: (lambda q=query: ask(q)) for query in ("Q1", "Q3", "Q4a")}


def scan_with_keys(task):
    return scan_file((*task, KEYS))


def open_pytables():
    tables.parameters.MAX_NUMEXPR_THREADS = tables.parameters.MAX_BLOSC_THREADS = THREADS
    table = tables.open_file(str(DATA / "peers" / "pytables.h5"), "r").root.t
    return {"Q1": lambda: len(table.read_where('(user_id == 12345) & (action == b"purchase") & (amount > 10000)')),
            "Q4a": lambda: len(table.get_where_list("(amount >= 100) & (amount <= 200)"))}


def peak_bytes():
    own, workers = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return 1024 * (own + (THREADS * workers if MODE == "h5py" else 0))


def cpu_seconds():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def measure(ask, repeat, warm_up, budget):
    for _ in range(warm_up):
        ask()
    wall, cpu, begin = [], cpu_seconds(), time.perf_counter()
    while len(wall) < repeat and not (len(wall) >= 2 and time.perf_counter() - begin > budget):
        start = time.perf_counter()
        count = ask()
        wall.append(time.perf_counter() - start)
    return {"wall_s": wall, "count": count, "cpu_s": (cpu_seconds() - cpu) / len(wall), "peak_rss_bytes": peak_bytes()}


def main():
    if ACTION == "build":
        begin = time.perf_counter()
        (DATA / "peers").mkdir(exist_ok=True)
        (DATA / "peers" / "columns.json").write_text((DATA / "columns" / "columns.json").read_text())
        size = build_h5py() if MODE == "h5py" else build_pytables()
        say(bytes=size, build_s=time.perf_counter() - begin)
        return
    queries = open_h5py() if MODE == "h5py" else open_pytables()
    say(ready=True, version=VERSION)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            say(**measure(queries[request.pop("query")], **request))
        except Exception as error:  # the comparison goes on without this figure
            say(error=f"{type(error).__name__}: {error}"[:500])


if __name__ == "__main__":
    main()
