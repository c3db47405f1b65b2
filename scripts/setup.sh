#!/usr/bin/env bash
# Installs what building, testing and running Nexus needs on Debian 12, and nothing when all of it is there.
# Needs root or sudo; asks nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  # Tools to build with.
  git make g++ cmake ninja-build ccache mold
  # Libraries.
  libcaf-dev libboost1.81-dev nlohmann-json3-dev libexpected-dev libfmt-dev libspdlog-dev prometheus-cpp-dev libsqlite3-dev
  libhiredis-dev libjemalloc-dev libcurl4-openssl-dev libssl-dev libarchive-dev libyaml-cpp-dev libcli11-dev libgit2-dev libpugixml-dev libhowardhinnant-date-dev
  libkainjow-mustache-dev libexpat1-dev tzdata
  # Tests, fuzz targets, benchmarks and checks.
  libboost-test1.81-dev librapidcheck-dev libbenchmark-dev clang-19 libfuzzer-19-dev libclang-rt-19-dev clang-tidy-19
  clang-format-19 jq curl wrk erlang-base redis-server ca-certificates
)
# In backports alone; everything is built and tested without: the module that exports traces, and the tests that receive them;
# a second server that speaks as Redis does.
from_backports=(opentelemetry-cpp-dev libopentelemetry-proto-dev libgrpc++-dev libprotobuf-dev protobuf-compiler-grpc
  valkey-server)
# Tests start servers of their own: these are neither started when they are installed nor at the next boot.
services=(redis-server valkey-server)

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "setup: packages are missing; run this as root, or install sudo" >&2
    exit 1
  fi
}

apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"; }

# install PACKAGE...: without starting any service.
install() {
  local policy=/usr/sbin/policy-rc.d made=no outcome=0 service
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    made=yes
  fi
  apt_get install -y --no-install-recommends "$@" || outcome=$?
  [ "$made" = no ] || as_root rm -f "$policy"
  for service in "${services[@]}"; do
    if [[ " $* " == *" $service "* ]] && command -v systemctl >/dev/null; then
      as_root systemctl --quiet disable "$service" || true
    fi
  done
  return "$outcome"
}

missing_packages() {
  comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

# The backports suite is on for packages that Debian 12 has too old or not at all. It is never chosen by itself: its packages
# have a lower priority than the release's.
enable_backports() {
  local changed kept
  if apt-get indextargets --format '$(RELEASE)' 2>/dev/null | grep -qx "$VERSION_CODENAME-backports"; then
    return # known without root
  fi
  kept=$(mktemp -d)
  cp -a /etc/apt/sources.list* "$kept"/ 2>/dev/null || true
  changed=$(as_root scripts/apt-sources.pl suite "$VERSION_CODENAME")
  if [ -n "$changed" ]; then
    echo "setup: switched on $VERSION_CODENAME-backports in $changed"
    if ! apt_get update; then
      echo "setup: the package lists could not be read with it; taking it back" >&2
      as_root cp -a "$kept/${changed#/etc/apt/}" "$changed"
      rm -rf "$kept"
      return 1
    fi
    lists_are_new=yes
  fi
  rm -rf "$kept"
}

# What GitHub publishes about its API, for the test that holds the simulator against it. Only where npm is there already.
fetch_published_shapes() {
  local package=@octokit/openapi@23.0.2 folder=build/oracles kept
  [ ! -f "$folder/api.github.com.json" ] || return 0
  if ! command -v npm >/dev/null; then
    echo "setup: there is no npm; the simulator will not be held against GitHub's own description"
    return 0
  fi
  kept=$(mktemp -d)
  if (cd "$kept" && npm pack --silent "$package" >name) &&
    tar -xzf "$kept/$(tail -n 1 "$kept/name")" -C "$kept" package/generated/api.github.com.json; then
    mkdir -p "$folder"
    mv "$kept/package/generated/api.github.com.json" "$folder/"
    echo "setup: fetched $package"
  else
    echo "setup: $package could not be fetched; the test that needs it will be skipped" >&2
  fi
  rm -rf "$kept"
}

. /etc/os-release
if [ "${ID:-}" != debian ] || [ "${VERSION_ID:-}" != 12 ]; then
  echo "setup: this is ${PRETTY_NAME:-an unknown system}; Nexus is built for Debian 12, whose package names are used here" >&2
fi
command -v apt-get >/dev/null || { echo "setup: there is no apt-get here" >&2; exit 1; }

fetch_published_shapes
lists_are_new=no
if enable_backports; then
  packages+=("${from_backports[@]}")
else
  echo "setup: going on without backports: nodes will not be able to export traces" >&2
fi

mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -eq 0 ]; then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi
echo "setup: installing ${missing[*]}"
[ "$lists_are_new" = yes ] || apt_get update
install "${missing[@]}"
