#!/usr/bin/env bash
# Runs the examples of load tools against a gcmock binary, each with 40 users for five seconds, and has gcmock judge them: messages are admitted
# and refused, no refused user comes back early, and each tool counts its refusals by limit.
#
#   tests/examples/load.sh target/release/gcmock [TOOL...]     locust, gatling, artillery, k6; without TOOL the first two
#
# Locust is installed from PyPI, Gatling from Maven Central where this machine has Maven, Artillery from npm where it has Node 20 (460 MB).
# k6 runs where this machine has it.
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: $0 GCMOCK_BINARY [TOOL...]" >&2; exit 2; }
GCMOCK=$(realpath "$1") && [ -x "$GCMOCK" ] || { echo "$0: no such program: $1" >&2; exit 2; }
shift
HERE=$(cd "$(dirname "$0")" && pwd)
LOAD=$(cd "$HERE/../../examples/load" && pwd)
CACHE=${GCMOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gcmock-tests}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
export USERS=40

# Runs a tool under gcmock, whose exit code it ends with, and looks for its own count of the refusals.
rehearse() { # NAME PATTERN COMMAND...
    local name=$1 pattern=$2
    shift 2
    if "$GCMOCK" run --limits "$HERE/load.toml" --expect "$HERE/load-expect.toml" -- "$@" >"$WORK/$name" 2>&1 && grep -Eq "$pattern" "$WORK/$name"; then
        echo "passed  $name: $(sed -n 's/^gcmock: \([0-9]* requests, [0-9]* refusals\).*/\1/p' "$WORK/$name")"
    else
        cat "$WORK/$name" >&2
        echo "FAILED  $name"
        return 1
    fi
}

locust() {
    local venv=$CACHE/locust-2.47.0
    if [ ! -e "$venv/ready" ]; then
        rm -rf "$venv"
        python3 -m venv "$venv" && "$venv/bin/pip" install -q "locust==2.47.0" >&2 && touch "$venv/ready"
    fi
    rehearse locust '^[0-9]+ +POST .*: 429 by messages' \
        sh -c '"$@" --host "$GCMOCK_URI"' locust "$venv/bin/locust" -f "$LOAD/locust/locustfile.py" --headless -u "$USERS" -r "$USERS" -t 5s --only-summary
}

gatling() {
    command -v mvn >/dev/null && command -v java >/dev/null || { echo "Gatling: not run, this machine has no Maven"; return 0; }
    cp -r "$LOAD/gatling" "$WORK/plan"
    SECONDS_OF_LOAD=5 rehearse gatling '^refused by messages: [0-9]+' mvn -q -B -f "$WORK/plan/pom.xml" gatling:test -Dgatling.noReports=true
}

artillery() {
    command -v npm >/dev/null && [ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || { echo "Artillery: not run, this machine has no Node of version 20 or later"; return 0; }
    local folder=$CACHE/artillery-2.0.21
    if [ ! -e "$folder/ready" ]; then
        rm -rf "$folder" && mkdir -p "$folder" && echo '{"private":true}' >"$folder/package.json"
        (cd "$folder" && npm install -s --ignore-scripts --no-audit --no-fund artillery@2.0.21 >&2) && touch "$folder/ready"
    fi
    MESSAGES=5 ARTILLERY_DISABLE_TELEMETRY=true rehearse artillery '^refused\.messages:[ .]+[0-9]+' "$folder/node_modules/.bin/artillery" run "$LOAD/artillery/messages.yml"
}

k6() {
    local program
    if ! program=$(type -P k6); then
        ! command -v node >/dev/null || node --check --input-type=module <"$LOAD/k6/messages.js"
        echo "k6: read alone, this machine has none"
        return 0
    fi
    RATE=40 DURATION=5s LIMITS=messages rehearse k6 'limit:messages' "$program" run --no-usage-report "$LOAD/k6/messages.js"
}

[ $# -gt 0 ] || set -- locust gatling
for tool; do
    case $tool in
        locust | gatling | artillery | k6) "$tool" ;;
        *) echo "$0: no such tool: $tool" >&2; exit 2 ;;
    esac
done
