"""The questions of the comparison, and the variants of datasets they are asked of. One line adds one."""

import dataclasses
import pathlib


@dataclasses.dataclass(frozen=True)
class Query:
    name: str
    what: str
    where: str  # `{keys}` stands for the watch list
    table: str = "tables"  # or "notes"
    select: str = ""  # columns to return; empty: all
    count: bool = False  # only the number

    def trawl_options(self, data):
        keys = pathlib.Path(data) / "keys" / "keys.h5"
        words = ["--where", self.where.format(keys=f"FILE '{keys}' COLUMN key")]
        if self.count:
            words.append("--count")
        if self.select:
            words += ["--select", self.select]
        return words


QUERIES = [
    Query("Q1", "point and range", "user_id = 12345 AND action = 'purchase' AND amount > 10000"),
    Query("Q3", "watch list and amount", "user_id IN {keys} AND amount > 9000", select="record_id,user_id,amount"),
    Query("Q3b", "watch list alone", "user_id IN {keys}", select="record_id,user_id,amount"),
    Query("Q4a", "count of a range", "amount BETWEEN 100 AND 200", count=True),
    Query("Q5", "text contains", "note LIKE '%needle%'", table="notes"),
]


@dataclasses.dataclass(frozen=True)
class Variant:
    """A folder tables-NAME (for Q5 notes-NAME) that trawl searches. A folder that is there is taken as it is.

    Made by compare_make_data with the options `write` (those of `trawl generate transactions`), or, with a `command`, by
    `trawl COMMAND...`: {out} in its words is the folder to make, {csv} the CSV files; with a `base`, {out} begins as a copy
    of that variant's tables. What this build cannot make is listed as skipped.
    """

    name: str
    what: str
    write: tuple = ()
    command: tuple = ()
    base: str = ""
    options: tuple = ()  # of every search


VARIANTS = [
    Variant("none", "plain columns, no index", ("--codec", "none")),
    Variant("packed", "packed columns (the default), no index", ("--codec", "packed")),
    Variant("zstd", "shuffle and zstd, no index", ("--codec", "zstd")),
    Variant("sketched", "plain, sketches of user_id and amount", ("--codec", "none", "--sketch", "user_id,amount")),
    Variant("indexed", "plain, filters of user_id, sketches of user_id and amount",
            ("--codec", "none", "--filter", "user_id", "--sketch", "user_id,amount")),
    Variant("packed-indexed", "packed, filters of user_id", ("--codec", "packed", "--filter", "user_id")),
    Variant("clustered", "packed, ordered by user_id", ("--codec", "packed", "--cluster-by", "user_id")),
]


@dataclasses.dataclass(frozen=True)
class Load:
    """`trawl ingest OPTIONS --out ... CSV...` on `ranks` ranks, then `trawl COMMAND` where there is more to do."""

    name: str
    options: tuple = ()
    then: tuple = ()
    ranks: int = 2


LOADS = [
    Load("trawl ingest"),
    Load("trawl ingest with filters of user_id", ("--filter", "user_id")),
]


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    what: str
    script: str
    mode: str
    on_disk: bool = True  # takes part when caches are cold
    queries: tuple = ("Q1", "Q3", "Q3b", "Q4a", "Q5")
    index: str = ""  # the query that it does not scan for, thanks to an index or the order of its rows
    built_by: str = ""  # the peer that makes its files; empty: itself
    loads: str = ""  # what it is made from: "csv" or "columns"


PEERS = [
    Peer("duckdb-memory", "DuckDB, table in memory", "peer_duckdb.js", "memory", on_disk=False, built_by="duckdb-file"),
    Peer("duckdb-file", "DuckDB, its own file", "peer_duckdb.js", "file", loads="csv"),
    Peer("polars-memory", "Polars, frame in memory", "peer_polars.js", "memory", on_disk=False, built_by="duckdb-file"),
    Peer("polars-parquet", "Polars, Parquet (zstd)", "peer_polars.js", "parquet", built_by="duckdb-file"),
    Peer("clickhouse", "ClickHouse, by time, Bloom skip index", "peer_clickhouse.js", "by_time", index="Q1",
         loads="csv"),
    Peer("clickhouse-by-key", "ClickHouse, ordered by user_id", "peer_clickhouse.js", "by_user", index="Q1",
         loads="csv"),
    Peer("h5py", "h5py and numpy, a process per core", "peer_hdf5.py", "h5py", loads="columns",
         queries=("Q1", "Q3", "Q4a")),
    Peer("pytables", "PyTables, in-kernel", "peer_hdf5.py", "pytables", loads="columns", queries=("Q1", "Q4a")),
]
