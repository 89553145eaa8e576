#!/usr/bin/env bash
# Makes bench/ ready: Debian's native libraries, the npm peers, the native contenders.
# Looks before it installs; silent when there is nothing to do.
set -euo pipefail

bench="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
build="$bench/../build/bench"

say() { printf 'bench: %s\n' "$*"; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

packages=(libsuitesparse-dev libmetis-dev libopenblas-dev libeigen3-dev cmake g++ make)
if command -v dpkg-query >/dev/null; then
  missing=()
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    say "installing Debian packages: ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
fi

# The stamp holds the lockfile's hash, so a changed lockfile installs anew.
stamp="$bench/node_modules/.lacuna-setup"
wanted="$(sha256sum <"$bench/package-lock.json")"
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
  say 'installing the npm peers (npm ci)'
  (cd "$bench" && npm ci --ignore-scripts --silent)
  printf '%s\n' "$wanted" >"$stamp"
fi

# `built` is younger than every source once a build went through.
sources=("$bench/cpp" "$bench/../src/cpp")
if [ ! -f "$build/built" ] || [ -n "$(find "${sources[@]}" -newer "$build/built" -print -quit)" ]; then
  say 'building the native contenders'
  cmake -S "$bench/cpp" -B "$build" >/dev/null
  cmake --build "$build" --parallel 2 >/dev/null
  # The engines as WebAssembly, for the benchmark of local queries.
  if command -v emcmake >/dev/null; then
    export NODE_PATH="${NODE_PATH:-/usr/share/nodejs}"
    emcmake cmake -S "$bench/cpp/local" -B "$build-wasm" >/dev/null 2>&1
    cmake --build "$build-wasm" --parallel 2 >/dev/null
  fi
  touch "$build/built"
fi
