#!/usr/bin/env bash
# The services and the browser that the tests use, by Debian package name: installs what is missing when run as root,
# else prints the one command that does.
set -euo pipefail

missing=()
# Debian keeps initdb out of PATH.
if ! command -v initdb >/dev/null && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
    missing+=(postgresql)
fi
command -v redis-server >/dev/null || missing+=(redis-server)
command -v chromium >/dev/null || missing+=(chromium)

if ((${#missing[@]} == 0)); then
    echo '    PostgreSQL, Redis and Chromium are there'
elif ! command -v apt-get >/dev/null; then
    echo "    Missing: ${missing[*]} (Debian's names). Install them with your package manager." >&2
    exit 1
elif ((EUID != 0)); then
    echo '    The tests need more packages. Run this once:' >&2
    echo "        sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${missing[*]}" >&2
    exit 1
else
    echo "    Installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "${missing[@]}"
fi
