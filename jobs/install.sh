#!/usr/bin/env bash
# Installs the Debian packages that trawl needs, only those that are missing. Sourced by quickstart.sh and test.sh; can
# also be run alone: `bash jobs/install.sh [build|test]`. Needs root or sudo only when something is missing.
set -euo pipefail

trawl_build_packages=(g++ cmake ninja-build git pkg-config openmpi-bin libopenmpi-dev libhdf5-dev libxxhash-dev
  libboost-program-options-dev libfmt-dev nlohmann-json3-dev libhwy-dev libzstd-dev liblz4-dev zlib1g-dev libfast-float-dev
  libre2-dev libssl-dev libsimdjson-dev)
trawl_test_packages=(libgtest-dev libgmock-dev libmpfr-dev libgmp-dev libsqlite3-dev sqlite3 python3 python3-numpy python3-h5py
  python3-tables python3-zstandard python3-lz4 zstd)

trawl_missing() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

trawl_cannot_install() {
  echo "trawl: $1 Install by hand: $2 (as modules or by Spack: cmake ninja openmpi hdf5 xxhash boost fmt nlohmann-json" \
    "highway zstd lz4 zlib fast-float simdjson re2 openssl; for the tests googletest mpfr sqlite py-h5py py-tables py-zstandard py-lz4)." >&2
  exit 2
}

trawl_install() {
  local wanted=("${trawl_build_packages[@]}")
  [ "${1:-build}" = test ] && wanted+=("${trawl_test_packages[@]}")
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    # Not Debian: what is there decides, and CMake names what it misses.
    command -v cmake >/dev/null && command -v mpirun >/dev/null && return 0
    trawl_cannot_install "this system has no apt." "${wanted[*]}"
  fi
  local missing sudo=()
  missing=$(trawl_missing "${wanted[@]}")
  [ -z "$missing" ] && return 0
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || trawl_cannot_install "packages are missing, and there is neither root nor sudo." "$(echo $missing)"
    sudo=(sudo)
  fi
  echo "trawl: installing" $missing >&2
  local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600)
  local log
  log=$(mktemp)
  # The lists may be missing or old: look once without, then with an update.
  if ! "${apt[@]}" install -y --no-install-recommends $missing >"$log" 2>&1; then
    if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends $missing; } >"$log" 2>&1; then
      tail -n 5 "$log" >&2
      trawl_cannot_install "apt could not install all packages (its last words are above)." "$(echo $missing)"
    fi
  fi
  rm -f "$log"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then trawl_install "${1:-build}"; fi
