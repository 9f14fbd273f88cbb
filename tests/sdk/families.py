"""What an application does with the families of the platform, through the official Python SDK: each step is a sentence about gcmock."""

import datetime
import time
import urllib.request

import PureCloudPlatformClientV2 as genesys
from PureCloudPlatformClientV2.rest import ApiException

PATIENCE = 20  # seconds until a job has to be in its last state


def missing(call):
    """Whether the call is a 404."""
    try:
        call()
    except ApiException as error:
        return error.status == 404
    return False


def eventually(ask, holds):
    """The first answer that holds."""
    for _ in range(PATIENCE * 5):
        answer = ask()
        if holds(answer):
            return answer
        time.sleep(0.2)
    raise AssertionError(f"still {answer}")


def ids(listing):
    return [one.id for one in listing]


def day():
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp = "%Y-%m-%dT%H:%M:%S.000Z"
    return f"{(now - datetime.timedelta(hours=12)).strftime(stamp)}/{(now + datetime.timedelta(hours=1)).strftime(stamp)}"


class Families:
    def __init__(self, client):
        self.client = client
        self.routing = genesys.RoutingApi(client)
        self.users = genesys.UsersApi(client)
        self.authorization = genesys.AuthorizationApi(client)
        self.conversations = genesys.ConversationsApi(client)
        self.analytics = genesys.AnalyticsApi(client)
        self.recording = genesys.RecordingApi(client)
        self.edges = genesys.TelephonyProvidersEdgeApi(client)
        self.outbound = genesys.OutboundApi(client)
        self.count = 0

    def name(self, what):
        self.count += 1
        return f"{what} {self.count}"

    def queue(self):
        return self.routing.post_routing_queues({"name": self.name("Queue")})

    def user(self):
        name = self.name("User")
        return self.users.post_users({"name": name, "email": name.replace(" ", ".").lower() + "@rehearsal.example"})

    def home(self):
        return self.authorization.get_authorization_divisions_home()

    def call(self):
        queue = self.queue()
        created = self.conversations.post_conversations_calls({"phoneNumber": "+13175550100", "callFromQueueId": queue.id})
        return queue, created.id

    # Routing

    def a_queue_is_created_listed_changed_and_deleted(self):
        queue = self.queue()
        assert queue.id in ids(self.routing.get_routing_queues(name=queue.name).entities)
        changed = self.routing.put_routing_queue(queue.id, {"name": queue.name, "description": "changed"})
        assert changed.description == "changed"
        assert self.routing.get_routing_queue(queue.id).description == "changed"
        self.routing.delete_routing_queue(queue.id)
        assert missing(lambda: self.routing.get_routing_queue(queue.id))

    def a_member_of_a_queue_is_a_member_everywhere(self):
        queue, user = self.queue(), self.user()
        self.routing.post_routing_queue_members(queue.id, [{"id": user.id}])
        assert user.id in ids(self.routing.get_routing_queue_members(queue.id).entities)
        assert queue.id in ids(self.users.get_user_queues(user.id).entities)
        assert self.routing.get_routing_queue(queue.id).member_count == 1
        self.routing.delete_routing_queue_member(queue.id, user.id)
        assert self.routing.get_routing_queue_members(queue.id).entities == []
        assert self.users.get_user_queues(user.id).entities == []

    def a_wrap_up_code_is_used_by_a_queue(self):
        queue = self.queue()
        code = self.routing.post_routing_wrapupcodes({"name": self.name("Code"), "division": {"id": self.home().id}})
        added = self.routing.post_routing_queue_wrapupcodes(queue.id, [{"id": code.id}])
        assert ids(added) == [code.id], added
        assert ids(self.routing.get_routing_queue_wrapupcodes(queue.id).entities) == [code.id]
        self.routing.delete_routing_queue_wrapupcode(queue.id, code.id)
        assert self.routing.get_routing_queue_wrapupcodes(queue.id).entities == []
        self.routing.delete_routing_wrapupcode(code.id)
        assert missing(lambda: self.routing.get_routing_wrapupcode(code.id))

    # People

    def a_user_is_created_searched_changed_and_deleted(self):
        user = self.user()
        found = self.users.post_users_search({"query": [{"type": "EXACT", "fields": ["name"], "value": user.name}]})
        assert ids(found.results) == [user.id], found
        changed = self.users.patch_user(user.id, {"title": "Lead", "version": user.version})
        assert (changed.title, changed.version) == ("Lead", user.version + 1), changed
        queue = self.queue()
        self.routing.post_routing_queue_members(queue.id, [{"id": user.id}])
        self.users.delete_user(user.id)
        assert user.id not in ids(self.routing.get_routing_queue_members(queue.id).entities), "a deleted user is no member"

    # Conversations

    def recordings_are_an_array(self):
        _, call = self.call()
        assert isinstance(self.recording.get_conversation_recordings(call), list)
        assert isinstance(self.recording.get_conversation_recordingmetadata(call), list)

    # Outbound, contacts, telephony, integrations

    def an_external_contact_is_found_by_its_name(self):
        contacts = genesys.ExternalContactsApi(self.client)
        made = contacts.post_externalcontacts_contacts({"firstName": "Ann", "lastName": self.name("Contact")})
        assert contacts.get_externalcontacts_contact(made.id).last_name == made.last_name
        assert made.id in ids(contacts.get_externalcontacts_contacts(q=made.last_name).entities)
        contacts.delete_externalcontacts_contact(made.id)
        assert missing(lambda: contacts.get_externalcontacts_contact(made.id))


STEPS = [step for name, step in vars(Families).items() if name.count("_") >= 2 and not name.startswith("_") and callable(step)]
