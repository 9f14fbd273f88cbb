#!/usr/bin/env bash
# Runs the official Python SDK, from PyPI, and beside it a WebSocket client, against a gcmock binary; then the Java SDK, from Maven Central, where
# this machine has Maven. Half a minute once the SDKs are installed.
#
#   tests/sdk/run.sh target/release/gcmock
#
# The SDKs are installed once below $GCMOCK_TEST_CACHE (default ~/.cache/gcmock-tests).
set -u

SDK_VERSION=269.0.0
WEBSOCKET_VERSION=1.8.0
CLIENTS="requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 certifi urllib3"
[ $# -eq 1 ] || { echo "usage: $0 GCMOCK_BINARY" >&2; exit 2; }
GCMOCK=$(realpath "$1") && [ -x "$GCMOCK" ] || { echo "$0: no such program: $1" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
CACHE=${GCMOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gcmock-tests}
VENV=$CACHE/sdk-$SDK_VERSION-$WEBSOCKET_VERSION-trust
SERVER=

if [ ! -e "$VENV/ready" ]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || {
        command -v apt-get >/dev/null 2>&1 || { echo "$0: python3 with venv is missing" >&2; exit 1; }
        apt-get update -q >&2
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3 python3-venv >&2
    }
    rm -rf "$VENV"
    python3 -m venv "$VENV" && "$VENV/bin/pip" install -q "PureCloudPlatformClientV2==$SDK_VERSION" "websocket-client==$WEBSOCKET_VERSION" $CLIENTS >&2 \
        && touch "$VENV/ready" || { echo "$0: the SDK could not be installed" >&2; exit 1; }
fi

WORK=$(mktemp -d)
tidy() {
    [ -n "$SERVER" ] && kill "$SERVER" 2>/dev/null && wait "$SERVER" 2>/dev/null
    rm -rf "$WORK"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

: >"$WORK/ready"
"$GCMOCK" serve --listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 --state-dir "$WORK/state" --limits "$HERE/limits.toml" >"$WORK/ready" 2>"$WORK/log" &
SERVER=$!
for _ in $(seq 100); do
    URL=$(sed -n 's/^gcmock listening on \(http:.*\)/\1/p' "$WORK/ready")
    HTTPS=$(sed -n 's/^gcmock listening on \(https:.*\)/\1/p' "$WORK/ready")
    [ -n "$URL" ] && break
    kill -0 "$SERVER" 2>/dev/null || break
    sleep 0.1
done
[ -n "$URL" ] || { cat "$WORK/log" >&2; echo "0 passed, 1 failed"; exit 1; }

# The SDK reads ~/.genesyscloudpython. The test ignores the settings of the user.
HOME=$WORK NO_PROXY=127.0.0.1 "$VENV/bin/python" "$HERE/rehearse.py" "$URL" "$HTTPS" "$WORK/state/ca.pem" || exit 1

# The printed commands of cert run unchanged, without this machine's own trust.
trust() { # LINE_OF_THE_SHELL
    env -i PATH="$VENV/bin:$PATH" HOME="$WORK" sh -ec "$1"
}
printed=$("$GCMOCK" cert --state-dir "$WORK/state" --out "$WORK/the certs") || exit 1
https="https://localhost:${HTTPS##*:}/__admin/health"
variables=$(printf '%s\n' "$printed" | sed -n 's/^Python  *\(.*\) …$/\1/p')
trust "$variables '$HERE/trust.py' variables '$https'" || { echo "FAILED  Python with: $variables"; exit 1; }
bundle=$("$VENV/bin/python" -m certifi)
cp "$bundle" "$WORK/bundle.pem"
append=$(printf '%s\n' "$printed" | sed -n 's/^  *\(cat .*\)$/\1/p')
trust "$append; python3 '$HERE/trust.py' certifi '$https'"
trusted=$?
cp "$WORK/bundle.pem" "$bundle"
[ "$trusted" -eq 0 ] || { echo "FAILED  Python after: $append"; exit 1; }

if ! command -v mvn >/dev/null || ! command -v java >/dev/null; then
    echo "Java: not run, this machine has no Maven"
    exit 0
fi
JARS=$CACHE/java-sdk-198.1.0
[ -e "$JARS/ready" ] || mvn -q -B -f "$HERE/java/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$JARS" >&2 && touch "$JARS/ready" || exit 1
"$GCMOCK" cert --state-dir "$WORK/state" --out "$WORK/certs" >/dev/null || exit 1
printed() { sed -n "s/^ *client $1 *//p" "$WORK/log"; }
java -Duser.home="$WORK" -Djavax.net.ssl.trustStore="$WORK/certs/truststore.p12" -Djavax.net.ssl.trustStorePassword=changeit \
    -cp "$JARS/*" "$HERE/java/Rehearse.java" "${URL##*:}" "$(printed id)" "$(printed secret)"
