// The same measurements (make_measurements.cpp) in a table in memory, and group-by over it. One JSON object.
'use strict';
const { DuckDBInstance } = require('@duckdb/node-api');

async function main() {
  const [agents, records, features, threads, repeat] = process.argv.slice(2).map(Number);
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const db = await instance.connect();
  const names = Array.from({ length: features }, (_, j) => `f${j}`);
  const values = names.map((name, j) =>
    `(agent * ${2 * j + 3} * 7919 % 1000 + (((agent * ${records} + time) * ${2 * j + 1} * 104729 + 12345) % 2001 - 1000) / 100.0::DOUBLE)::DOUBLE AS ${name}`);
  await db.run(`CREATE TABLE t AS SELECT agent, ${values.join(', ')} FROM (
    SELECT (i % ${agents}) * 611953 % ${agents} AS agent, i // ${agents} AS time FROM range(${agents * records}) r(i))`);
  const figures = names.map((name) => `avg(${name}) AS m_${name}, stddev_samp(${name}) AS s_${name}`).join(', ');
  const seconds = [];
  let rows = 0;
  for (let i = 0; i < repeat; ++i) {
    const begin = process.hrtime.bigint();
    await db.run(`CREATE OR REPLACE TABLE result AS SELECT agent, count(*) AS n, ${figures} FROM t GROUP BY agent`);
    seconds.push(Number(process.hrtime.bigint() - begin) / 1e9);
    rows = Number((await db.runAndReadAll('SELECT count(*) FROM result')).getRows()[0][0]);
  }
  seconds.sort((a, b) => a - b);
  const version = (await db.runAndReadAll('SELECT version()')).getRows()[0][0];
  console.log(JSON.stringify({ engine: `DuckDB ${version}`, seconds: seconds[seconds.length >> 1], entities: rows,
                               records: agents * records, peak_kb: process.resourceUsage().maxRSS }));
}

main().catch((error) => { console.error(error.message); process.exit(1); });
