// What the peers written in JavaScript share: one process that loads once and then answers queries.
//
//   node peer_X.js build MODE DATA THREADS   makes what MODE needs below DATA/peers; prints one JSON line
//   node peer_X.js serve MODE DATA THREADS   prints {"ready":true,...}, then answers {"query","repeat","warm_up","budget"} lines
//
// A library that is not installed, or does not load, prints {"skip":"why"}: the comparison goes on without it.
'use strict';
const fs = require('fs');
const path = require('path');
const readline = require('readline');

const [action, mode] = process.argv.slice(2, 4);
const data = path.resolve(process.argv[4] || '.');
const threads = Number(process.argv[5] || 2);
const peers = path.join(data, 'peers');

function say(message) {
  process.stdout.write(JSON.stringify(message) + '\n');
}

function load(name) {
  try {
    return require(name);
  } catch (error) {
    say({ skip: `${name} is not installed or does not load: ${String(error.message).split('\n')[0]}` });
    process.exit(0);
  }
}

function versionOf(name) {
  for (const folder of require.resolve.paths(name)) {
    const file = path.join(folder, name, 'package.json');
    if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')).version;
  }
  return 'unknown';
}

const seconds = (begin) => Number(process.hrtime.bigint() - begin) / 1e9;

async function timed(step) {
  const begin = process.hrtime.bigint();
  await step();
  return seconds(begin);
}

function peakBytes() {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]);
}

// The peak from here on, where the kernel lets us reset it.
function resetPeak() {
  try {
    fs.writeFileSync('/proc/self/clear_refs', '5');
  } catch (error) { /* then the peak includes loading */ }
}

async function measure(ask, { repeat, warm_up: warmUp, budget }) {
  for (let i = 0; i < warmUp; ++i) await ask();
  const wall = [];
  const cpu = process.cpuUsage();
  const begin = process.hrtime.bigint();
  let count;
  while (wall.length < repeat && !(wall.length >= 2 && seconds(begin) > budget)) {
    const start = process.hrtime.bigint();
    count = await ask();
    wall.push(seconds(start));
  }
  const used = process.cpuUsage(cpu);
  return { wall_s: wall, count, cpu_s: (used.user + used.system) / 1e6 / wall.length, peak_rss_bytes: peakBytes() };
}

// `queries`: name -> function that returns the count. `facts`: goes into the results as it is.
async function serve(queries, facts) {
  resetPeak();
  say({ ready: true, ...facts });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    try {
      say(await measure(queries[request.query], request));
    } catch (error) {
      say({ error: String(error.message || error).slice(0, 500) });
    }
  }
  process.exit(0);
}

function bytesOf(place) {
  const facts = fs.statSync(place);
  if (!facts.isDirectory()) return facts.size;
  return fs.readdirSync(place).reduce((sum, name) => sum + bytesOf(path.join(place, name)), 0);
}

async function main(build, open) {
  fs.mkdirSync(peers, { recursive: true });
  if (action === 'build') {
    say(await build(mode));
    process.exit(0);
  }
  const { queries, ...facts } = await open(mode);
  await serve(queries, facts);
}

module.exports = { data, peers, threads, load, versionOf, timed, bytesOf, main };
