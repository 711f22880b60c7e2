#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests. Arguments go to ctest: `bash jobs/test.sh -R cli`.
set -euo pipefail
cd "$(dirname "$0")/.."
source jobs/install.sh
trawl_install test

jobs=$(nproc)
cmake --preset release >/dev/null
cmake --build build/release -j "$jobs"
ctest --test-dir build/release --output-on-failure --no-tests=error -j "$jobs" "$@"
