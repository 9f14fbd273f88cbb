#!/usr/bin/env bash
# Checks that several gcmocks with one store refuse as one, what they do while the store fails, that they count right where several
# things happen at once, end with the same limits and clock, and do so with a cluster. The store is valkey-server or redis-server of
# this machine, or Debian's package, installed where there is none, or the program that GCMOCK_TEST_STORE names. faketime is
# installed where there is none.
#
#   [GCMOCK_TEST_STORE=/opt/valkey/valkey-server] tests/nodes/store.sh target/release/gcmock
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 GCMOCK_BINARY" >&2; exit 2; }
GCMOCK=$(realpath "$1") && [ -x "$GCMOCK" ] || { echo "$0: no such program: $1" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)

# shellcheck source=tests/deploy/need.sh
. "$HERE/../deploy/need.sh"
command -v "${GCMOCK_TEST_STORE:-valkey-server}" >/dev/null || need redis-server redis-server
need faketime faketime
python3 "$HERE/store.py" "$GCMOCK"
python3 "$HERE/store_failure.py" "$GCMOCK"
python3 "$HERE/store_races.py" "$GCMOCK"
python3 "$HERE/store_changes.py" "$GCMOCK"
python3 "$HERE/store_deaths.py" "$GCMOCK"
python3 "$HERE/store_cluster.py" "$GCMOCK"
python3 "$HERE/store_views.py" "$GCMOCK"

# Packets are dropped in a network of its own, which ends with the program.
if command -v iptables >/dev/null && unshare -n iptables -S >/dev/null 2>&1; then
    unshare -n sh -c 'ip link set lo up && python3 "$1" "$2" cut' sh "$HERE/store_failure.py" "$GCMOCK"
else
    echo "not run: the cut of a network needs root, unshare and iptables"
fi
