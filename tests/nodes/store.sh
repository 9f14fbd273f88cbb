#!/usr/bin/env bash
# Checks that several gcmocks with one store refuse as one, what they do while the store fails, that they count right where several
# things happen at once, and end with the same limits and clock. The store is Debian's package, installed where there is none.
#
#   tests/nodes/store.sh target/release/gcmock
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 GCMOCK_BINARY" >&2; exit 2; }
GCMOCK=$(realpath "$1") && [ -x "$GCMOCK" ] || { echo "$0: no such program: $1" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)

# shellcheck source=tests/deploy/need.sh
. "$HERE/../deploy/need.sh"
command -v valkey-server >/dev/null || need redis-server redis-server
python3 "$HERE/store.py" "$GCMOCK"
python3 "$HERE/store_failure.py" "$GCMOCK"
python3 "$HERE/store_races.py" "$GCMOCK"
python3 "$HERE/store_changes.py" "$GCMOCK"
python3 "$HERE/store_deaths.py" "$GCMOCK"

# Packets are dropped in a network of its own, which ends with the program.
if command -v iptables >/dev/null && unshare -n iptables -S >/dev/null 2>&1; then
    unshare -n sh -c 'ip link set lo up && python3 "$1" "$2" cut' sh "$HERE/store_failure.py" "$GCMOCK"
else
    echo "not run: the cut of a network needs root, unshare and iptables"
fi
