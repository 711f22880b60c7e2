// ClickHouse inside this process (chDB). Modes: by_time (MergeTree ordered by timestamp, Bloom filter skip index on user_id)
// and by_user (MergeTree ordered by user_id).
'use strict';
const fs = require('fs');
const path = require('path');
const { data, peers, threads, load, versionOf, timed, main } = require('./serve.js');
const { Session } = load('chdb');

const columns =
  'record_id Int64, user_id Int64, action LowCardinality(String), amount Float64, ' +
  'country LowCardinality(String), timestamp Int64';
const orders = { by_time: 'timestamp', by_user: 'user_id' };
const skipIndex = ', INDEX users user_id TYPE bloom_filter(0.001) GRANULARITY 1';
// Blocks of 8 million rows: fewer parts to merge than with the default of one million.
const inserting =
  `SETTINGS max_threads = ${threads}, max_insert_threads = 1, ` +
  'min_insert_block_size_rows = 8000000, min_insert_block_size_bytes = 0';
// Answers must be computed, not remembered.
const asking = `SETTINGS max_threads = ${threads}, use_query_cache = 0, use_query_condition_cache = 0`;

const folder = (mode) => path.join(peers, `clickhouse-${mode}`);
const csv = (place, schema) => `file('${data}/${place}/*.csv', 'CSVWithNames', '${schema}')`;

async function build(mode) {
  fs.rmSync(folder(mode), { recursive: true, force: true });
  const session = new Session(folder(mode));
  const run = (sql) => session.query(sql, 'JSONCompact');
  run('CREATE DATABASE b');
  run(`CREATE TABLE b.t (${columns}${mode === 'by_time' ? skipIndex : ''}) ENGINE = MergeTree ORDER BY ${orders[mode]}`);
  const loadSeconds = await timed(async () => run(`INSERT INTO b.t SELECT * FROM ${csv('csv', columns)} ${inserting}`));
  const mergeSeconds = mode === 'by_time' ? await timed(async () => run('OPTIMIZE TABLE b.t FINAL')) : 0;
  const bytes = Number(JSON.parse(run("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'b'")).data[0][0]);
  run('CREATE TABLE b.keys (key Int64) ENGINE = MergeTree ORDER BY key');
  run(`INSERT INTO b.keys SELECT * FROM ${csv('keys', 'key Int64')} ${inserting}`);
  run('CREATE TABLE b.notes (record_id Int64, note String) ENGINE = MergeTree ORDER BY record_id');
  run(`INSERT INTO b.notes SELECT * FROM ${csv('csv-notes', 'record_id Int64, note String')} ${inserting}`);
  session.close();
  return { load_s: loadSeconds, merge_s: mergeSeconds, bytes };
}

async function open(mode) {
  const session = new Session(folder(mode));
  const result = (sql) => JSON.parse(session.query(`${sql} ${asking}`, 'JSONCompact')).data;
  const rows = async (sql) => result(sql).length;
  const listed = 'SELECT record_id, user_id, amount FROM b.t WHERE user_id IN (SELECT key FROM b.keys)';
  // Analysing the index for ten million keys costs 35 s a query and helps none of these.
  const noAnalysis = ', use_index_for_in_with_subqueries = 0';
  const listRows = async (sql) => JSON.parse(session.query(`${sql} ${asking}${noAnalysis}`, 'JSONCompact')).data.length;
  const queries = {
    Q1: () => rows("SELECT * FROM b.t WHERE user_id = 12345 AND action = 'purchase' AND amount > 10000"),
    Q3: () => listRows(`${listed} AND amount > 9000`),
    Q3b: () => listRows(listed),
    Q4a: async () => Number(result('SELECT count() FROM b.t WHERE amount BETWEEN 100 AND 200')[0][0]),
    Q5: () => rows("SELECT * FROM b.notes WHERE note LIKE '%needle%'"),
  };
  const engine = result('SELECT version()')[0][0];
  return { queries, version: `ClickHouse ${engine} (chdb ${versionOf('chdb')})` };
}

main(build, open);
