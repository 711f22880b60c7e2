#!/usr/bin/env bash
# Installs the peers that npm has, at the versions the published figures were measured with.
#   bash bench/compare/install.sh [FOLDER]      (default: bench/compare, whose node_modules git ignores)
# Then: python3 bench/compare/run.py --node-modules FOLDER/node_modules
# The peers of Debian: apt-get install nodejs python3-h5py python3-tables python3-numpy
set -euo pipefail
folder=${1:-$(dirname "$0")}
mkdir -p "$folder"
cd "$folder"
# nodejs-polars does not bring the library for this platform by itself: it is named here.
npm install --prefix "$PWD" --no-save --no-package-lock --no-audit --no-fund \
  @duckdb/node-api@1.5.6-r.1 nodejs-polars@0.26.1 "nodejs-polars-linux-$(node -p process.arch)-gnu@0.26.1" chdb@3.4.0
