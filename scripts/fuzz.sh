#!/usr/bin/env bash
# Fuzzes one target (or all, one after the other) for so many seconds each: scripts/fuzz.sh [TARGET|all] [SECONDS]
# The coverage that libFuzzer steers by comes from options that the stable compiler has.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../fuzz"

target=${1:-all} seconds=${2:-60}
targets=("$target")
[[ $target != all ]] || targets=(redact content frames credentials)

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-../target}/fuzz
export RUSTFLAGS='--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares'
# Build scripts and macros of the host are not instrumented.
host=$(rustc -vV | sed -n 's/^host: //p')
for each in "${targets[@]}"; do
    cargo build --quiet --locked --release --target "$host" --bin "$each"
    corpus=$CARGO_TARGET_DIR/corpus/$each
    mkdir -p "$corpus"
    "$CARGO_TARGET_DIR/$host/release/$each" "$corpus" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 \
        -max_len=8192 -artifact_prefix="$CARGO_TARGET_DIR/" -print_final_stats=1
done
