#!/usr/bin/env bash
# Runs every fuzz target for a while, from the corpus that is kept in fuzz/corpus; limits files there are enough of.
#
#   tests/fuzz.sh [SECONDS]
#
# cargo-fuzz is installed if it is missing. It asks for options that only a nightly compiler takes by itself.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"

SECONDS_EACH=${1:-60}
TOOLS=${GCMOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gcmock-tests}/cargo
export PATH=$TOOLS/bin:$PATH RUSTC_BOOTSTRAP=1
command -v cargo-fuzz >/dev/null || cargo install -q --locked --root "$TOOLS" cargo-fuzz@0.13.2

for target in $(cargo fuzz list); do
    echo "== $target for $SECONDS_EACH s"
    # What is found is new in a folder of its own; the kept corpus stays as it is.
    mkdir -p "artifacts/found/$target"
    seeds=("corpus/$target")
    [ "$target" != limits ] || seeds=(../fixtures/limits ../tests/it/bad_limits)
    # Without a sanitizer, because nothing here is unsafe. In one unit, the default, the build takes 10 GB and a quarter of an hour.
    log=artifacts/$target.log
    cargo fuzz run --sanitizer none --codegen-units 16 "$target" "artifacts/found/$target" "${seeds[@]}" -- -max_total_time="$SECONDS_EACH" -max_len=20000 -timeout=30 -rss_limit_mb=4096 -print_final_stats=1 >"$log" 2>&1 ||
        { tail -40 "$log" | cut -c1-300 >&2; echo "FAILED: fuzz/artifacts/$target" >&2; exit 1; }
    grep -E "^(stat::|Done)" "$log"
done
