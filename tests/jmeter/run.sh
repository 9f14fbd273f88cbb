#!/usr/bin/env bash
# Rehearses the five scenarios with a real JMeter against a gcmock binary, each once where its thread saw
# refusals and once where it saw none, and has every JTL judged. About three minutes, in two lanes.
#
#   tests/jmeter/run.sh target/release/gcmock [NAME...]     all rehearsals, or those whose names are given
#
# JMeter is installed once into $GCMOCK_TEST_CACHE (default ~/.cache/gcmock-tests). KEEP=1 keeps JTLs and logs.
set -u

[ $# -ge 1 ] || { echo "usage: $0 GCMOCK_BINARY [NAME...]" >&2; exit 2; }
GCMOCK=$(realpath "$1") && [ -x "$GCMOCK" ] || { echo "$0: no such program: $1" >&2; exit 2; }
shift
ONLY=" $* "
HERE=$(cd "$(dirname "$0")" && pwd)
PLANS=$HERE/../../fixtures/plans
CACHE=${GCMOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gcmock-tests}
JMETER=$("$HERE/install.sh" "$CACHE") || { echo "$0: JMeter could not be installed" >&2; exit 1; }
# A rehearsal is short: compiling less and collecting serially halves what JMeter takes of the processor.
export JVM_ARGS=${JVM_ARGS:--Xms256m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1}
# The limit that the probe measures.
PROBED='[[limit]]
name = "me"
namespace = "n"
key = "k"
scope = ["tenant"]
match = ["GET /api/v2/users/me"]
algorithm = "token-bucket"
capacity = 10
refill = 2
period = "1s"
'
WORK=$(mktemp -d)
LANES=()

tidy() {
    for lane in "${LANES[@]}"; do kill "$lane" 2>/dev/null; done
    wait
    if [ -n "${KEEP:-}" ]; then echo "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Ends a process that this script started, and waits for it.
stop() { # PID
    [ -n "$1" ] || return 0
    kill "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

failed() { # NAME WHY
    echo "FAILED  $1: $2"
    return 1
}

# Starts gcmock on a free port; sets SERVER (its pid) and URL.
serve() { # NAME ARGUMENT...
    local name=$1
    shift
    : >"$WORK/$name.ready"
    "$GCMOCK" serve --listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 --state-dir "$WORK/$name.state" "$@" >"$WORK/$name.ready" 2>"$WORK/$name.gcmock.log" &
    SERVER=$!
    for _ in $(seq 100); do
        URL=$(sed -n 's/^gcmock listening on \(http:.*\)/\1/p' "$WORK/$name.ready")
        HTTPS=$(sed -n 's/^gcmock listening on \(https:.*\)/\1/p' "$WORK/$name.ready")
        [ -n "$URL" ] && return 0
        kill -0 "$SERVER" 2>/dev/null || break
        sleep 0.1
    done
    cat "$WORK/$name.gcmock.log" >&2
    return 1
}

# A client of a new organization, as -J properties.
client() {
    python3 - "$URL" <<'EOF'
import json, sys, urllib.request
request = urllib.request.Request(sys.argv[1] + "/__admin/tenants", b"{}", {"Content-Type": "application/json"})
with urllib.request.urlopen(request, timeout=10) as answer:
    client = json.load(answer)["clients"][0]
print(f"-JclientId={client['id']} -JclientSecret={client['secret']}")
EOF
}

# What `gcmock learn` makes of a JTL, against LEARN: kind, capacity, and rate, period or none. The learned limits have to
# predict the refusals of the plan that ran.
learned() { # NAME JTL ARGUMENT...
    local name=$1 jtl=$2 kind capacity number
    shift 2
    IFS=: read -r kind capacity number <<<"$LEARN"
    python3 "$HERE/learned.py" "$GCMOCK" "$jtl" "$kind" "$capacity" "$number" "$@" || failed "$name" "it learns another limit"
}

# The plan that `gcmock learn --plan-probe` writes, in JMeter: what the first run leaves open is known after it. Only where
# it is named: a burst is stamped right on idle cores alone, and here two lanes run at once.
probe() { # NAME QUESTION
    local name=$1 first=$WORK/$1.first.jtl plan=$WORK/$1.jmx jtl=$WORK/$1.jtl
    [ -z "${ONLY##* $name *}" ] || return 0
    serve "$name" --no-latency --limits-toml "$PROBED" || { failed "$name" "gcmock does not serve"; return; }
    "$GCMOCK" drive --target "$URL" --rate 20/s --for 8s --operation "GET /api/v2/users/me" -l "$first" >"$WORK/$name.out" 2>&1 &&
        "$GCMOCK" learn "$first" >"$WORK/$name.first.txt" && grep -q "  $2" "$WORK/$name.first.txt" &&
        "$GCMOCK" learn "$first" --plan-probe >"$plan" ||
        { stop "$SERVER"; failed "$name" "the first run does not ask: $2"; return; }
    "$JMETER" -n -t "$plan" -l "$jtl" -j "$WORK/$name.jmeter.log" -Jport="${URL##*:}" -Jtoken=any >>"$WORK/$name.out" 2>&1 &
    CLIENT=$!
    wait "$CLIENT" || { stop "$SERVER"; failed "$name" "JMeter ended with an error"; return; }
    CLIENT=
    stop "$SERVER"
    SERVER=
    learned "$name" "$first" --also "$jtl" --settled "$2" && echo "passed  $name: settled by the probe: $2"
}

# One rehearsal with a server of its own. LOGIN=1 logs in as a client of a new organization. VIA=tls speaks https and
# wss; VIA=proxy takes the server for a proxy and asks for a host of the platform. LEARN=KIND:CAPACITY:NUMBER learns
# the limit, and predicts the plan with it.
rehearse() { # NAME SCENARIO "PROPERTY=VALUE..." ASSERTION...
    local name=$1 scenario=$2 given=$3 properties=() login="" jtl=$WORK/$1.jtl via
    [ "$ONLY" = "  " ] || [ -z "${ONLY##* $name *}" ] || return 0
    for property in $given; do properties+=("-J$property"); done
    shift 3
    if ! serve "$name" --scenario "$scenario"; then failed "$name" "gcmock does not serve $scenario"; return; fi
    if [ -n "${LOGIN:-}" ] && ! login=$(client); then stop "$SERVER"; failed "$name" "no new organization"; return; fi
    case ${VIA:-} in
        tls) via="-Jport=${HTTPS##*:} -Jprotocol=https -Jtls=true" ;;
        proxy) via="-H 127.0.0.1 -P ${URL##*:} -Jhost=api.mypurecloud.com -Jport=443 -Jprotocol=https -Jtls=true" ;;
        *) via="-Jport=${URL##*:}" ;;
    esac
    # shellcheck disable=SC2086
    "$JMETER" -n -t "$PLANS/$scenario.jmx" -l "$jtl" -j "$WORK/$name.jmeter.log" $via $login "${properties[@]}" \
        -Jjmeter.save.saveservice.output_format=xml -Jjmeter.save.saveservice.responseHeaders=true \
        >"$WORK/$name.jmeter.out" 2>&1 &
    CLIENT=$!
    wait "$CLIENT" || { stop "$SERVER"; failed "$name" "JMeter ended with an error"; return; }
    CLIENT=
    if grep -q ' ERROR ' "$WORK/$name.jmeter.log"; then
        failed "$name" "JMeter reports $(grep -m1 ' ERROR ' "$WORK/$name.jmeter.log")"
    else
        python3 "$HERE/assert_jtl.py" "$jtl" --name "$name" --journal "$URL" "$@"
    fi
    local verdict=$?
    stop "$SERVER"
    SERVER=
    # shellcheck disable=SC2086
    [ $verdict -ne 0 ] || [ -z "${LEARN:-}" ] || learned "$name" "$jtl" --plan "$PLANS/$scenario.jmx" $given || return 1
    return $verdict
}

