#!/usr/bin/env python3
"""Measures how long a snapshot takes, and how large it is.

usage: benches/snapshot.py [CONVERSATIONS]   100,000 without an argument, which is the most that an organization keeps
       GCMOCK_BINARY=FILE                    the server; default: target/release/gcmock

Opens the conversations on one server, with one message each, saves its state and loads it into another one, three times.
With no more than 100,000 conversations, a save or a load that takes more than 3 s ends the script with exit code 1.
"""
import http.client
import json
import os
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.environ.get("GCMOCK_BINARY", f"{ROOT}/target/release/gcmock")
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
BOUND_COUNT, BOUND = 100_000, 3.0
PATH = "/api/v2/conversations/messages/agentless"
# Requests that are on their way at a time.
BATCH = 200
NO_LIMITS = "[response]\nexplain = true\n"


def serve():
    command = [BINARY, "--listen", "127.0.0.1:0", "--clock", "manual", "--journal", "0", "--limits-toml", NO_LIMITS]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return server, server.stdout.readline().strip().rsplit("/", 1)[1]


def resident(server):
    with open(f"/proc/{server.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024


def send(number, address):
    body = json.dumps(
        {
            "fromAddress": "+13175550100",
            "toAddress": f"+1317{number:07}",
            "toAddressMessengerType": "sms",
            "textBody": f"Your order {number} is on its way.",
        }
    )
    head = f"POST {PATH} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer any\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def fill(address):
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as stream:
        answers = stream.makefile("rb", buffering=1 << 16)
        for first in range(0, COUNT, BATCH):
            numbers = range(first, min(first + BATCH, COUNT))
            stream.sendall(b"".join(send(number, address) for number in numbers))
            for _ in numbers:
                response = answers.readline()
                assert b" 202 " in response, response
                length = 0
                while (line := answers.readline()) != b"\r\n":
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                answers.read(length)


def timed(address, method, body=None):
    connection = http.client.HTTPConnection(address, timeout=120)
    began = time.monotonic()
    connection.request(method, "/__admin/snapshot", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    assert response.status == 200, answer[:500]
    return time.monotonic() - began, answer


def main():
    (one, address), (other, there) = serve(), serve()
    slowest = 0
    try:
        fill(address)
        for _ in range(3):
            saving, snapshot = timed(address, "GET")
            loading, loaded = timed(there, "PUT", snapshot)
            kept = json.loads(loaded)["conversations"]
            assert kept == COUNT, kept
            slowest = max(slowest, saving, loading)
            size = f"{len(snapshot):,} bytes"
            print(f"{COUNT} conversations: saved in {saving:.2f} s, loaded in {loading:.2f} s, {size}; ", end="")
            print(f"{resident(one)} and {resident(other)} MB resident")
    finally:
        one.kill()
        other.kill()
    if COUNT <= BOUND_COUNT and slowest > BOUND:
        sys.exit(f"a save or a load took {slowest:.2f} s, expected at most {BOUND:.0f} s")


if __name__ == "__main__":
    main()
