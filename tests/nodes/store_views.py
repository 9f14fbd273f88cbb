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


TESTS = [
    says_what_is_shared,
]


run(TESTS)
