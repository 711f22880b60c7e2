#!/usr/bin/env bash
# The main job on this machine: installs what is missing, builds, loads a real sample, generates data with planted needles,
# finds them on several ranks, and verifies the certificate. Can be run again and again; writes only below build/ and
# quickstart-data/.
#   RANKS=4 ROWS=1000000 bash jobs/quickstart.sh
set -euo pipefail
cd "$(dirname "$0")/.."
RANKS=${RANKS:-4}
DATASETS=${DATASETS:-8}
ROWS=${ROWS:-1000000}   # per dataset
OUT=${OUT:-quickstart-data}

source jobs/install.sh
trawl_install build
source jobs/mpi.sh

step() { printf '\n== %s\n' "$*"; }
quiet() { "$@" >"$log" 2>&1 || { tail -n 40 "$log"; exit 1; }; }

step "build"
log=$(mktemp)
quiet cmake --preset release -DTRAWL_TESTS=OFF -B build/quickstart
quiet cmake --build build/quickstart --target trawl
rm -f "$log"
trawl=$PWD/build/quickstart/src/trawl
"$trawl" --version

step "real records: flights in the United States, 2001"
mkdir -p "$OUT"
"$trawl" ingest tests/data/flights-sample.csv.zst --out "$OUT/flights" --overwrite
"$trawl" search --where "origin = 'JFK' AND destination = 'LAX' AND delay > 300" "$OUT/flights" \
  --run-dir "$OUT/run-flights" --overwrite

step "generated records: $DATASETS datasets of $ROWS rows, with 7 planted needles"
mpi "$RANKS" "$trawl" generate transactions --datasets "$DATASETS" --rows "$ROWS" --seed 42 --out "$OUT/transactions" --overwrite

step "search on $RANKS ranks"
mpi "$RANKS" "$trawl" search "$OUT/transactions" --run-dir "$OUT/run" --overwrite \
  --where "user_id = 12345 AND action = 'purchase' AND amount > 10000"

step "the certificate (its head; the ledger of every dataset follows in the file)"
sed '/"datasets"/,$d' "$OUT/run/certificate.json"

step "verify the certificate"
mpi "$RANKS" "$trawl" verify "$OUT/run"
printf '\nEverything about this run is in %s; start with execution_summary.md.\n' "$OUT/run"
