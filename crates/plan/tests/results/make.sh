#!/usr/bin/env bash
# Records the results of nginx and of Python's `limits` again: other people's limiters, which know nothing of gcmock.
# Needs nginx, and a Python with `limits` (pip install limits). Takes about four minutes.
#
#   crates/plan/tests/results/make.sh [PYTHON]
#
# The results of JMeter come from the shipped plans; see README.md.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
PYTHON=${1:-python3}
WORK=$(mktemp -d)
PIDS=()
tidy() {
    for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$WORK"
}
trap tidy EXIT

chmod 755 "$WORK" && mkdir "$WORK/html" && echo '{}' >"$WORK/html/ok"
cat >"$WORK/nginx.conf" <<NGINX
worker_processes 1;
daemon off;
pid $WORK/nginx.pid;
error_log $WORK/error.log;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $WORK/body;
    proxy_temp_path $WORK/proxy;
    fastcgi_temp_path $WORK/fastcgi;
    uwsgi_temp_path $WORK/uwsgi;
    scgi_temp_path $WORK/scgi;
    limit_req_status 429;
    limit_conn_status 429;
    limit_req_zone \$server_port zone=second:1m rate=10r/s;
    limit_req_zone \$server_port zone=minute:1m rate=120r/m;
    limit_req_zone \$server_port zone=queue:1m rate=10r/s;
    limit_req_zone \$uri zone=path:1m rate=5r/s;
    limit_conn_zone \$server_port zone=open:1m;
    server {
        listen 127.0.0.1:18471;
        root $WORK/html;
        location /second { limit_req zone=second burst=20 nodelay; try_files /dev/null /ok; }
        location /minute { limit_req zone=minute burst=10 nodelay; try_files /dev/null /ok; }
        location /queue { limit_req zone=queue burst=8; try_files /dev/null /ok; }
        location /path/ { limit_req zone=path burst=10 nodelay; try_files /dev/null /ok; }
        location /open { limit_conn open 8; proxy_pass http://127.0.0.1:18472; }
    }
}
NGINX
nginx -c "$WORK/nginx.conf" -e "$WORK/error.log" -p "$WORK" &
PIDS+=($!)
serve() { # PORT KIND [LIMIT]
    "$PYTHON" "$HERE/limiter.py" "$@" &
    PIDS+=($!)
}
serve 18472 slow
serve 18473 fixed '30/10 seconds'
serve 18474 moving '30/10 seconds'
serve 18475 counter '30/10 seconds'
serve 18476 fixed '10/1 second; 100/1 minute'
sleep 2

BASE=http://127.0.0.1
record() { # NAME SECONDS USERS THINK_MIN THINK_MAX URL...
    local name=$1
    shift
    "$PYTHON" "$HERE/client.py" "$WORK/$name.jtl" "$@"
    gzip -9nc "$WORK/$name.jtl" >"$HERE/$name.jtl.gz"
}
record limits-fixed 80 8 0.1 1.5 $BASE:18473/a &
FIRST=$!
record limits-moving 80 8 0.1 1.5 $BASE:18474/a &
SECOND=$!
record limits-counter 80 8 0.1 1.5 $BASE:18475/a &
THIRD=$!
record nginx-second 25 10 0.1 0.9 $BASE:18471/second
record nginx-minute 40 6 0.3 1.5 $BASE:18471/minute
record nginx-path 25 10 0.1 0.9 $BASE:18471/path/a $BASE:18471/path/b
wait $FIRST $SECOND $THIRD
record limits-two 130 12 0.2 1.4 $BASE:18476/a &
FIRST=$!
record nginx-queue 25 20 0.1 1.2 $BASE:18471/queue
record nginx-open 25 20 0.1 0.6 $BASE:18471/open
wait $FIRST