lane() { # FUNCTION
    trap 'stop "${CLIENT:-}"; stop "${SERVER:-}"' EXIT
    trap 'exit 143' TERM
    "$1"
}

# Counts are those at half the limit, or the bulk of them well above it: in real time arrivals jitter.
long_ones() {
    LOGIN=1 rehearse scripts-over-60-seconds architect-scripts "rampUp=60" \
        --label 'Create script' --admitted 150 --refused 0
    rehearse sockets-over-30-seconds byoc-websocket "rampUp=30" \
        --label 'Open WebSocket' --admitted 200 --refused 0
    # Of the first two hundred agents five are On Break and three at a Meal: the workforce refuses those.
    rehearse sockets-of-agents byoc-websocket "rampUp=30 agents=agent- hold=1000" \
        --label 'Open WebSocket' --admitted 192 --refused 8
    LOGIN=1 rehearse scripts-over-10-seconds architect-scripts "rampUp=10" \
        --label 'Create script' --admitted 80..100 --refused 50..70 --first-refusal 3.5..6.5
    rehearse messages-100-users messaging-tenant "threads=100 duration=22" \
        --admitted 1500..2100 --refused 0
    rehearse sessions-10 messaging-digital "threads=10 pace=2000 duration=14" \
        --label 'Initial message' --refused 0 --admitted 40..80 --untouched '(WFM|Analytics): .*'
    LEARN='connections at once:10:none' rehearse sessions-50 messaging-digital "threads=50 pace=2000 duration=14" \
        --label 'Initial message' --users-served 10 --refused 160..320 --untouched '(WFM|Analytics): .*'
}

