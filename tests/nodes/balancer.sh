#!/usr/bin/env bash
# Checks what `gcmock print balancer` prints: each balancer takes its configuration, and three gcmocks behind it admit and refuse exactly what
# one does. HAProxy and nginx are Debian's packages, installed where they are missing. Envoy is run where this machine has it.
#
#   tests/nodes/balancer.sh target/release/gcmock
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 GCMOCK_BINARY" >&2; exit 2; }
GCMOCK=$(realpath "$1") && [ -x "$GCMOCK" ] || { echo "$0: no such program: $1" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin

# shellcheck source=tests/deploy/need.sh
. "$HERE/../deploy/need.sh"
for balancer in haproxy nginx envoy; do
    if command -v "$balancer" >/dev/null || { [ "$balancer" != envoy ] && need "$balancer" "$balancer"; }; then
        python3 "$HERE/balancer.py" "$GCMOCK" "$balancer"
    else
        echo "$balancer: not run, this machine has none"
    fi
done
