"""Starts gcmock with Testcontainers, if a container engine runs. $GCMOCK_IMAGE is the image of this repository's Dockerfile."""

import os
import urllib.request

import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

IMAGE = os.environ.get("GCMOCK_IMAGE", "gcmock:latest")
READY = LogMessageWaitStrategy("gcmock listening on http://")


@pytest.fixture(scope="session")
def gcmock_uri():
    container = DockerContainer(IMAGE).with_exposed_ports(8080).with_env("GCMOCK_ADMIN_TOKEN", "none").waiting_for(READY)
    with container as gcmock:
        yield f"http://{gcmock.get_container_host_ip()}:{gcmock.get_exposed_port(8080)}"


def test_a_container_is_ready_when_it_says_so(gcmock_uri):
    me = urllib.request.Request(f"{gcmock_uri}/api/v2/users/me", headers={"Authorization": "Bearer any"})
    with urllib.request.urlopen(me, timeout=10) as answer:
        assert answer.status == 200
