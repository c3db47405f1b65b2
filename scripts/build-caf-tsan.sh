#!/usr/bin/env bash
# Builds CAF's core and io libraries with ThreadSanitizer into build/caf-tsan, from Debian's own source package: against the
# binary that Debian ships, ThreadSanitizer sees no locks and is useless. About three minutes on two processors; does nothing
# when they are there. Needs root or sudo only to switch on source packages.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$PWD/build/caf-tsan
version=$(dpkg-query -W -f '${source:Upstream-Version}' libcaf-dev)
stamp=$target/built-$version
if [ -e "$stamp" ]; then
  echo "CAF $version is there"
  exit 0
fi

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

. /etc/os-release
if [ -n "$(as_root scripts/apt-sources.pl source "$VERSION_CODENAME")" ]; then
  as_root apt-get -qq update
fi

rm -rf "$target"
mkdir -p "$target/source"
cd "$target/source"
apt-get -qq -o APT::Sandbox::User=root source --download-only --tar-only actor-framework
tar -xf actor-framework_"$version".orig.tar.* --strip-components=1

# GCC 12 needs <limits> where CAF 0.17.6 forgot to include it. CAF takes the flags from CMAKE_CXX_FLAGS alone.
cmake -G Ninja -S . -B "$target/objects" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_INSTALL_PREFIX="$target" -DCMAKE_INSTALL_LIBDIR=lib \
  -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)" \
  -DCMAKE_CXX_FLAGS="-O1 -g1 -fno-omit-frame-pointer -fsanitize=thread -include limits -Wno-tsan" \
  -DCMAKE_SHARED_LINKER_FLAGS=-fsanitize=thread -DCMAKE_EXE_LINKER_FLAGS=-fsanitize=thread \
  -DCAF_LOG_LEVEL=QUIET -DCAF_NO_UNIT_TESTS=ON -DCAF_NO_EXAMPLES=ON -DCAF_NO_TOOLS=ON -DCAF_NO_OPENCL=ON -DCAF_NO_PYTHON=ON \
  -DCAF_NO_OPENSSL=ON >/dev/null
cmake --build "$target/objects" -j "$("$OLDPWD/scripts/jobs.sh")"
cmake --install "$target/objects" >/dev/null
rm -rf "$target/source" "$target/objects"
touch "$stamp"
