#!/usr/bin/env bash
# Runs the tests of the rooms base and core, and of the codecs of store, as programs for 64-bit ARM, whose kernels are those for NEON:
# compiled here, run by qemu. Arguments go to ctest: `bash jobs/test_neon.sh -R codec`. Some twenty minutes on two cores; not part
# of test.sh. Simulations, which use no kernels of their own and take longest where each instruction is emulated, are left out, unless
# GTEST_FILTER says otherwise.
#
# Needs Debian or Ubuntu: root or sudo once, for a compiler and qemu; the libraries for ARM are unpacked below build/neon-root, and
# nothing else on this machine learns of them.
set -euo pipefail
cd "$(dirname "$0")/.."
source jobs/install.sh

neon_packages=(libc6-dev libhwy-dev libxxhash-dev libre2-dev libssl-dev libfmt-dev nlohmann-json3-dev libboost-dev libfast-float-dev libzstd-dev
  liblz4-dev zlib1g-dev libmpfr-dev libgmp-dev libgtest-dev libgmock-dev)

# Packages of another architecture, with all they need, without telling dpkg: a folder of apt's own, in which nothing is installed.
unpack_arm_packages() {
  local root=$1 apt=$1.apt
  mkdir -p "$apt"/lists/partial "$apt"/cache/archives/partial "$root"
  : >"$apt/status"
  cat >"$apt/conf" <<END
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Install-Recommends "false";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Debug::NoLocking "true";
APT::Sandbox::User "";
END
  echo "trawl: fetching libraries for arm64" >&2
  if ! { APT_CONFIG=$apt/conf apt-get -q update && APT_CONFIG=$apt/conf apt-get -q -y --download-only install "${neon_packages[@]}"; } \
    >"$apt/log" 2>&1; then
    tail -n 5 "$apt/log" >&2
    echo "trawl: no packages for arm64 (apt's last words are above). Do the sources in /etc/apt name a mirror that has them?" >&2
    exit 2
  fi
  local package
  for package in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
  rm -rf "$apt"
}

if ! command -v apt-get >/dev/null; then
  echo "trawl: this system has no apt, from which the libraries for ARM come. On a machine with an ARM processor jobs/test.sh" \
    "runs these tests." >&2
  exit 2
fi
trawl_build_packages+=(g++-aarch64-linux-gnu qemu-user)
trawl_install build
export TRAWL_SYSROOT=$PWD/build/neon-root
if [ ! -e "$TRAWL_SYSROOT/complete" ]; then
  rm -rf "$TRAWL_SYSROOT"
  unpack_arm_packages "$TRAWL_SYSROOT"
  touch "$TRAWL_SYSROOT/complete"
fi

cmake --preset neon >/dev/null
cmake --build build/neon -j "$(nproc)"
export GTEST_FILTER=${GTEST_FILTER:--Attack*:Simulation*:Fdr*:TopPairs*}
ctest --test-dir build/neon --output-on-failure --no-tests=error "$@"
