#!/usr/bin/env bash
# Checks the tools that a build needs; names each that is missing or too old, and how to get it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

complete=true

# need NAME HAVE WANT ADVICE: whether version HAVE (empty: not there) is at least WANT
need() {
    if [[ -n $2 ]] && printf '%s\n' "$3" "$2" | sort -V -C; then
        printf '    %-10s %s\n' "$1" "$2"
    else
        printf '    %-10s %s, and %s or newer is needed: %s\n' "$1" "${2:-not found}" "$3" "$4" >&2
        complete=false
    fi
}

# The first version number in what a command prints; nothing where there is no such command.
version() {
    { "$@" 2>/dev/null || true; } | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1 || true
}

rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
node=$(sed -n 's/.*"node": ">=\([0-9.]*\)".*/\1/p' web/package.json)
need Rust "$(version cargo --version)" "$rust" 'install it from https://rustup.rs'
need Node.js "$(version node --version)" "$node" 'install it from https://nodejs.org or your package manager'
need npm "$(version npm --version)" 9.0 'it comes with Node.js (Debian: apt-get install npm)'
if ! command -v cc >/dev/null; then
    need 'C compiler' '' 4.0 'Debian: apt-get install build-essential; macOS: xcode-select --install'
fi
$complete
