#!/usr/bin/env bash
# Runs examples/jmeter with a real JMeter against a gcmock binary: refused users come back when they may, and a run ends cleanly while its users
# wait for a Retry-After of an hour, at its end and on JMeter's Shutdown. Half a minute.
#
#   tests/jmeter/fragment.sh target/release/gcmock
#
# JMeter is installed once into $GCMOCK_TEST_CACHE (default ~/.cache/gcmock-tests).
set -u

[ $# -eq 1 ] || { echo "usage: $0 GCMOCK_BINARY" >&2; exit 2; }
GCMOCK=$(realpath "$1") && [ -x "$GCMOCK" ] || { echo "$0: no such program: $1" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
EXAMPLES=$HERE/../../examples/jmeter
LOAD=$HERE/../examples
JMETER=$("$HERE/install.sh" "${GCMOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gcmock-tests}") || { echo "$0: JMeter could not be installed" >&2; exit 1; }
export JMETER JVM_ARGS=${JVM_ARGS:--Xms256m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

cat >"$WORK/hour.toml" <<'LIMITS'
[[limit]]
name      = "messages"
namespace = "messaging"
key       = "messages.rate.per.hour"
scope     = ["tenant"]
match     = ["POST /api/v2/conversations/messages/**"]
algorithm = "fixed-window"
capacity  = 5
period    = "1h"
LIMITS
cat >"$WORK/hour-expect.toml" <<'EXPECT'
[[expect]]
name             = "five messages are admitted, and no user comes back early"
operation        = "POST /api/v2/conversations/messages/**"
at_least         = 10
at_least_refusals = 5
no_early_retries = true
EXPECT

# Runs the plan under gcmock. A run that outlasts its users' waits is ended after half a minute, with 124.
rehearse() { # NAME LIMITS EXPECT PROPERTY...
    local name=$1 limits=$2 expect=$3
    shift 3
    # shellcheck disable=SC2016,SC2086
    "$GCMOCK" run --limits "$limits" --expect "$expect" -- sh -c 'exec timeout 30 "$JMETER" "$@" $GCMOCK_JMETER_ARGS -JclientId="$GCMOCK_CLIENT_ID" -JclientSecret="$GCMOCK_CLIENT_SECRET"' \
        jmeter -n -t "$EXAMPLES/messages.jmx" -q "$EXAMPLES/retry-after.properties" -l "$WORK/$name.jtl" -j "$WORK/$name.log" "$@" >"$WORK/$name.out" 2>&1
    judge "$name" $?
}

# Refused samples name their limit, nothing else failed, and JMeter complains of nothing.
judge() { # NAME EXIT
    local refused others
    refused=$(grep -c ',429,.*,messages,[1-9][0-9]*$' "$WORK/$1.jtl")
    others=$(sed 1d "$WORK/$1.jtl" | grep -cEv ',(200|202),|,429,.*,messages,[1-9][0-9]*$')
    if [ "$2" = 0 ] && [ "$refused" -gt 0 ] && [ "$others" = 0 ] && ! grep -q ' ERROR ' "$WORK/$1.log"; then
        echo "passed  $1: $(sed -n 's/^gcmock: \([0-9]* requests, [0-9]* refusals\).*/\1/p' "$WORK/$1.out")"
    else
        cat "$WORK/$1.out"
        grep ' ERROR ' "$WORK/$1.log"
        echo "FAILED  $1: it ended with $2, $refused refused, $others others"
        return 1
    fi
}

# Says Shutdown, as JMeter's own script does, once all users wait.
shutdown_when_refused() { # PORT
    for _ in $(seq 200); do
        [ "$(cat "$WORK/told-to-stop.jtl" 2>/dev/null | grep -c ',429,')" -lt 20 ] || break
        sleep 0.1
    done
    python3 -c 'import socket, sys; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"Shutdown", ("127.0.0.1", int(sys.argv[1])))' "$1"
}

failures=0
rehearse retried "$LOAD/load.toml" "$LOAD/load-expect.toml" -Jthreads=40 -Jduration=6 || failures=1
rehearse the-end-of-the-run "$WORK/hour.toml" "$WORK/hour-expect.toml" -Jthreads=20 -Jduration=4 -Jjmeterengine.nongui.port=0 &
END=$!
PORT=$(python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
shutdown_when_refused "$PORT" &
# A user that waits has to have its line in the JTL: JMeter keeps lines back unless it is told to write each.
rehearse told-to-stop "$WORK/hour.toml" "$WORK/hour-expect.toml" -Jthreads=20 -Jduration=7200 -Jjmeter.save.saveservice.autoflush=true \
    -Jjmeterengine.nongui.port="$PORT" -Jjmeterengine.nongui.maxport="$PORT" || failures=1
wait "$END" || failures=1
exit $failures
