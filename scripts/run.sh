#!/usr/bin/env bash
# Builds what is not built yet and runs Jarvis; arguments go to `jarvis serve`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/build.sh
printf '\n==> Starting Jarvis (Ctrl-C stops it)\n'
exec "${CARGO_TARGET_DIR:-target}/release/jarvis" serve "$@"
