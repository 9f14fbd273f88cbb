"""Tests a client: it reaches its limit, waits for the Retry-After, and is admitted again."""

from conftest import ask


def test_the_181st_call_of_a_minute_is_refused_and_waiting_helps(tenant, bearer):
    headers = {"Authorization": f"Bearer {bearer}"}
    url = f"{tenant['uri']}/api/v2/users?pageSize=1"
    assert [ask("GET", url, headers=headers)[0] for _ in range(180)] == [200] * 180
    status, answer, body = ask("GET", url, headers=headers)
    assert (status, answer["Retry-After"]) == (429, "60")
    assert body["limit"] == {"key": "user.rate.per.minute", "namespace": "directory", "value": 180}

    ask("PUT", f"{tenant['uri']}/__admin/clock", {"action": "advance", "by": f"{answer['Retry-After']}s"})
    assert ask("GET", url, headers=headers)[0] == 200


def test_another_test_has_buckets_of_its_own(tenant, bearer):
    status, _, users = ask("GET", f"{tenant['uri']}/api/v2/users?pageSize=1", headers={"Authorization": f"Bearer {bearer}"})
    assert (status, users["total"] >= 500) == (200, True)


def test_no_client_retried_early(tenant, bearer):
    expectation = {"expect": [{"name": "back-off", "tenant": tenant["id"], "no_early_retries": True}]}
    _, _, verdict = ask("POST", f"{tenant['uri']}/__admin/verify", expectation)
    assert verdict["passed"], verdict
