#!/usr/bin/env bash
# Prints the path of a Python that reads YAML and knows JSON's and Kubernetes' schemas. It is installed once into
# $GCMOCK_TEST_CACHE (default ~/.cache/gcmock-tests).
set -euo pipefail

VENV=${GCMOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gcmock-tests}/kubernetes-validate-1.37.0
if [ ! -e "$VENV/ready" ]; then
    rm -rf "$VENV"
    python3 -m venv "$VENV" && "$VENV/bin/pip" install -q "kubernetes-validate==1.37.0" >&2 && touch "$VENV/ready"
fi
echo "$VENV/bin/python"
