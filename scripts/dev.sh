#!/usr/bin/env bash
# The server as a debug build on 127.0.0.1:8000, and the page with hot reload on 127.0.0.1:5173. Ctrl-C ends both.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/check-tools.sh
scripts/web-deps.sh
cargo build --package jarvis

page=http://127.0.0.1:5173
export BIND=127.0.0.1:8000
export CORS_ORIGINS=${CORS_ORIGINS:-http://localhost:8000,http://127.0.0.1:8000,$page}

# Job control gives each its own process group, so that npm's children end with it. Then they may not read the
# terminal: hence /dev/null.
set -m
cargo run --package jarvis -- serve </dev/null &
server=$!
npm --prefix web run dev -- --host 127.0.0.1 --port 5173 --strictPort </dev/null &
vite=$!
stop() {
    set +m # says nothing about jobs that end
    trap '' INT TERM HUP
    kill -TERM -- -$server -$vite 2>/dev/null || true
    wait || true
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

printf '\n==> Open %s\n' "$page"
# Ends as soon as either does.
wait -n
