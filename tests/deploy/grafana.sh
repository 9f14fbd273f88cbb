#!/usr/bin/env bash
# Checks deploy/grafana with Prometheus: promtool on the alert rules, then a Prometheus that scrapes a gcmock under load.
# Fifteen seconds. Prometheus is Debian's package, installed where it is missing.
#
#   tests/deploy/grafana.sh target/release/gcmock
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 GCMOCK_BINARY" >&2; exit 2; }
GCMOCK=$(realpath "$1") && [ -x "$GCMOCK" ] || { echo "$0: no such program: $1" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
GRAFANA=$HERE/../../deploy/grafana

# shellcheck source=tests/deploy/need.sh
. "$HERE/need.sh"
need prometheus prometheus && need promtool prometheus || { echo "Grafana: not run, this machine has no Prometheus"; exit 0; }
promtool check rules "$GRAFANA/alerts.yml" >/dev/null
(cd "$GRAFANA" && promtool test rules alerts.test.yml >/dev/null)
echo "passed  promtool accepts the alert rules, and their tests pass"

WORK=$(mktemp -d)
PIDS=()
URL=
tidy() {
    [ ${#PIDS[@]} -eq 0 ] || { kill "${PIDS[@]}" 2>/dev/null || true; wait "${PIDS[@]}" 2>/dev/null || true; }
    rm -rf "$WORK"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

: >"$WORK/ready"
"$GCMOCK" serve --listen 127.0.0.1:0 --state-dir "$WORK/state" --limits "$HERE/limits.toml" >"$WORK/ready" 2>"$WORK/log" &
PIDS+=($!)
for _ in $(seq 100); do
    kill -0 "${PIDS[0]}" 2>/dev/null || break
    URL=$(sed -n 's/^gcmock listening on \(http:.*\)/\1/p' "$WORK/ready")
    [ -z "$URL" ] || break
    sleep 0.1
done
[ -n "$URL" ] || { cat "$WORK/log" >&2; exit 1; }

# The alerts that people wait two minutes for are asked for at once.
sed 's/for: 2m/for: 1s/' "$GRAFANA/alerts.yml" >"$WORK/alerts.yml"
cat >"$WORK/prometheus.yml" <<CONFIGURATION
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [alerts.yml]
scrape_configs:
  - job_name: gcmock
    static_configs: [{ targets: ["${URL#http://}"] }]
CONFIGURATION
PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/data" --web.listen-address="127.0.0.1:$PORT" \
    --log.level=warn >"$WORK/prometheus.log" 2>&1 &
PIDS+=($!)
for _ in $(seq 100); do
    curl -sf -o /dev/null "http://127.0.0.1:$PORT/-/ready" && break
    sleep 0.1
done
python3 "$HERE/panels.py" "$URL" "http://127.0.0.1:$PORT" "$GRAFANA/dashboard.json" || { cat "$WORK/prometheus.log" >&2; exit 1; }
