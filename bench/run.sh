#!/usr/bin/env bash
# Builds and runs the benchmarks; JSON goes to build/bench/results, a table to standard output (docs/performance.md is that).
# Ratios are to the copy or read rate of the same run: absolute figures of a shared machine mean little.
#   bash bench/run.sh [--benchmark_min_time=0.2 ...]
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset bench >/dev/null
cmake --build build/bench --target bench_scan_kernels bench_membership_filter bench_key_lists bench_chunk_read bench_exact bench_tree bench_baseline bench_proof bench_evidence bench_pairs bench_distribution >/dev/null
results=build/bench/results
mkdir -p "$results"
commit=$(git describe --always --dirty --abbrev=12)
for question in scan_kernels membership_filter key_lists chunk_read exact tree baseline proof evidence pairs distribution; do
  "build/bench/bench/bench_$question" --benchmark_out="$results/$question.json" --benchmark_out_format=json \
    --benchmark_context=commit="$commit" --benchmark_context=ranks=1 --benchmark_context=threads=1 "$@" >/dev/null 2>&1
done
python3 bench/table.py "$results"/*.json
