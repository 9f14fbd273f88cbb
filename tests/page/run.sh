#!/usr/bin/env bash
# Opens the live page of a gcmock binary in a real browser: load runs, numbers move, every control does what it says,
# and axe-core finds nothing serious. About a minute.
#
#   tests/page/run.sh target/release/gcmock
#
# Chromium and its driver are Debian's; they are installed if they are missing. The driver library and axe-core are
# installed once below $GCMOCK_TEST_CACHE (default ~/.cache/gcmock-tests).
set -u

SELENIUM_VERSION=4.51.0
AXE_VERSION=0.1.8
[ $# -eq 1 ] || { echo "usage: $0 GCMOCK_BINARY" >&2; exit 2; }
GCMOCK=$(realpath "$1") && [ -x "$GCMOCK" ] || { echo "$0: no such program: $1" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
CACHE=${GCMOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gcmock-tests}
VENV=$CACHE/page-$SELENIUM_VERSION-$AXE_VERSION

missing=()
command -v chromium >/dev/null && command -v chromedriver >/dev/null || missing+=(chromium chromium-driver)
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
    { command -v apt-get && apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } >&2 \
        || { echo "The live page: not run, this machine has no ${missing[*]}"; exit 0; }
fi
if [ ! -e "$VENV/ready" ]; then
    rm -rf "$VENV"
    # Of the second package only the file of axe-core is used.
    python3 -m venv "$VENV" && "$VENV/bin/pip" install -q "selenium==$SELENIUM_VERSION" >&2 \
        && "$VENV/bin/pip" install -q --no-deps "axe-playwright-python==$AXE_VERSION" >&2 \
        && touch "$VENV/ready" || { echo "$0: the driver library could not be installed" >&2; exit 1; }
fi
NO_PROXY=127.0.0.1 exec "$VENV/bin/python" "$HERE/page.py" "$GCMOCK"
