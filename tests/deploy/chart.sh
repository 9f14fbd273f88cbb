#!/usr/bin/env bash
# Checks deploy/helm/gcmock: `helm lint`, then what `helm template` makes of several values, against Kubernetes' own schemas, and the limits
# in it against a gcmock binary. Without helm the default values alone are checked, against values.schema.json.
#
#   tests/deploy/chart.sh target/release/gcmock             with the helm of this machine, or of an earlier INSTALL
#   INSTALL=1 tests/deploy/chart.sh target/release/gcmock   builds helm first where it is missing; needs Go, takes minutes
set -euo pipefail

HELM_VERSION=v3.18.6
[ $# -eq 1 ] || { echo "usage: $0 GCMOCK_BINARY" >&2; exit 2; }
GCMOCK=$(realpath "$1") && [ -x "$GCMOCK" ] || { echo "$0: no such program: $1" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
CACHE=${GCMOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gcmock-tests}
PYTHON=$("$HERE/python.sh")
HELM=$(command -v helm || echo "$CACHE/helm-$HELM_VERSION/helm")

if [ ! -x "$HELM" ] && [ -n "${INSTALL:-}" ] && command -v go >/dev/null; then
    GOBIN=$(dirname "$HELM") go install "helm.sh/helm/v3/cmd/helm@$HELM_VERSION" >&2
fi
if [ -x "$HELM" ]; then "$PYTHON" "$HERE/chart.py" "$GCMOCK" "$HELM"; else "$PYTHON" "$HERE/chart.py" "$GCMOCK"; fi
