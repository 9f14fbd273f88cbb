#!/usr/bin/env bash
# Runs the examples of other languages against a gcmock binary: Python with pytest, and Node and Java where this machine has them.
#
#   tests/examples/run.sh target/release/gcmock
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 GCMOCK_BINARY" >&2; exit 2; }
GCMOCK_BIN=$(realpath "$1") && [ -x "$GCMOCK_BIN" ] || { echo "$0: no such program: $1" >&2; exit 2; }
export GCMOCK_BIN
EXAMPLES=$(cd "$(dirname "$0")/../../examples" && pwd)
VENV=${GCMOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gcmock-tests}/pytest-8.4.2

if [ ! -e "$VENV/ready" ]; then
    rm -rf "$VENV"
    python3 -m venv "$VENV" && "$VENV/bin/pip" install -q "pytest==8.4.2" >&2 && touch "$VENV/ready"
fi
echo "Python, a server of the session's own:"
"$VENV/bin/python" -m pytest -q -p no:cacheprovider "$EXAMPLES/python"
echo "Python, within gcmock run:"
"$GCMOCK_BIN" run --clock manual -- "$VENV/bin/python" -m pytest -q -p no:cacheprovider "$EXAMPLES/python"
if command -v node >/dev/null && [ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ]; then
    echo "Node:"
    # Node 22 has WebSocket without asking; 20 has to be asked.
    node --experimental-websocket --test "$EXAMPLES"/node/*.test.mjs
else
    echo "Node: not run, this machine has none of version 20 or later"
fi
if command -v mvn >/dev/null && command -v java >/dev/null; then
    echo "Java:"
    BUILD=$(mktemp -d)
    trap 'rm -rf "$BUILD"' EXIT
    cp -r "$EXAMPLES/java/pom.xml" "$EXAMPLES/java/src" "$BUILD"
    (cd "$BUILD" && mvn -q -B test && grep -h "Tests run" target/surefire-reports/*.txt)
    echo "Java, the truststore:"
    "$GCMOCK_BIN" cert --state-dir "$BUILD/state" --out "$BUILD/certs" >/dev/null
    # Without the attribute that says what its key is trusted for, Java sees no entry in it.
    keytool -list -keystore "$BUILD/certs/truststore.p12" -storepass changeit | grep "trustedCertEntry"
else
    echo "Java: not run, this machine has no Maven"
fi
