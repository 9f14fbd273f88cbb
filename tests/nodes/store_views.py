#!/usr/bin/env python3
"""What servers with one store show and say: which limits they share, levels of other servers, and what is wrong with a store.

    tests/nodes/store_views.py GCMOCK [NAME...]

Each NAME is a test of this file, such as `says_what_is_shared`; without one, all run.
Needs redis-server or valkey-server. Everything is on loopback, and ends with this program.
"""
import json
import os
import socket
import subprocess

from cluster import DIRECT, Cluster, get, gets, limit, run
from nodes import GCMOCK, Node, Store, end, limits_file, until

WINDOW = limit("window", "fixed-window", 10, period="1h")


def says_what_is_shared():
    store, marked, bare = Store(), limits_file(limit("window", "fixed-window", 10, period="1h", store="shared")), limits_file(WINDOW)
    url = store.address.replace("//", "//default:@")
    of = lambda file, *more: Node("--limits", file, *more)
    one, none, lonely, without = (
        of(marked, "--store", store.address), of(bare, "--store", url), of(bare, "--share", "all"), of(marked),
    )
    shared = f"store          {store.address}, shared limits: "
    assert shared + "window\n" in one.said() and shared + "none\n" in none.said(), none.said()
    assert "no limit counts" in none.said() and "no limit counts" not in one.said(), none.said()
    assert one.admin("GET", "nodes")["sharedLimits"] == ["window"] and none.admin("GET", "nodes")["sharedLimits"] == []
    assert "--share all without --store" in lonely.said(), lonely.said()
    assert 'store = "shared" by itself: window' in without.said(), without.said()
    end(one, none, lonely, without, store)
    for file in (marked, bare):
        os.unlink(file)
    print("passed: a server says which limits are in the store, and that none is, or that there is no store")


def warns_of_a_store_that_removes_keys():
    limits = limits_file(WINDOW)
    for arguments, warns in (
        (["--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"], True),
        (["--maxmemory", "100mb", "--maxmemory-policy", "noeviction"], False),
        (["--maxmemory", "0", "--maxmemory-policy", "allkeys-lru"], False),
    ):
        store = Store(*arguments)
        node = Node("--limits", limits, store=store)
        store.kill()
        store.run()
        until(lambda: "answers again" in node.said(), "it connects again")
        assert node.said().count("removes keys") == int(warns), node.said()
        end(node, store)
    os.unlink(limits)
    print("passed: a store that removes keys when it is full is told of, once")


def says_that_the_clock_is_set_already():
    store, limits = Store(), limits_file(WINDOW)
    start = lambda clock: Node("--limits", limits, "--clock", clock, store=store)
    first, same, other = (start(f"manual=2026-03-{day}T12:00:00Z") for day in ("10", "10", "11"))
    running = start("system")
    told = "--clock is not followed: other servers have set the clock already, and it stands at 2026-03-10T12:00:00"
    assert [told in node.said() for node in (first, same, other, running)] == [False, False, True, True], other.said()
    end(first, same, other, running, store)
    os.unlink(limits)
    print("passed: a server says that the clock of the others holds, where its own --clock differs")


def hold(node):
    """A connection that has a slot."""
    kept = []
    assert get(node, kept=kept) == 200
    return kept[0]


def levels(cluster, name):
    shown = [node.admin("GET", f"limits/{name}/buckets")["buckets"] for node in cluster.nodes]
    return [sum(row["level"] for row in rows) for rows in shown]


def lists_slots_of_all():
    with Cluster(limit("slots", "concurrency", 3, hold="connection"), DIRECT, DIRECT, DIRECT) as cluster:
        held = [hold(node) for node in cluster.nodes]
        assert [get(node) for node in cluster.nodes] == [429] * 3
        assert levels(cluster, "slots") == [3] * 3, levels(cluster, "slots")
        held[0].close()
        until(lambda: levels(cluster, "slots") == [2] * 3, "a slot that comes free is listed so at all", within=5)
        dead = cluster.nodes.pop()
        end(dead)
        until(lambda: levels(cluster, "slots") == [1] * 2, "the slot of a dead server is not listed", within=10)
    print("passed: the slots of a shared limit are listed at each server")


def feed(node, seconds):
    """The levels of the limits in the last of some seconds."""
    with socket.create_connection(("127.0.0.1", node.port), 10) as link, link.makefile("rb") as reader:
        link.sendall(b"GET /__admin/feed HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        shown = []
        while len(shown) < seconds:
            line = reader.readline()
            assert line, "the feed ended"
            if line.startswith(b'data: {"second":'):
                shown.append(json.loads(line[6:])["limits"])
        return {one["name"]: one["level"] for one in shown[-1]}


def shows_levels_of_other_servers_live():
    with Cluster(WINDOW + limit("slots", "concurrency", 30, hold="connection"), DIRECT, DIRECT) as cluster:
        one, other = cluster.nodes
        held = [hold(one) for _ in range(3)]
        assert gets(one, 7) == [200] * 7 and get(one) == 429
        for node in (one, other):
            shown = feed(node, 3)
            assert shown["window"] == 10 and shown["slots"] >= 3, shown
        for link in held:
            link.close()
        other.admin("POST", "reset")
        until(lambda: feed(other, 1) == {"window": 0, "slots": 0}, "a reset empties them", within=8)
    print("passed: the live page of each server shows what all have used of a shared limit")


def reports_on_one_server():
    with Cluster(WINDOW, DIRECT) as cluster:
        alone = Node("--limits", cluster.limits)
        node, = cluster.nodes
        assert get(node) == 200 and get(alone) == 200
        words = "requests of the server 0 (--node) alone"
        assert words in node.admin("GET", "audit")["note"] and "note" not in alone.admin("GET", "audit")
        verdict = node.admin("POST", "verify", {"expect": [{"operation": "GET /api/v2/date", "at_most_refusals": 0}]})
        assert words in verdict["note"], verdict
        notes = lambda of: "".join(of.admin("GET", "report.json")["notes"])
        assert words in notes(node) and words not in notes(alone), notes(node)
        end(alone)
    print("passed: with a store, report, audit and verdict say that they are of one server")


def refuses_foreign_keys_and_warns_of_namesakes():
    for key in ("limits", "numbers", "index", "world"):
        store = Store()
        store.call("SET", f"gcmock:{{all}}:{key}", "foreign")
        ended = subprocess.run([GCMOCK, "--port", "0", "--store", store.address], capture_output=True, text=True, timeout=20)
        assert ended.returncode == 2 and "another program" in ended.stderr, (key, ended)
        assert store.call("GET", f"gcmock:{{all}}:{key}").endswith(b"foreign"), key
        end(store)
    with Cluster(WINDOW, DIRECT) as cluster:
        named = [Node("--limits", cluster.limits, "--node", name, store=cluster.store) for name in ("east", "east", "west")]
        has = lambda node: "another server has the name east" in node.said()
        until(lambda: has(named[0]) and has(named[1]), "two servers with one name are told", within=15)
        assert not has(named[2]) and "another server" not in cluster.nodes[0].said()
        end(*named)
    print("passed: keys of another program are refused and stay, and two servers with one name are told")


TESTS = [
    says_what_is_shared,
    warns_of_a_store_that_removes_keys,
    says_that_the_clock_is_set_already,
    lists_slots_of_all,
    shows_levels_of_other_servers_live,
    reports_on_one_server,
    refuses_foreign_keys_and_warns_of_namesakes,
]


run(TESTS)