short_ones() {
    LEARN='token bucket:1500:100' rehearse messages-200-users messaging-tenant "threads=200 duration=27" \
        --admitted 3600..4400 --refused 400..1400 --first-refusal 12..18
    rehearse messages-retried messaging-tenant "threads=200 pace=200 loops=15 duration=120 retryAfter=true" \
        --admitted 3000 --refused 50..1500
    LEARN='token bucket:50:6' rehearse sockets-over-10-seconds byoc-websocket "rampUp=10" \
        --label 'Open WebSocket' --admitted 100..120 --refused 80..100 --first-refusal 2.5..5
    LEARN='token bucket:10:2' probe probe-of-the-capacity "Is the capacity more than 10?"
    VIA=tls rehearse messages-over-https messaging-tenant "threads=20 duration=6" --admitted 60..140 --refused 0
    VIA=tls rehearse sockets-over-wss byoc-websocket "threads=100 rampUp=1 hold=500" \
        --label 'Open WebSocket' --admitted 50..62 --refused 38..50
    VIA=proxy rehearse messages-through-the-proxy messaging-tenant "threads=20 duration=6" --admitted 60..140 --refused 0
    VIA=proxy rehearse sockets-through-the-proxy byoc-websocket "threads=100 rampUp=1 hold=500" \
        --label 'Open WebSocket' --admitted 50..62 --refused 38..50
    rehearse agents-60-a-second wem-availability "threads=60 rampUp=1" \
        --admitted 600 --refused 0
    # More threads than in the scenario: the fewer refusals, the more one of them is of 5 %.
    LEARN='token bucket:60:3' rehearse scripts-of-300-threads architect-scripts "threads=300 rampUp=10" \
        --label 'Create script' --admitted 80..100 --refused 200..220 --first-refusal 0.5..4
    # Nothing is learned here: a bucket with steps explains the run as well as the window with its lockout.
    rehearse agents-150 wem-availability "threads=150 rampUp=1 loops=10" \
        --admitted 700..1200 --refused 300..800
    rehearse agents-500 wem-availability "" \
        --admitted 500..3000 --refused 2000..4500
    rehearse agents-150-retried wem-availability "threads=150 rampUp=1 constantThroughput=5400 retryAfter=true maxAttempts=20" \
        --admitted 1500
}

lane long_ones >"$WORK/long" 2>&1 &
LANES+=($!)
lane short_ones >"$WORK/short" 2>&1 &
LANES+=($!)
tail -q -f -n +1 --pid=${LANES[0]} "$WORK/long" &
TAILS=($!)
tail -q -f -n +1 --pid=${LANES[1]} "$WORK/short" &
TAILS+=($!)
wait "${LANES[@]}"
LANES=()
wait "${TAILS[@]}"

passes=$(cat "$WORK/long" "$WORK/short" | grep -c '^passed ')
failures=$(cat "$WORK/long" "$WORK/short" | grep -c '^FAILED ')
echo "$passes passed, $failures failed"
[ "$failures" -eq 0 ] && [ "$passes" -gt 0 ]
