"""Starts one gcmock for the session and creates an organization for each test, so that tests can run in parallel.

The binary is $GCMOCK_BIN, or `gcmock` on the PATH. If $GCMOCK_URI names a running server, as under
`gcmock run -- pytest`, the tests use that server.
"""

import json
import os
import subprocess
import urllib.request

import pytest


def ask(method, url, body=None, headers=None):
    """One request: status, headers and JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, json.loads(refusal.read() or b"null")


@pytest.fixture(scope="session")
def gcmock_uri():
    if uri := os.environ.get("GCMOCK_URI"):
        yield uri
        return
    # On a frozen clock a minute's quota is tested in milliseconds.
    command = [os.environ.get("GCMOCK_BIN", "gcmock"), "serve", "--listen", "127.0.0.1:0", "--clock", "manual"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        # The server prints the ready line when it accepts requests, so nothing else is waited for.
        yield server.stdout.readline().split()[-1]
    finally:
        server.terminate()
        server.wait(timeout=5)


@pytest.fixture
def tenant(gcmock_uri):
    """An organization with credentials, data and buckets of its own."""
    _, _, made = ask("POST", f"{gcmock_uri}/__admin/tenants", {})
    yield {"uri": gcmock_uri, **made}
    ask("DELETE", f"{gcmock_uri}/__admin/tenants/{made['id']}")


@pytest.fixture
def bearer(tenant):
    """A token of that organization."""
    client = tenant["clients"][0]
    form = f"grant_type=client_credentials&client_id={client['id']}&client_secret={client['secret']}"
    request = urllib.request.Request(f"{tenant['uri']}/oauth/token", form.encode())
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["access_token"]
