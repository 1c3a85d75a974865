#!/usr/bin/env bash
# Everything that CI checks, or the named parts of it: tools lint web rust build e2e. Stops at the first fault.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
summary=()
current=

# step NAME COMMAND...: says what runs, runs it, and keeps how long it took.
step() {
    current=$1
    local start=$SECONDS
    printf '\n==> %s\n' "$current"
    "${@:2}"
    summary+=("$(printf 'ok       %4d s  %s' $((SECONDS - start)) "$current")")
    current=
}

skip() {
    printf '\n==> %s: SKIPPED, %s\n' "$1" "$2"
    summary+=("SKIPPED          $1: $2")
}

sum_up() {
    local status=$?
    [[ -z $current ]] || summary+=("FAILED           $current")
    printf '\n'
    printf '%s\n' "${summary[@]}"
    if ((status == 0)); then
        printf '\nAll is well: %d s.\n' $SECONDS
    else
        printf '\nNot well (exit code %d).\n' $status
    fi
}
trap sum_up EXIT

in_web() {
    npm --prefix web run --silent "$@"
}

tools() {
    step 'Test tools' scripts/install-test-tools.sh
}

lint() {
    step 'Rust format' cargo fmt --all --check
    step 'Web packages' scripts/web-deps.sh
    step 'Web lint' in_web lint
    step 'Web types' in_web check
    step 'Rust lint' cargo clippy --locked --workspace --all-targets -- -D warnings
}

web() {
    step 'Web packages' scripts/web-deps.sh
    step 'Web tests' in_web test
    step 'Web build' in_web build
}

rust() {
    local run=(cargo test --locked --workspace --lib --bins --tests)
    if cargo nextest --version >/dev/null 2>&1; then
        run=(cargo nextest run --locked --workspace)
    fi
    step 'Rust tests: build' "${run[@]}" --no-run
    step 'Rust tests on SQLite' env -u TEST_POSTGRES_URL -u TEST_REDIS_URL "${run[@]}"
    step 'The same through the front door on PostgreSQL and Redis' scripts/with-services.sh "${run[@]}" --test api
    step 'Rust doc tests' cargo test --locked --workspace --doc
    if cargo deny --version >/dev/null 2>&1; then
        step 'Licences, sources and advisories' cargo deny check
    else
        skip 'Licences, sources and advisories' 'cargo-deny is not installed (cargo install --locked cargo-deny)'
    fi
}

build() {
    step 'Release build' scripts/build.sh
}

e2e() {
    step 'End to end' env JARVIS_BIN="$(realpath "$target")/release/jarvis" npm --prefix web run --silent e2e
}

step 'Build tools' scripts/check-tools.sh
parts=("$@")
((${#parts[@]})) || parts=(tools lint web rust build e2e)
for part in "${parts[@]}"; do
    case $part in
        tools | lint | web | rust | build | e2e) "$part" ;;
        *) echo "no such part: $part" >&2 && exit 2 ;;
    esac
done
