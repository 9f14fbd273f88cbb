#!/usr/bin/env python3
"""Two nodes whose store is a cluster of three masters and a replica.

    tests/nodes/store_cluster.py GCMOCK [TEST…]

Needs redis-server or valkey-server. Everything is on loopback, and ends with this program.
"""
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections import Counter

from cluster import DATE, client_token, get, level, limit, run
from nodes import GCMOCK, STORE, Load, Node, end, limits_file, start, until

FIXTURES = os.path.join(os.path.dirname(__file__), "../../fixtures/organizations")
SLOTS, PASSWORD = 16384, "secret"
MANUAL = ("--clock", "manual")
LIMITS = (
    limit("window", "fixed-window", 60, period="1h")
    + limit("tokens", "token-bucket", 50, scope="token", period="1h", refill=1)
    + limit("slots", "concurrency", 5, scope="client")
)


def crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xffff
    return crc


def port_with_bus():
    """A free port whose bus, 10,000 above, is free too."""
    while True:
        port = random.randint(20_000, 40_000)
        try:
            with socket.create_server(("127.0.0.1", port)), socket.create_server(("127.0.0.1", port + 10_000)):
                return port
        except OSError:
            continue


class Member:
    """One store of a cluster."""

    def __init__(self, *arguments):
        self.port, self.folder = port_with_bus(), tempfile.mkdtemp()
        self.arguments = ("--requirepass", PASSWORD, "--masterauth", PASSWORD, *arguments)
        self.run()
        self.id = self.call("CLUSTER MYID")

    def run(self):
        command = [STORE, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder, "--cluster-enabled", "yes",
                   "--cluster-node-timeout", "3000", "--repl-diskless-sync-delay", "0"]
        self.process = start(command + list(self.arguments))
        until(lambda: self.call("PING") == "PONG", "the store starts")

    def call(self, line):
        """The answer as text; a bulk string or an array without its lengths."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as link:
                link.sendall(f"AUTH {PASSWORD}\r\n{line}\r\nECHO the-end\r\n".encode())
                said = b""
                while not said.endswith(b"the-end\r\n") and (piece := link.recv(65536)):
                    said += piece
        except OSError:
            return ""
        lines = said.decode(errors="replace").split("\r\n")[1:-3]
        return "\n".join(one.lstrip("+") for one in lines if not re.fullmatch(r"[$*]-?\d+", one))

    def add_slots(self, slots):
        # A line has 64 kB at most.
        for first in range(0, len(slots), 4096):
            assert self.call("CLUSTER ADDSLOTS " + " ".join(map(str, slots[first:first + 4096]))) == "OK"


class StoreCluster:
    """Three masters, and a replica of the one that has the buckets of the pasted tokens' organization."""

    def __init__(self):
        self.members = [Member() for _ in range(4)]
        self.masters, self.replica = self.members[:3], self.members[3]
        parts = [range(SLOTS * at // 3, SLOTS * (at + 1) // 3) for at in range(3)]
        for number, member in enumerate(self.members, 1):
            assert member.call(f"CLUSTER SET-CONFIG-EPOCH {number}") == "OK"
        for member, part in zip(self.masters, parts):
            member.add_slots(part)
        for member in self.members[1:]:
            member.call(f"CLUSTER MEET 127.0.0.1 {self.members[0].port}")
        until(lambda: all("cluster_known_nodes:4" in member.call("CLUSTER INFO") for member in self.members), "the cluster meets")
        until(lambda: all("cluster_state:ok" in master.call("CLUSTER INFO") for master in self.masters), "the cluster is whole", within=30)

    def owner(self, slot):
        for member in self.members:
            shown = [line.split() for line in member.call("CLUSTER NODES").split("\n") if "myself" in line]
            ranges = [part.split("-") for part in shown[0][8:] if "[" not in part] if shown and "master" in shown[0][2] else []
            if any(int(part[0]) <= slot <= int(part[-1]) for part in ranges):
                return member
        return None

    def replicate(self, master):
        until(lambda: self.replica.call(f"CLUSTER REPLICATE {master.id}") == "OK", "the replica knows its master")
        until(lambda: "master_link_status:up" in self.replica.call("INFO replication"), "the replica follows", within=30)

    def fail_over(self, slot):
        """The replica takes over the slot. On a busy machine a store gives up a failover after five seconds, without a word."""
        ends = time.monotonic() + 40
        while self.owner(slot) is not self.replica:
            assert time.monotonic() < ends, f"the replica has not taken over:\n{self.replica.call('CLUSTER NODES')}"
            self.replica.call("CLUSTER FAILOVER")
            again = time.monotonic() + 8
            while self.owner(slot) is not self.replica and time.monotonic() < again:
                time.sleep(0.02)

    def homes(self):
        """The keys of organizations, and who has them."""
        found = [(key, member) for member in self.masters for key in member.call("KEYS gcmock:*:buckets").split("\n") if key]
        return dict(found)

    def move(self, slot, to):
        """Moves a slot, key by key, as the program of the store does."""
        source = self.owner(slot)
        assert to.call(f"CLUSTER SETSLOT {slot} IMPORTING {source.id}") == "OK"
        assert source.call(f"CLUSTER SETSLOT {slot} MIGRATING {to.id}") == "OK"
        time.sleep(0.2)
        while keys := source.call(f"CLUSTER GETKEYSINSLOT {slot} 1"):
            assert source.call(f"MIGRATE 127.0.0.1 {to.port} {keys} 0 5000 AUTH {PASSWORD}") in ("OK", "NOKEY")
            time.sleep(0.1)
        for member in (to, source, *self.masters):
            member.call(f"CLUSTER SETSLOT {slot} NODE {to.id}")

    @property
    def address(self):
        # The first one is none.
        first = port_with_bus()
        return f"valkey+cluster://:{PASSWORD}@127.0.0.1:{first}," + ",".join(f"127.0.0.1:{one.port}" for one in self.masters)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(*self.members)
        for member in self.members:
            shutil.rmtree(member.folder, ignore_errors=True)


class Servers:
    """A cluster of stores and two nodes."""

    def __init__(self, limits, *options):
        self.store, self.limits = StoreCluster(), limits_file(limits)
        self.nodes = [Node("--limits", self.limits, *options, store=self.store) for _ in range(2)]
        until(lambda: all(len(node.admin("GET", "nodes")["nodes"]) == 2 for node in self.nodes), "the nodes know of each other")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        said = "".join(node.said() for node in self.nodes)
        end(*self.nodes)
        self.store.__exit__()
        os.unlink(self.limits)
        assert "panicked" not in said, said


def organizations(count):
    """A folder with the default organization and others."""
    folder, names = tempfile.mkdtemp(), [f"organization-{at}" for at in range(count)]
    shutil.copy(f"{FIXTURES}/default.toml", folder)
    with open(f"{FIXTURES}/neighbour.toml") as file:
        text = file.read()
    for name in names:
        with open(f"{folder}/{name}.toml", "w") as file:
            file.write(re.sub("neighbour", name, text, flags=re.IGNORECASE))
    return folder


def tokens_of_organizations(node):
    made = [tenant for tenant in node.admin("GET", "tenants")["tenants"] if tenant["name"].startswith("organization-")]
    return [client_token(node, {"id": one["clients"][0]["id"], "secret": f"{one['name']}-secret"}) for one in made]


def slot_of(key):
    return crc16(key.split("{")[1].split("}")[0].encode()) % SLOTS


def decides_as_one_server():
    folder = organizations(6)
    options = (*MANUAL, "--organizations", folder)
    with Servers(LIMITS, *options) as servers:
        nodes, store = servers.nodes, servers.store
        alone = Node("--limits", servers.limits, *options)
        pasted, own = [f"pasted-{at}" for at in range(3)], tokens_of_organizations(nodes[0])
        draw, seen, wanted, sent = random.Random(7), Counter(), Counter(), Counter()
        for _ in range(700):
            token = draw.choice(pasted + own)
            status = get(draw.choice(nodes), token)
            sent[token] += 1
            seen[token, status] += 1
            wanted[token, get(alone, token) if token in pasted else 200 if sent[token] <= 50 else 429] += 1
        assert seen == wanted, f"{seen - wanted} too many, {wanted - seen} too few"
        homes = store.homes()
        assert len(homes) == 7 and len(set(homes.values())) > 1, f"the organizations are in several stores: {list(homes)}"
        until(lambda: get(nodes[0], "pasted-0") == 429, "the organization's window is full")
        nodes[1].admin("POST", "reset")
        until(lambda: all(get(node, "pasted-0") == 200 for node in nodes), "a reset at one node resets all")
        end(alone)
    shutil.rmtree(folder)
    print("passed: of 700 requests of seven organizations, each is decided as on one server, and a reset acts on all")


def follows_moving_slots():
    with Servers(limit("window", "fixed-window", 1_000_000, period="1h") + limit("slots", "concurrency", 1000)) as servers:
        nodes, store = servers.nodes, servers.store
        assert get(nodes[0]) == 200
        (key, source), = store.homes().items()
        other = next(member for member in store.masters if member is not source)
        admitted, seen = 1, []
        for slot in (slot_of(key), slot_of("{all}")):
            with Load(nodes[0], 8) as first, Load(nodes[1], 8) as second:
                time.sleep(0.3)
                owner = store.owner(slot)
                for to in (other if owner is source else source, owner):
                    store.move(slot, to)
                    time.sleep(0.3)
            counts, failed = first.statuses + second.statuses, first.without_store + second.without_store
            assert set(counts) == {200}, counts
            seen.append((failed, sum(counts.values())))
            admitted += sum(counts.values()) - failed
            for node in nodes:
                until(lambda: not node.admin("GET", "nodes")["storeFails"], "the store takes part", node)
            until(lambda: level(nodes[0], "window") == admitted, f"{admitted} are charged, not {level(nodes[0], 'window')}", within=8)
        assert seen[0][0] == 0, f"{seen[0]} while the organization's slot moved"
    print(f"passed: slots moved beside requests, and each is charged once; without the store: {seen[0][0]} of {seen[0][1]} for the slot of the "
          f"organization, {seen[1][0]} of {seen[1][1]} for that of all")


def follows_a_failover():
    with Servers(limit("window", "fixed-window", 1_000_000, period="1h") + limit("slots", "concurrency", 1000)) as servers:
        nodes, store = servers.nodes, servers.store
        assert get(nodes[0]) == 200
        (key, master), = store.homes().items()
        store.replicate(master)
        with Load(nodes[0], 8) as first, Load(nodes[1], 8) as second:
            time.sleep(0.5)
            store.fail_over(slot_of(key))
            time.sleep(1)
        counts, failed = first.statuses + second.statuses, first.without_store + second.without_store
        charged, asked = level(nodes[0], "window"), sum(counts.values()) + 1
        assert set(counts) == {200} and charged == asked - failed, (counts, failed, charged)
        until(lambda: "master_link_status:up" in master.call("INFO replication"), "the old master follows", within=30)
        time.sleep(1)
        end(store.replica)
        began = time.monotonic()
        until(lambda: nodes[0].call("GET", DATE, token="any")[2].get("Gcmock-Store") == "failed", "the end is noticed")
        for node in nodes:
            until(lambda: "Gcmock-Store" not in node.call("GET", DATE, token="any")[2], "the next master is used", node, within=40)
        took = time.monotonic() - began
        now = level(nodes[1], "window")
        assert charged < now < charged + 200, f"the next master has the levels: {now} after {charged}"
    print(f"passed: a failover beside {asked} requests loses none, {failed} were decided without the store, and a master that ends is replaced after {took:.1f} s")


def frees_slots_of_a_dead_node():
    with Servers(limit("slots", "concurrency", 3, hold="connection")) as servers:
        first, second = servers.nodes
        kept = []
        assert [get(first, kept=kept) for _ in range(3)] == [200] * 3
        assert get(second) == 429
        time.sleep(6)
        assert get(second) == 429, "the lease of a node that lives is renewed"
        end(first)
        until(lambda: get(second) == 200, "a dead node's slots are free", within=8)
    print("passed: slots of a node stay taken while it lives, and are free when it is dead")


def names_unfit_clusters():
    def says(address, words, limits=None):
        command = [GCMOCK, "--port", "0", "--share", "all", "--store", address, *(["--limits", limits] if limits else [])]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=20)
        assert ran.returncode == 2 and words in ran.stderr, (ran.returncode, ran.stderr)

    with StoreCluster() as store:
        one = store.masters[0].port
        says(f"valkey://:{PASSWORD}@127.0.0.1:{one}", "valkey+cluster://")
        says(f"valkey+cluster://127.0.0.1:{one}", "needs a password")
        says(f"valkey+cluster://:wrong@127.0.0.1:{one}", "password")
        spanning = limits_file(limit("everybody", "fixed-window", 5, scope="endpoint", period="1h"))
        says(store.address, "count over all of them: everybody", spanning)
        store.masters[1].call("SET gcmock:format 9")
        store.masters[0].call("SET gcmock:format 9")
        store.masters[2].call("SET gcmock:format 9")
        says(store.address, "format 9")
        os.unlink(spanning)
    alone = Member.__new__(Member)
    alone.port, alone.folder, alone.arguments = port_with_bus(), tempfile.mkdtemp(), ("--requirepass", PASSWORD, "--cluster-enabled", "no")
    alone.run()
    says(f"valkey+cluster://:{PASSWORD}@127.0.0.1:{alone.port}", "not a cluster")
    end(alone)
    print("passed: a cluster that can not be used is named at the start")


def speaks_tls():
    folder, limits = tempfile.mkdtemp(), limits_file(LIMITS)
    key, certificate, port = f"{folder}/key.pem", f"{folder}/cert.pem", port_with_bus()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=store",
         "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    store = Member("--tls-port", str(port), "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate,
                   "--tls-auth-clients", "no", "--tls-cluster", "yes")
    store.add_slots(range(SLOTS))
    until(lambda: "cluster_state:ok" in store.call("CLUSTER INFO"), "the cluster is whole")
    os.environ["SSL_CERT_FILE"] = certificate
    node = Node("--limits", limits, "--store", f"valkeys+cluster://:{PASSWORD}@127.0.0.1:{port}", "--share", "all")
    del os.environ["SSL_CERT_FILE"]
    answer = node.call("GET", DATE, token="any")
    assert answer[0] == 200 and "Gcmock-Store" not in answer[2], answer
    end(node, store)
    shutil.rmtree(folder)
    print("passed: a cluster over TLS is used if its certificate is trusted")


run([decides_as_one_server, follows_moving_slots, follows_a_failover, frees_slots_of_a_dead_node, names_unfit_clusters, speaks_tls])
