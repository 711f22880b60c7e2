// DuckDB: a table in memory, and its own file. Modes: memory, file.
'use strict';
const path = require('path');
const fs = require('fs');
const { data, peers, threads, load, versionOf, timed, bytesOf, main } = require('./serve.js');
const { DuckDBInstance } = load('@duckdb/node-api');

const file = path.join(peers, 'duckdb.db');
const settings = { threads: String(threads) };

// The file from the CSV files, and Parquet copies of it for those who read that.
async function build() {
  fs.rmSync(file, { force: true });
  const instance = await DuckDBInstance.create(file, settings);
  const db = await instance.connect();
  const loadSeconds = await timed(async () => {
    await db.run(`CREATE TABLE t AS SELECT * FROM read_csv('${data}/csv/*.csv')`);
    await db.run('CHECKPOINT');
  });
  const bytes = bytesOf(file);
  await db.run(`CREATE TABLE keys AS SELECT * FROM read_csv('${data}/keys/keys.csv')`);
  await db.run(`CREATE TABLE notes AS SELECT * FROM read_csv('${data}/csv-notes/*.csv')`);
  await db.run('CHECKPOINT');
  for (const table of ['t', 'keys', 'notes']) {
    await db.run(`COPY ${table} TO '${peers}/${table}.parquet' (FORMAT parquet, COMPRESSION zstd)`);
  }
  return { load_s: loadSeconds, bytes, parquet_bytes: bytesOf(path.join(peers, 't.parquet')) };
}

async function openMemory() {
  const instance = await DuckDBInstance.create(':memory:', settings);
  const db = await instance.connect();
  await db.run(`ATTACH '${file}' AS stored (READ_ONLY)`);
  const loadSeconds = await timed(async () => {
    for (const table of ['t', 'keys', 'notes']) await db.run(`CREATE TABLE ${table} AS SELECT * FROM stored.${table}`);
  });
  await db.run('DETACH stored');
  return { db, load_s: loadSeconds };
}

async function openFile() {
  const instance = await DuckDBInstance.create(file, { ...settings, access_mode: 'READ_ONLY' });
  return { db: await instance.connect() };
}

async function open(mode) {
  const { db, ...facts } = mode === 'memory' ? await openMemory() : await openFile();
  const rows = async (sql) => (await db.runAndReadAll(sql)).currentRowCount;
  const value = async (sql) => Number((await db.runAndReadAll(sql)).getRows()[0][0]);
  const listed = 'SELECT record_id, user_id, amount FROM t WHERE user_id IN (SELECT key FROM keys)';
  const queries = {
    Q1: () => rows("SELECT * FROM t WHERE user_id = 12345 AND action = 'purchase' AND amount > 10000"),
    Q3: () => rows(`${listed} AND amount > 9000`),
    Q3b: () => rows(listed),
    Q4a: () => value('SELECT count(*) FROM t WHERE amount BETWEEN 100 AND 200'),
    Q5: () => rows("SELECT * FROM notes WHERE note LIKE '%needle%'"),
  };
  return { queries, version: `DuckDB ${versionOf('@duckdb/node-api')}`, ...facts };
}

main(build, open);
