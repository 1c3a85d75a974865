#!/usr/bin/env bash
# Builds the page, then the server with the page inside: target/release/jarvis.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

binary=${CARGO_TARGET_DIR:-target}/release/jarvis
say() { printf '\n==> %s\n' "$*"; }

say 'Checking tools'
scripts/check-tools.sh

say 'Building the page'
scripts/web-deps.sh
# Left alone when nothing changed: a new page means linking the server again.
built=web/dist/index.html
inputs=(web/src web/public web/build web/index.html web/vite.config.ts web/tsconfig.json web/package-lock.json)
if [[ ! -f $built || -n $(find "${inputs[@]}" -newer $built -print -quit) ]]; then
    npm --prefix web run build
else
    echo '    unchanged'
fi

if [[ -f $binary ]]; then
    say 'Building the server'
else
    say 'Building the server (about 5 minutes on two free cores the first time, then seconds)'
fi
cargo build --release --locked --package jarvis
