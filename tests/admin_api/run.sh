#!/usr/bin/env bash
# Asks the admin API everything that its own OpenAPI document allows, and what it does not, with schemathesis.
#
#   tests/admin_api/run.sh target/release/gcmock [EXAMPLES]
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: $0 GCMOCK_BINARY [EXAMPLES]" >&2; exit 2; }
GCMOCK=$(realpath "$1") && [ -x "$GCMOCK" ] || { echo "$0: no such program: $1" >&2; exit 2; }
EXAMPLES=${2:-15}
HERE=$(cd "$(dirname "$0")" && pwd)
VENV=${GCMOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gcmock-tests}/schemathesis-4.32.5
WORK=$(mktemp -d)
trap 'kill "$SERVER" 2>/dev/null || true; rm -rf "$WORK"' EXIT

if [ ! -e "$VENV/ready" ]; then
    rm -rf "$VENV"
    python3 -m venv "$VENV" && "$VENV/bin/pip" install -q "schemathesis==4.32.5" >&2 && touch "$VENV/ready"
fi
"$GCMOCK" --listen 127.0.0.1:0 --clock manual --state-dir "$WORK/state" >"$WORK/ready" 2>"$WORK/log" &
SERVER=$!
for _ in $(seq 100); do grep -q listening "$WORK/ready" && break; sleep 0.1; done
URI=$(sed -n 's/^gcmock listening on //p' "$WORK/ready")

# Which of its values are good is decided by the world as well (a limits file, a name that is taken), so that
# A 4xx for data of the right shape is allowed; everything else is a failure.
# The feed is left out: it has no end.

cd "$WORK"
export PYTHONPATH=$HERE PYTHONDONTWRITEBYTECODE=1 SCHEMATHESIS_HOOKS=media
"$VENV/bin/schemathesis" run "$URI/__admin/openapi.json" --seed 1 --max-examples "$EXAMPLES" --phases examples,coverage,fuzzing \
    --exclude-path /__admin/feed --checks all --exclude-checks positive_data_acceptance,ignored_auth --no-color
curl -fsS -o /dev/null "$URI/__admin/health"
! grep -iE "panick|ERROR" "$WORK/log"
