#!/usr/bin/env python3
"""What servers with one store show and say: which limits they share, levels of other servers, and what is wrong with a store.

    tests/nodes/store_views.py GCMOCK [NAME...]

Each NAME is a test of this file, such as `says_what_is_shared`; without one, all run.
Needs redis-server or valkey-server. Everything is on loopback, and ends with this program.
"""
import json
import os

from cluster import DIRECT, Cluster, get, gets, limit, run
from nodes import Node, Store, end, limits_file, until

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


TESTS = [
    says_what_is_shared,
    lists_slots_of_all,
]


run(TESTS)
