#!/usr/bin/env python3
"""Works with the official Python SDK against a running gcmock, as an application would: rehearse.py URL HTTPS_URL CA_FILE.

gcmock has to serve `limits.toml` of this folder. The SDK hides refusals (it waits and retries up to ten times), so
what was refused is asked of gcmock's journal.
"""

import contextlib
import json
import ssl
import sys
import time
import traceback
import urllib.request

import channels
import contact_center
import families
import PureCloudPlatformClientV2 as genesys
import urllib3
import websocket
from PureCloudPlatformClientV2.rest import ApiException

CAPACITY, PERIOD = 5, 3  # of limits.toml


def admin(url, path, body):
    request = urllib.request.Request(url + "/__admin" + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@contextlib.contextmanager
def retries_off(client):
    """Until the end of the block every refusal is an ApiException."""
    pool = client.get_http_client().rest_client.pool_manager
    settings = dict(pool.connection_pool_kw)
    pool.connection_pool_kw["retries"] = urllib3.Retry(0, respect_retry_after_header=False, raise_on_status=False)
    pool.clear()
    try:
        yield
    finally:
        pool.connection_pool_kw.clear()
        pool.connection_pool_kw.update(settings)
        pool.clear()


@contextlib.contextmanager
def elsewhere(host, **settings):
    """Until the end of the block new clients talk to `host`."""
    before = {name: getattr(genesys.configuration, name, None) for name in ("host", *settings)}
    for name, value in {"host": host, **settings}.items():
        setattr(genesys.configuration, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(genesys.configuration, name, value)


def refused(call):
    try:
        call()
    except ApiException as error:
        return error
    return None


class Rehearsal:
    def __init__(self, url):
        self.url = url
        genesys.configuration.host = url
        tenant = admin(url, "/tenants", {})
        self.tenant, self.credentials = tenant["id"], tenant["clients"][0]
        self.client = None

    def journal(self, **what):
        return admin(self.url, "/requests/count", what)["count"]

    def users(self, page, size=100):
        return genesys.UsersApi(self.client).get_users(page_size=size, page_number=page)

    # In this order: each one is a sentence about gcmock.

    def a_wrong_secret_is_refused(self):
        error = refused(lambda: genesys.api_client.ApiClient().get_client_credentials_token(self.credentials["id"], "wrong"))
        assert error is not None and error.status in (400, 401), error

    def client_credentials_log_in_over_plain_http(self):
        self.client = genesys.api_client.ApiClient().get_client_credentials_token(self.credentials["id"], self.credentials["secret"])
        assert self.client.access_token

    def the_organization_is_that_of_the_credentials(self):
        assert genesys.OrganizationApi(self.client).get_organizations_me().id == self.tenant

    def an_unknown_token_is_refused(self):
        stranger = genesys.api_client.ApiClient()
        stranger.access_token = ""
        error = refused(genesys.OrganizationApi(stranger).get_organizations_me)
        assert error is not None and error.status == 401, error
        assert json.loads(error.body)["code"] == "authentication.required", error.body

    def all_users_come_exactly_once_over_all_pages(self):
        first = self.users(1)
        pages = [first] + [self.users(number) for number in range(2, first.page_count + 1)]
        ids = [user.id for page in pages for user in page.entities]
        assert first.total >= 500, first.total
        assert len(ids) == first.total, (len(ids), first.total)
        assert len(set(ids)) == len(ids), "a user came twice"

    def an_outbound_conversation_is_created(self):
        queues = genesys.RoutingApi(self.client).get_routing_queues(page_size=1)
        body = genesys.CreateOutboundMessagingConversationRequest()
        body.queue_id = queues.entities[0].id
        body.to_address = "+13175550100"
        body.to_address_messenger_type = "sms"
        assert genesys.ConversationsApi(self.client).post_conversations_messages(body).id

    def a_presence_that_is_set_is_read_back(self):
        presence = genesys.PresenceApi(self.client)
        definitions = presence.get_presencedefinitions().entities
        busy = next(d for d in definitions if d.system_presence == "Busy")
        user = self.users(1, size=25).entities[0].id
        body = genesys.UserPresence()
        body.presence_definition = genesys.PresenceDefinition()
        body.presence_definition.id = busy.id
        presence.patch_user_presences_purecloud(user, body)
        assert presence.get_user_presences_purecloud(user).presence_definition.id == busy.id

    def a_channels_address_is_opened_as_it_is_and_hears_of_a_presence(self):
        user = self.users(1, size=25).entities[0].id
        notifications = genesys.NotificationsApi(self.client)
        channel = notifications.post_notifications_channels()
        topic = genesys.ChannelTopic()
        topic.id = f"v2.users.{user}.presence"
        assert notifications.post_notifications_channel_subscriptions(channel.id, [topic]).entities[0].id == topic.id
        # No SDK opens the socket: people hand the address, unchanged, to a WebSocket client.
        socket = websocket.create_connection(channel.connect_uri, timeout=10)
        socket.send(json.dumps({"message": "ping"}))
        assert json.loads(socket.recv())["eventBody"]["message"] == "pong"
        presence = genesys.PresenceApi(self.client)
        away = next(d for d in presence.get_presencedefinitions().entities if d.system_presence == "Away")
        body = genesys.UserPresence()
        body.presence_definition = genesys.PresenceDefinition()
        body.presence_definition.id = away.id
        presence.patch_user_presences_purecloud(user, body)
        event = json.loads(socket.recv())
        assert event["topicName"] == topic.id and event["eventBody"]["presenceDefinition"]["id"] == away.id, event
        socket.close()

    def a_data_table_is_created_changed_and_deleted(self):
        architect = genesys.ArchitectApi(self.client)
        body = genesys.DataTable()
        body.name = "rehearsal"
        body.description = "before"
        made = architect.post_flows_datatables(body)
        body.description = "after"
        architect.put_flows_datatable(made.id, body)
        read = architect.get_flows_datatable(made.id)
        assert (read.name, read.description) == ("rehearsal", "after"), read
        architect.delete_flows_datatable(made.id)
        error = refused(lambda: architect.get_flows_datatable(made.id))
        assert error is not None and error.status == 404, error

    def a_refusal_tells_its_limit_and_when_to_come_back(self):
        time.sleep(PERIOD)
        before, admitted = self.journal(status=429), 0
        organization = genesys.OrganizationApi(self.client)
        with retries_off(self.client):
            error = None
            while error is None and admitted < 4 * CAPACITY:
                error = refused(organization.get_organizations_me)
                admitted += error is None
        assert error is not None and error.status == 429, error
        assert admitted >= CAPACITY, admitted
        body = json.loads(error.body)
        assert body["code"] == "too.many.requests.retry.after", body
        assert body["status"] == 429, body
        assert body["limit"]["key"] == "organization.reads.max" and body["limit"]["namespace"] == "platform.api", body
        assert 1 <= int(error.headers["Retry-After"]) <= PERIOD, error.headers
        assert 'name="organization-reads"' in error.headers["Gcmock-Limit"], error.headers
        assert self.journal(status=429) == before + 1

    def with_its_own_retries_the_sdk_waits_and_gets_through(self):
        before = self.journal(status=429)
        organization = genesys.OrganizationApi(self.client)
        for _ in range(3 * CAPACITY):
            assert organization.get_organizations_me().id == self.tenant
        hidden = self.journal(status=429) - before
        assert hidden >= 1, "nothing was refused"
        assert self.journal(status=429, limit="organization-reads") == self.journal(status=429)

    def https_is_trusted_with_the_local_ca(self):
        with elsewhere(sys.argv[2], ssl_context=ssl.create_default_context(cafile=sys.argv[3])):
            client = genesys.api_client.ApiClient().get_client_credentials_token(self.credentials["id"], self.credentials["secret"])
            time.sleep(PERIOD)
            assert genesys.OrganizationApi(client).get_organizations_me().id == self.tenant

    def an_unmodified_host_is_reached_through_the_proxy(self):
        trust = ssl.create_default_context(cafile=sys.argv[3])
        with elsewhere("https://api.mypurecloud.ie", ssl_context=trust, proxy=self.url):
            client = genesys.api_client.ApiClient().get_client_credentials_token(self.credentials["id"], self.credentials["secret"])
            time.sleep(PERIOD)
            assert genesys.OrganizationApi(client).get_organizations_me().id == self.tenant
            uri = genesys.NotificationsApi(client).post_notifications_channels().connect_uri
            assert uri.startswith("wss://streaming.mypurecloud.ie/channels/"), uri

STEPS = [step for name, step in vars(Rehearsal).items() if "_" in name.strip("_") and callable(step)]


def main():
    rehearsal = Rehearsal(sys.argv[1].rstrip("/"))
    failures = sum(fails(step, rehearsal) for step in STEPS)
    subjects = {families: families.Families, contact_center: contact_center.ContactCenter, channels: channels.Channels}
    steps = [(step, subject) for module, kind in subjects.items() for subject in [kind(rehearsal.client)] for step in module.STEPS]
    failures += sum(fails(step, subject) for step, subject in steps)
    print(f"{len(STEPS) + len(steps) - failures} passed, {failures} failed")
    return 1 if failures else 0


def fails(step, subject):
    """Whether the step fails; prints its sentence."""
    sentence = step.__name__.replace("_", " ")
    try:
        step(subject)
        print(f"passed  {sentence}", flush=True)
        return False
    except Exception:
        print(f"FAILED  {sentence}", flush=True)
        traceback.print_exc()
        return True


if __name__ == "__main__":
    sys.exit(main())
