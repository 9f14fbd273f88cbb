"""What an application does with integrations, the messenger and responses, through the official Python SDK: each step is a sentence about gcmock."""

import PureCloudPlatformClientV2 as genesys
from PureCloudPlatformClientV2.rest import ApiException

from families import eventually, ids, missing


def refusal(call):
    """The status of a call that is refused."""
    try:
        call()
    except ApiException as error:
        return error.status
    return None


class Channels:
    def __init__(self, client):
        self.integrations = genesys.IntegrationsApi(client)
        self.deployments = genesys.WebDeploymentsApi(client)
        self.responses = genesys.ResponseManagementApi(client)
        self.conversations = genesys.ConversationsApi(client)
        self.routing = genesys.RoutingApi(client)
        self.count = 0

    def name(self, what):
        self.count += 1
        return f"{what} of channels {self.count}"

    # Integrations

    def an_integration_is_installed_configured_and_removed(self):
        made = self.integrations.post_integrations(body={"name": self.name("Integration"), "integrationType": {"id": "custom-rest-actions"}})
        assert made.id in ids(self.integrations.get_integrations(page_size=100).entities)
        read = self.integrations.get_integration_config_current(made.id)
        config = {"name": self.name("Actions"), "version": read.version, "properties": {}, "advanced": {}, "notes": "", "credentials": {}}
        changed = self.integrations.put_integration_config_current(made.id, body=config)
        assert (changed.name, changed.version) == (config["name"], read.version + 1), changed
        assert refusal(lambda: self.integrations.put_integration_config_current(made.id, body=config)) in (400, 409), "the old version"
        assert self.integrations.get_integration(made.id).name == config["name"]
        assert self.integrations.patch_integration(made.id, body={"intendedState": "ENABLED"}).intended_state == "ENABLED"
        self.integrations.delete_integration(made.id)
        assert missing(lambda: self.integrations.get_integration(made.id))

    def a_data_action_is_drafted_published_and_executed(self):
        installed = {"name": self.name("Integration"), "integrationType": {"id": "custom-rest-actions"}}
        integration = self.integrations.post_integrations(body=installed)
        contract = {
            "input": {"inputSchema": {"type": "object", "properties": {"id": {"type": "string"}}}},
            "output": {"successSchema": {"type": "object", "properties": {"status": {"type": "string"}}}},
        }
        config = {"request": {"requestUrlTemplate": "https://example.com/${input.id}", "requestType": "GET", "requestTemplate": "", "headers": {}}, "response": {}}
        draft = self.integrations.post_integrations_actions_drafts(
            {"name": self.name("Look-up"), "category": "Orders", "integrationId": integration.id, "contract": contract, "config": config}
        )
        published = self.integrations.post_integrations_action_draft_publish(draft.id, {"version": draft.version})
        assert published.id == draft.id, published
        assert draft.id in ids(self.integrations.get_integrations_actions(page_size=100).entities)
        assert isinstance(self.integrations.post_integrations_action_execute(draft.id, {"id": "7"}), (dict, str))
        self.integrations.delete_integrations_action(draft.id)
        assert missing(lambda: self.integrations.get_integrations_action(draft.id))

    def a_credential_never_shows_its_fields(self):
        made = self.integrations.post_integrations_credentials(
            body={"name": self.name("Credential"), "type": {"name": "basicAuth"}, "credentialFields": {"userName": "a", "password": "b"}}
        )
        assert made.id in ids(self.integrations.get_integrations_credentials(page_size=100).entities)
        read = self.integrations.get_integrations_credential(made.id)
        assert (read.type.name, read.credential_fields) == ("basicAuth", None), read
        self.integrations.delete_integrations_credential(made.id)
        assert missing(lambda: self.integrations.get_integrations_credential(made.id))

    # The messenger

    def a_configuration_is_published_and_deployed(self):
        made = self.deployments.post_webdeployments_configurations({"name": self.name("Configuration"), "version": "draft"})
        version = self.deployments.post_webdeployments_configuration_versions_draft_publish(made.id)
        deployed = self.deployments.post_webdeployments_deployments(
            {"name": self.name("Deployment"), "configuration": {"id": made.id, "version": version.version}, "allowAllDomains": True}
        )
        read = self.deployments.get_webdeployments_deployment(deployed.id)
        assert (read.configuration.id, read.configuration.version) == (made.id, version.version), read
        assert deployed.id in ids(self.deployments.get_webdeployments_deployments().entities)
        assert version.version in [one.version for one in self.deployments.get_webdeployments_configuration_versions(made.id).entities]
        self.deployments.delete_webdeployments_deployment(deployed.id)
        assert missing(lambda: self.deployments.get_webdeployments_deployment(deployed.id))
        self.deployments.delete_webdeployments_configuration(made.id)

    def a_deployment_of_an_unpublished_version_is_refused(self):
        made = self.deployments.post_webdeployments_configurations({"name": self.name("Configuration"), "version": "draft"})
        wrong = {"name": self.name("Deployment"), "configuration": {"id": made.id, "version": "7"}, "allowAllDomains": True}
        assert refusal(lambda: self.deployments.post_webdeployments_deployments(wrong)) == 400

    def an_open_messaging_integration_becomes_a_recipient(self):
        made = self.conversations.post_conversations_messaging_integrations_open(
            {"name": self.name("Open"), "outboundNotificationWebhookUrl": "https://example.com/hook",
             "outboundNotificationWebhookSignatureSecretToken": "secret", "webhookHeaders": {}}
        )
        read = lambda: self.conversations.get_conversations_messaging_integrations_open_integration_id(made.id)
        assert eventually(read, lambda one: one.create_status == "Completed").id == made.id
        assert made.id in ids(self.routing.get_routing_message_recipients(page_size=100).entities)
        self.conversations.delete_conversations_messaging_integrations_open_integration_id(made.id)
        assert missing(read)

    # Responses

    def a_response_is_found_in_its_library(self):
        library = self.responses.post_responsemanagement_libraries({"name": self.name("Library")})
        text = {"name": self.name("Response"), "libraries": [{"id": library.id}], "texts": [{"content": "How can I help?", "contentType": "text/plain"}]}
        made = self.responses.post_responsemanagement_responses(text)
        assert ids(self.responses.get_responsemanagement_responses(library.id).entities) == [made.id]
        found = self.responses.post_responsemanagement_responses_query({"queryPhrase": text["name"], "pageSize": 25})
        assert made.id in ids(found.results.entities), found
        text["version"], text["texts"][0]["content"] = made.version, "What can I do?"
        changed = self.responses.put_responsemanagement_response(made.id, text)
        assert (changed.version, changed.texts[0].content) == (made.version + 1, "What can I do?"), changed
        assert refusal(lambda: self.responses.put_responsemanagement_response(made.id, text)) == 409, "the old version"
        self.responses.delete_responsemanagement_response(made.id)
        assert self.responses.get_responsemanagement_responses(library.id).entities == []
        self.responses.delete_responsemanagement_library(library.id)
        assert missing(lambda: self.responses.get_responsemanagement_library(library.id))


STEPS = [step for name, step in vars(Channels).items() if name.count("_") >= 2 and not name.startswith("_") and callable(step)]
