"""What a contact centre does in a day, through the official Python SDK: teams, flows, domains, emails, transfers, reports and lists."""

import PureCloudPlatformClientV2 as genesys
from families import Families, day, eventually, ids, missing


class ContactCenter(Families):
    def part(self, call, holds):
        """The first participant of the call of whom this holds."""
        return next(part for part in self.conversations.get_conversation(call).participants if holds(part))

    def customer(self, call):
        return self.part(call, lambda part: part.purpose in ("customer", "external"))

    def answered_call(self):
        """A call of a queue that an agent has taken over and answered; and the agent's part of it."""
        (queue, call), user = self.call(), self.user()
        caller = self.part(call, lambda part: part.purpose in ("agent", "user", "api"))
        self.conversations.post_conversations_call_participant_replace(call, caller.id, {"userId": user.id})
        agent = self.part(call, lambda part: part.user_id == user.id)
        self.conversations.patch_conversations_call_participant(call, agent.id, {"state": "connected"})
        return queue, call, agent.id

    # The organization

    def a_team_has_members(self):
        teams, user = genesys.TeamsApi(self.client), self.user()
        team = teams.post_teams({"name": self.name("Team"), "division": {"id": self.home().id}})
        assert teams.post_team_members(team.id, {"memberIds": [user.id]}).failures in (None, [])
        assert ids(teams.get_team_members(team.id).entities) == [user.id]
        assert teams.get_team(team.id).member_count == 1
        teams.delete_team_members(team.id, user.id)
        assert teams.get_team_members(team.id).entities == []
        teams.delete_team(team.id)
        assert missing(lambda: teams.get_team(team.id))

    def a_flow_is_checked_out_published_and_deleted(self):
        architect = genesys.ArchitectApi(self.client)
        flow = architect.post_flows({"name": self.name("Flow"), "type": "INBOUNDCALL"})
        assert flow.id in ids(architect.get_flows(type=["inboundcall"], page_size=100).entities)
        architect.post_flows_actions_checkout(flow.id)
        architect.post_flows_actions_checkin(flow.id)
        architect.post_flows_actions_publish(flow.id)
        assert eventually(lambda: architect.get_flow(flow.id).published_version, bool).id
        architect.delete_flows([flow.id])
        assert missing(lambda: architect.get_flow(flow.id))

    def every_namespace_of_limits_has_its_limits(self):
        organization = genesys.OrganizationApi(self.client)
        namespaces = organization.get_organizations_limits_namespaces(page_size=100)["entities"]
        assert {"platform.api", "routing", "outbound"} <= set(namespaces), namespaces
        limits = organization.get_organizations_limits_namespace("platform.api").entities
        assert limits and all(limit.key and limit.value for limit in limits), limits
        defaults = organization.get_organizations_limits_namespace_defaults("platform.api").entities
        assert {limit.key for limit in limits} <= {limit.key for limit in defaults}

    def the_address_ranges_of_the_platform_are_listed(self):
        ranges = genesys.UtilitiesApi(self.client).get_ipranges().entities
        assert ranges and all("/" in one.cidr for one in ranges), ranges

    # Agents

    def an_agents_utilization_is_set_and_taken_back(self):
        user = self.user().id
        default = self.routing.get_routing_user_utilization(user).utilization["call"].maximum_capacity
        self.routing.put_routing_user_utilization(user, {"utilization": {"call": {"maximumCapacity": default + 3}}})
        assert self.routing.get_routing_user_utilization(user).utilization["call"].maximum_capacity == default + 3
        self.routing.delete_routing_user_utilization(user)
        assert self.routing.get_routing_user_utilization(user).utilization["call"].maximum_capacity == default

    def presences_of_many_users_are_set_at_once(self):
        presence, users = genesys.PresenceApi(self.client), [self.user().id, self.user().id]
        meeting = next(one for one in presence.get_presencedefinitions().entities if one.system_presence == "Meeting")
        presence.put_users_presences_bulk([{"id": user, "presenceDefinition": {"id": meeting.id}} for user in users])
        found = presence.get_users_presences_purecloud_bulk(id=users)
        assert {one.presence_definition.id for one in found} == {meeting.id}, found

    def a_queue_tells_how_long_a_caller_waits(self):
        results = self.routing.get_routing_queue_estimatedwaittime(self.queue().id).results
        assert results and all(one.estimated_wait_time_seconds >= 0 for one in results), results

    # Addresses

    def a_number_for_text_messages_is_bought(self):
        free = self.routing.get_routing_sms_availablephonenumbers("US", "local").entities
        bought = self.routing.post_routing_sms_phonenumbers({"phoneNumber": free[0].phone_number, "phoneNumberType": "local", "countryCode": "US"})
        assert bought.phone_number == free[0].phone_number, bought
        assert bought.id in ids(self.routing.get_routing_sms_phonenumbers(page_size=100).entities)
        self.routing.delete_routing_sms_phonenumber(bought.id)
        assert missing(lambda: self.routing.get_routing_sms_phonenumber(bought.id))

    def an_email_domain_routes_to_a_queue(self):
        queue, name = self.queue(), self.name("domain").replace(" ", "-")
        domain = self.routing.post_routing_email_domains({"id": f"{name}.example", "subDomain": False})
        route = self.routing.post_routing_email_domain_routes(domain.id, {"pattern": "support", "queue": {"id": queue.id}, "fromName": "Support", "fromEmail": f"support@{domain.id}"})
        listed = self.routing.get_routing_email_domain_routes(domain.id).entities
        assert [(one.id, one.queue.id) for one in listed] == [(route.id, queue.id)], listed
        self.routing.delete_routing_email_domain_route(domain.id, route.id)
        self.routing.delete_routing_email_domain(domain.id)
        assert missing(lambda: self.routing.get_routing_email_domain(domain.id))

    # Conversations

    def an_email_is_written_and_read(self):
        queue = self.queue()
        email = self.conversations.post_conversations_emails({"queueId": queue.id, "provider": "PureCloud Email", "toAddress": "ann@customer.example", "subject": "Your order", "textBody": "It is on its way.", "direction": "OUTBOUND"})
        parts = self.conversations.get_conversation(email.id).participants
        assert any(part.emails for part in parts), parts
        messages = self.conversations.get_conversations_email_messages(email.id).entities
        assert [one.subject for one in messages] == ["Your order"], messages

    def a_message_is_answered(self):
        queue = self.queue()
        made = self.conversations.post_conversations_messages({"queueId": queue.id, "toAddress": "+13175550177", "toAddressMessengerType": "sms"})
        sender = self.part(made.id, lambda part: part.purpose in ("agent", "api"))
        sent = self.conversations.post_conversations_message_communication_messages(made.id, sender.messages[0].id, {"textBody": "Hello"})
        assert self.conversations.get_conversations_message_message(made.id, sent.id).normalized_message.text == "Hello"

    def a_call_is_held_and_muted(self):
        _, call, agent = self.answered_call()
        state = lambda: self.part(call, lambda part: part.id == agent).calls[0]
        self.conversations.patch_conversations_call_participant(call, agent, {"held": True})
        assert state().held
        self.conversations.patch_conversations_call_participant(call, agent, {"held": False, "muted": True})
        assert (state().held, state().muted) == (False, True), state()

    def a_call_moves_to_another_queue(self):
        (first, call, agent), second = self.answered_call(), self.queue()
        self.conversations.post_conversations_call_participant_replace(call, agent, {"queueId": second.id})
        assert self.part(call, lambda part: part.purpose == "acd" and part.queue_id == second.id)
        details = self.analytics.get_analytics_conversation_details(call)
        queues = {segment.queue_id for part in details.participants for session in part.sessions for segment in session.segments}
        assert {first.id, second.id} <= queues, queues

    def another_agent_is_asked_while_the_customer_waits(self):
        (_, call, _), other = self.answered_call(), self.user()
        customer = eventually(lambda: self.customer(call), lambda part: part.calls[0].state == "connected").id
        asked = {"speakTo": "DESTINATION", "destination": {"userId": other.id}}
        self.conversations.post_conversations_call_participant_consult(call, customer, asked)
        assert self.part(call, lambda part: part.user_id == other.id)
        assert self.customer(call).calls[0].held
        self.conversations.delete_conversations_call_participant_consult(call, customer)
        assert not self.customer(call).calls[0].held

    # Reports

    def agents_are_counted_by_status(self):
        user = self.user()
        query = {
            "interval": day(),
            "metrics": ["tSystemPresence"],
            "groupBy": ["userId"],
            "filter": {"type": "or", "predicates": [{"dimension": "userId", "value": user.id}]},
        }
        counted = self.analytics.post_analytics_users_aggregates_query(query).results
        assert [one.group["userId"] for one in counted] == [user.id], counted

    def waiting_and_speaking_are_observed(self):
        queue, _, _ = self.answered_call()
        query = {"metrics": ["oInteracting", "oWaiting"], "filter": {"type": "or", "predicates": [{"dimension": "queueId", "value": queue.id}]}}
        observed = self.analytics.post_analytics_queues_observations_query(query).results
        counts = {data.metric: data.stats.count for result in observed if result.group["mediaType"] == "voice" for data in result.data}
        assert counts["oInteracting"] == 1, observed

    def flows_are_counted(self):
        query = {"interval": day(), "metrics": ["nFlow"], "groupBy": ["flowId"]}
        assert self.analytics.post_analytics_flows_aggregates_query(query).results is not None

    # Lists and jobs

    def a_number_is_not_to_be_called(self):
        made = self.outbound.post_outbound_dnclists({"name": self.name("Never"), "dncSourceType": "rds", "contactMethod": "Phone"})
        self.outbound.post_outbound_dnclist_phonenumbers(made.id, ["+13175550100", "+13175550101"])
        assert self.outbound.get_outbound_dnclist(made.id, include_size=True).size == 2
        self.outbound.delete_outbound_dnclist(made.id)
        assert missing(lambda: self.outbound.get_outbound_dnclist(made.id))

    def campaigns_follow_each_other_in_a_sequence(self):
        contacts = self.outbound.post_outbound_contactlists({"name": self.name("Contacts"), "columnNames": ["phone"], "phoneColumns": [{"columnName": "phone", "type": "cell"}]})
        campaign = self.outbound.post_outbound_campaigns({
            "name": self.name("Campaign"),
            "contactList": {"id": contacts.id},
            "dialingMode": "agentless",
            "phoneColumns": [{"columnName": "phone", "type": "cell"}],
            "callerName": "Rehearsal",
            "callerAddress": "+13175550199",
        })
        made = self.outbound.post_outbound_sequences({"name": self.name("Sequence"), "status": "off", "campaigns": [{"id": campaign.id}]})
        assert (made.status, ids(made.campaigns)) == ("off", [campaign.id]), made
        self.outbound.delete_outbound_sequence(made.id)
        assert missing(lambda: self.outbound.get_outbound_sequence(made.id))

    def recordings_are_exported_by_a_job(self):
        integration = genesys.IntegrationsApi(self.client).get_integrations().entities[0].id
        query = {"action": "EXPORT", "actionDate": "2030-01-01T00:00:00.000Z", "integrationId": integration, "conversationQuery": {"interval": day()}}
        made = self.recording.post_recording_jobs(query)
        ready = eventually(lambda: self.recording.get_recording_job(made.id), lambda job: job.state == "READY")
        assert made.id in ids(self.recording.get_recording_jobs().entities) and ready.percent_progress is not None

    def the_schedules_of_a_unit_are_searched(self):
        workforce = genesys.WorkforceManagementApi(self.client)
        unit = workforce.get_workforcemanagement_managementunits().entities[0].id
        agents = ids(workforce.get_workforcemanagement_managementunit_users(unit).entities)
        start, end = day().split("/")
        found = workforce.post_workforcemanagement_managementunit_schedules_search(unit, body={"startDate": start, "endDate": end, "userIds": agents[:2]})
        assert found is not None and found.user_schedules is not None, found
        unknown = "00000000-0000-4000-8000-000000000000"
        assert missing(lambda: workforce.post_workforcemanagement_managementunit_schedules_search(unknown, body={"startDate": start, "endDate": end, "userIds": agents[:2]}))


STEPS = [step for name, step in vars(ContactCenter).items() if name.count("_") >= 2 and not name.startswith("_") and callable(step)]
