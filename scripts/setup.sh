#!/usr/bin/env bash
# Installs what building and testing need, where it is missing: Debian packages, npm packages.
# Safe to run again and again: looks first, prints only what it does, and does nothing twice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# `npm test --silent` sets this for its children; an npm error in here must be heard.
unset npm_config_loglevel

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

debian_packages=(emscripten catch2 nlohmann-json3-dev ninja-build ccache chromium cmake g++ clang)

# Runs a command quietly; its output is shown only if it fails.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "failed: $*"
  fi
  rm -f "$log"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    command -v sudo >/dev/null || die "need root or sudo for: $*"
    sudo "$@"
  fi
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_debian_packages() {
  local missing=() name
  for name in "${debian_packages[@]}"; do
    is_installed "$name" || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing Debian packages: ${missing[*]}"
  quietly as_root apt-get update -q
  quietly as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# Elsewhere the tools must already be there, an emsdk for instance.
check_tools() {
  local missing=() name
  for name in emcc cmake ninja g++ clang++; do
    command -v "$name" >/dev/null || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] || die "this is not a Debian system; please install: ${missing[*]}"
}

# npm ci in folder $1, unless its node_modules is that of the present lockfile.
install_npm_packages() {
  local folder=$1 stamp=$1/node_modules/.lacuna-setup wanted
  wanted=$(cksum <"$folder/package-lock.json")
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return 0; fi
  say "installing npm packages of $folder"
  (cd "$folder" && quietly npm ci)
  printf '%s\n' "$wanted" >"$stamp"
}

command -v node >/dev/null || die 'Node.js 20 or newer is needed'
[ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || die "Node.js 20 or newer is needed, this is $(node -v)"

# One set-up at a time: demo and test may be started together.
if command -v flock >/dev/null; then
  mkdir -p build
  exec 9>build/.setup-lock
  flock 9
fi

if command -v dpkg-query >/dev/null; then install_debian_packages; else check_tools; fi
install_npm_packages .
# Other Node versions and Deno, as npm packages; their tests say so where they can't be had.
if [ "$(uname -sm)" = 'Linux x86_64' ]; then install_npm_packages test/runtimes; fi
