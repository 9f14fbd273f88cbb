#!/usr/bin/env python3
"""Nodes with one store keep their promises when the store fails.

    tests/nodes/store_failure.py GCMOCK [cut]

Needs redis-server or valkey-server. Everything is on loopback, and ends with this program.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from nodes import GCMOCK, STORE, Node, Store, end, free_port, kill_all, limits_file, same_clock, start, until

FAILURE = """
[[limit]]
name = "local"
namespace = "n"
key = "a"
scope = ["tenant"]
match = ["GET /api/v2/date"]
algorithm = "fixed-window"
capacity = 10
period = "60s"

[[limit]]
name = "refuse"
namespace = "n"
key = "b"
scope = ["tenant"]
match = ["GET /api/v2/timezones"]
algorithm = "fixed-window"
capacity = 10
period = "60s"
on_store_failure = "refuse"

[[limit]]
name = "admit"
namespace = "n"
key = "c"
scope = ["tenant"]
match = ["GET /api/v2/ipranges"]
algorithm = "fixed-window"
capacity = 1
period = "60s"
on_store_failure = "admit"
"""


def survives_the_store():
    store, limits = Store(), limits_file(FAILURE)
    nodes = [Node("--limits", limits, "--clock", "manual", store=store) for _ in range(2)]
    until(lambda: len(nodes[0].admin("GET", "nodes")["nodes"]) == 2, "the nodes know of each other")
    token = nodes[0].login()
    get = lambda path, node=nodes[0]: node.call("GET", f"/api/v2/{path}", token=token)
    assert get("date")[0] == 200 and "Gcmock-Store" not in get("date")[2]
    level = lambda: nodes[1].admin("GET", "limits/local/buckets")["buckets"][0]["level"]
    assert level() == 2, "a node lists what others have charged"
    os.kill(store.process.pid, signal.SIGSTOP)
    begun = time.monotonic()
    status, _, headers = get("date")
    took = time.monotonic() - begun
    assert status == 200 and headers["Gcmock-Store"] == "failed" and 1 <= took < 5, (status, took)
    assert get("timezones")[0] == 429
    shown = nodes[0].admin("GET", "limits/refuse/buckets")["buckets"]
    assert not any(row["locked"] or row["level"] for row in shown), f"nobody knows the level: {shown}"
    assert [get("ipranges")[0] for _ in range(3)] == [200] * 3
    failing = [get("date")[0] for _ in range(12)]
    assert failing.count(200) == 7, f"the node counts on from the three that it knows of: {failing}"
    metrics = nodes[0].call("GET", "/metrics")[1].decode()
    assert "gcmock_store_failing 1\n" in metrics and "gcmock_nodes 2\n" in metrics, metrics
    time.sleep(2)
    os.kill(store.process.pid, signal.SIGCONT)
    until(lambda: "Gcmock-Store" not in get("timezones")[2], "the store takes part again", within=15)
    # Two charges were made before. What was asked in vain is given back.
    until(lambda: level() == 2, "nothing is lost", within=15)
    print("a store that stops for two seconds: limits act as they say, and no charge is lost")
    nodes[1].advance("1h")
    same_clock(nodes)
    clock = nodes[0].admin("GET", "clock")["now"]
    store.kill()
    until(lambda: get("ipranges")[2].get("Gcmock-Store") == "failed", "its end is noticed", within=15)
    nodes[0].advance("5m")
    clock = nodes[0].admin("GET", "clock")["now"]
    store.run()
    for node in nodes:
        until(lambda: "Gcmock-Store" not in get("ipranges", node)[2], "a new one is used", within=15)
    assert get("timezones")[0] == 200
    assert get("timezones", nodes[1])[0] == 200, "the token is still known"
    same_clock(nodes)
    assert nodes[1].admin("GET", "clock")["now"] == clock, "what was done to the clock without a store holds everywhere"
    print("a store that ends and comes back empty is used again")
    assert nodes[0].process.poll() is None and nodes[1].process.poll() is None
    assert "panicked" not in nodes[0].said() + nodes[1].said()
    end(*nodes, store)
    os.unlink(limits)


def tells_of_a_stall():
    store, limits = Store(), limits_file(FAILURE)
    node = Node("--limits", limits, store=store, timeout="250ms")
    get = lambda: node.call("GET", "/api/v2/timezones", token="any")
    until(lambda: "Gcmock-Store" not in get()[2], "the store takes part")
    late, again = lambda: node.said().count("does not answer within 250ms"), lambda: node.said().count("answers in time again")
    before = late()
    os.kill(store.process.pid, signal.SIGSTOP)
    ends, refused = time.monotonic() + 2, 0
    while time.monotonic() < ends:
        status, _, headers = get()
        assert status == 429 and headers["Gcmock-Store"] == "failed", (status, dict(headers))
        refused += 1
    told = late() - before
    os.kill(store.process.pid, signal.SIGCONT)
    until(lambda: "Gcmock-Store" not in get()[2], "the store takes part again")
    until(again, "its answer is in the log", node)
    said = node.said()
    assert told == 1 and refused > 3, f"{told} lines tell of {refused} refusals without the store: {said}"
    first = [line for line in said.splitlines() if "first refusal by refuse" in line]
    assert len(first) == 1 and first[0].endswith("; the store took no part"), said
    end(node, store)
    os.unlink(limits)
    print(f"a store that stalls for two seconds is told of once, and so is its answer: {refused} requests were refused")


def needs_few_rights():
    user = ["--user", "gcmock", *"on >secret ~gcmock:* &gcmock:* +@all -@dangerous +info".split()]
    store, limits = Store(*user), limits_file(FAILURE)
    address = f"valkey://gcmock:secret@127.0.0.1:{store.port}"
    options = ["--limits", limits, "--store", address, "--share", "all", "--store-timeout", "1s"]
    nodes = [Node(*options) for _ in range(2)]
    until(lambda: len(nodes[0].admin("GET", "nodes")["nodes"]) == 2, "the nodes know of each other")
    assert nodes[0].call("GET", "/api/v2/date", token="any")[2]["X-RateLimit-Remaining"] == "9"
    nodes[0].admin("PATCH", "limits/local", {"capacity": 20})
    capacity = lambda: nodes[1].admin("GET", "limits")["limits"][0]["capacity"]
    until(lambda: capacity() == 20, "a change reaches the other node")
    assert nodes[1].admin("GET", "limits/local/buckets")["buckets"][0]["level"] == 1
    nodes[1].admin("DELETE", "limits/local/buckets")
    nodes[1].admin("POST", "reset")
    until(lambda: capacity() == 10, "a reset")
    # A sweep of all buckets is once in some seconds.
    time.sleep(3)
    said = nodes[0].said() + nodes[1].said()
    assert "may not do" not in said and "WARN" not in said, said
    end(*nodes, store)
    os.unlink(limits)
    print("a user of the store needs the keys and channels of gcmock, and no dangerous command but INFO")


def cut_off():
    """Cuts the store off. Run it in a network of its own, because it drops packets."""
    store, limits = Store(), limits_file(FAILURE)
    drop = ["OUTPUT", "-p", "tcp", "--dport", str(store.port), "-j", "DROP"]
    nodes = [Node("--limits", limits, "--clock", "manual", store=store) for _ in range(2)]
    until(lambda: len(nodes[0].admin("GET", "nodes")["nodes"]) == 2, "the nodes know of each other")
    token = nodes[0].login()
    get = lambda path, node=nodes[0]: node.call("GET", f"/api/v2/{path}", token=token)
    assert [get("date", node)[0] for node in nodes] == [200, 200]
    for length in (2, 13):
        subprocess.run(["iptables", "-I", *drop], check=True)
        begun = time.monotonic()
        status, _, headers = get("date")
        took = time.monotonic() - begun
        assert status == 200 and headers["Gcmock-Store"] == "failed" and 1 <= took < 5, (status, took)
        assert (get("timezones")[0], get("ipranges")[0]) == (429, 200)
        time.sleep(length)
        subprocess.run(["iptables", "-D", *drop], check=True)
        until(lambda: "Gcmock-Store" not in get("ipranges")[2], "the store takes part again", within=20)
        until(lambda: not nodes[1].admin("GET", "nodes")["storeFails"], "for the other node too", within=20)
    assert get("date", nodes[1])[2]["X-RateLimit-Remaining"] == "7", "what was asked in vain is given back"
    assert "panicked" not in nodes[0].said() + nodes[1].said()
    print("a store that is cut off for 2 and 13 seconds: limits act as they say, and no charge is lost")
    end(*nodes, store)
    os.unlink(limits)


def follows_its_sentinels():
    limits, primary = limits_file(FAILURE), Store("--requirepass", "secret", "--masterauth", "secret", "--repl-diskless-sync-delay", "0")
    replica = Store("--requirepass", "secret", "--masterauth", "secret", "--replicaof", "127.0.0.1", str(primary.port))
    ports = [free_port(), free_port()]
    for port in ports:
        file = tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False)
        file.write(f"port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {primary.port} 1\nsentinel auth-pass main secret\n"
                   "sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 3000\n")
        file.close()
        start([STORE, file.name, "--sentinel"])
    until(lambda: b"num-slaves\r\n$1\r\n1" in ask(ports[1], "SENTINEL MASTER main"), "the sentinels know of the replica")
    # The first sentinel is none: the next one is asked.
    address = f"valkey+sentinel://:secret@127.0.0.1:{free_port()},127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}/main"
    nodes = [Node("--limits", limits, "--clock", "manual", "--store", address, "--share", "all", "--store-timeout", "1s") for _ in range(2)]
    token = nodes[0].login()
    get = lambda path, node=nodes[0]: node.call("GET", f"/api/v2/{path}", token=token)
    assert [get("date", node)[2]["X-RateLimit-Remaining"] for node in nodes] == ["9", "8"]
    until(lambda: b"link_status:up" in ask(replica.port, "AUTH secret", "INFO replication"), "the replica follows")
    until(lambda: b":buckets" in ask(replica.port, "AUTH secret", "KEYS *"), "the replica has the levels")
    time.sleep(0.5)
    primary.kill()
    until(lambda: get("ipranges")[2].get("Gcmock-Store") == "failed", "its end is noticed", within=15)
    for node in nodes:
        until(lambda: "Gcmock-Store" not in get("ipranges", node)[2], "the new primary is used", within=20)
    remaining = get("date", nodes[1])[2]["X-RateLimit-Remaining"]
    assert remaining == "7", f"the new primary has the levels, {remaining} are left"
    assert "panicked" not in nodes[0].said() + nodes[1].said()
    ran = subprocess.run([GCMOCK, "--port", "0", "--store", f"redis+sentinel://127.0.0.1:{ports[0]}/other"], capture_output=True, text=True, timeout=20)
    assert ran.returncode == 2 and "sentinel" in ran.stderr, (ran.returncode, ran.stderr)
    print("the primary that the sentinels name is used, and the next one after it ends")
    end(*nodes, replica)
    os.unlink(limits)


def ask(port, *lines):
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as link:
            link.sendall("".join(f"{line}\r\n" for line in lines).encode())
            time.sleep(0.05)
            return link.recv(65536)
    except OSError:
        return b""


def speaks_tls():
    folder, limits = tempfile.mkdtemp(), limits_file(FAILURE)
    key, certificate = f"{folder}/key.pem", f"{folder}/cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=store",
         "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    port = free_port()
    store = Store("--tls-port", str(port), "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no")
    command = [GCMOCK, "--port", "0", "--limits", limits, "--share", "all", "--store", f"rediss://127.0.0.1:{port}"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert ran.returncode == 2 and "certificate" in ran.stderr, (ran.returncode, ran.stderr)
    os.environ["SSL_CERT_FILE"] = certificate
    node = Node("--limits", limits, "--store", f"valkeys://127.0.0.1:{port}", "--share", "all")
    del os.environ["SSL_CERT_FILE"]
    assert node.call("GET", "/api/v2/date", token="any")[0] == 200
    shared = node.admin("GET", "nodes")
    assert shared["this"] and not shared["storeFails"], shared
    print("a store over TLS is used if its certificate is trusted")
    end(node, store)
    shutil.rmtree(folder)


def refuses_unfit_stores():
    def says(arguments, words, options=(), before=None):
        store = Store(*arguments)
        if before:
            before(store)
        address = options[0](store) if options else store.address
        ran = subprocess.run([GCMOCK, "--port", "0", "--store", address], capture_output=True, text=True, timeout=20)
        assert ran.returncode == 2 and words in ran.stderr, (ran.returncode, ran.stderr)
        end(store)

    says(["--requirepass", "secret"], "needs a password")
    says(["--requirepass", "secret"], "password", [lambda store: f"redis://:wrong@127.0.0.1:{store.port}"])
    says([], "format 9", before=lambda store: store.call("SET", "gcmock:format", "9"))
    for key in ("nodes", "index"):
        says([], "another program", before=lambda store: store.call("SET", f"gcmock:{{all}}:{key}", "x"))
    says(["--maxmemory", "300kb"], "full")
    says(["--replicaof", "127.0.0.1", "1"], "read-only")
    says(["--rename-command", "EVALSHA", "", "--rename-command", "EVAL", ""], "has no scripts")
    unknown = b"-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n"
    # A store before 6.0 answers each of the first commands so.
    for answer, words in ((b"HTTP/1.1 400 Bad Request\r\n\r\n", "neither Valkey nor Redis"), (unknown * 8, "6.2 on, is needed")):
        with socket.create_server(("127.0.0.1", 0)) as other:
            threading.Thread(target=lambda: other.accept()[0].sendall(answer), daemon=True).start()
            address = f"valkey://127.0.0.1:{other.getsockname()[1]}"
            ran = subprocess.run([GCMOCK, "--port", "0", "--store", address], capture_output=True, text=True, timeout=20)
            assert ran.returncode == 2 and words in ran.stderr, ran.stderr
    ran = subprocess.run([GCMOCK, "--store", "http://x"], capture_output=True, text=True, timeout=20)
    assert ran.returncode == 2 and "expected an address" in ran.stderr, ran.stderr
    print("a store that can not be used is named at the start")


def main():
    if not STORE:
        sys.exit("redis-server or valkey-server is missing")
    try:
        if sys.argv[2:] == ["cut"]:
            cut_off()
        else:
            survives_the_store()
            tells_of_a_stall()
            needs_few_rights()
            follows_its_sentinels()
            speaks_tls()
            refuses_unfit_stores()
    finally:
        kill_all()


main()
