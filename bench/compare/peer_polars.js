// Polars: a frame in memory, and lazy scans of Parquet (written by peer_duckdb.js build). Modes: memory, parquet.
'use strict';
const fs = require('fs');
const path = require('path');
process.env.POLARS_MAX_THREADS = process.argv[5] || '2'; // read once, when the library loads
const { peers, load, versionOf, timed, main } = require('./serve.js');
const pl = load('nodejs-polars');

const parquet = (table) => path.join(peers, `${table}.parquet`);

async function open(mode) {
  for (const table of ['t', 'keys', 'notes']) {
    if (!fs.existsSync(parquet(table))) {
      throw new Error(`${parquet(table)} is missing: build duckdb-file first, it writes the Parquet files`);
    }
  }
  const frames = {};
  let facts = {};
  if (mode === 'memory') {
    facts.load_s = await timed(async () => {
      for (const table of ['t', 'keys', 'notes']) frames[table] = pl.readParquet(parquet(table));
    });
  }
  const scan = (table) => (mode === 'memory' ? frames[table].lazy() : pl.scanParquet(parquet(table)));
  const height = (lazy) => lazy.collectSync().height;
  const amount = pl.col('amount');
  const semiJoin = { leftOn: 'user_id', rightOn: 'key', how: 'semi' };
  const listed = (lazy) => height(lazy.select('record_id', 'user_id', 'amount').join(scan('keys'), semiJoin));
  const needle = pl.col('user_id').eq(pl.lit(12345)).and(pl.col('action').eq(pl.lit('purchase')));
  const point = () => needle.and(amount.gt(pl.lit(10000)));
  const range = () => amount.gtEq(pl.lit(100)).and(amount.ltEq(pl.lit(200)));
  const queries = {
    Q1: async () => height(scan('t').filter(point())),
    Q3: async () => listed(scan('t').filter(amount.gt(pl.lit(9000)))),
    Q3b: async () => listed(scan('t')),
    Q4a: async () => Number(scan('t').filter(range()).select(pl.len()).collectSync().rows()[0][0]),
    Q5: async () => height(scan('notes').filter(pl.col('note').str.contains('needle', true, true))), // literal, strict
  };
  return { queries, version: `nodejs-polars ${versionOf('nodejs-polars')}`, ...facts };
}

main(async () => ({}), open);
