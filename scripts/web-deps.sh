#!/usr/bin/env bash
# Installs what the page is built with, if package-lock.json changed since the last time.
# Without install scripts: a package cannot run code of its own here before it is reviewed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../web"

# npm writes this file at the end of an install.
if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
    npm ci --ignore-scripts --no-audit --no-fund
fi
