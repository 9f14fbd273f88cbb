"""What an application does with the families of the platform, through the official Python SDK: each step is a sentence about gcmock."""

import datetime
import itertools
import time
import urllib.request

import PureCloudPlatformClientV2 as genesys
from PureCloudPlatformClientV2.rest import ApiException

PATIENCE = 20  # seconds until a job has to be in its last state
NUMBERS = itertools.count(1)


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

    def name(self, what):
        return f"{what} {next(NUMBERS)}"

    def queue(self):
        return self.routing.post_routing_queues({"name": self.name("Queue")})

    def user(self):
        name = self.name("User")
        email = name.replace(" ", ".").lower() + "@rehearsal.example"
        return self.users.post_users({"name": name, "email": email, "divisionId": self.home().id})

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

    def a_skill_has_a_level_for_each_user(self):
        user = self.user()
        skill = self.routing.post_routing_skills({"name": self.name("Skill")})
        given = self.users.post_user_routingskills(user.id, {"id": skill.id, "proficiency": 3.0})
        assert (given.id, given.proficiency) == (skill.id, 3.0), given
        self.users.put_user_routingskill(user.id, skill.id, {"id": skill.id, "proficiency": 5.0})
        assert [(one.id, one.proficiency) for one in self.users.get_user_routingskills(user.id).entities] == [(skill.id, 5.0)]
        self.users.delete_user_routingskill(user.id, skill.id)
        assert self.users.get_user_routingskills(user.id).entities == []

    def a_language_is_spoken_by_a_user(self):
        user = self.user()
        language = self.routing.post_routing_languages({"name": self.name("Language")})
        self.users.post_user_routinglanguages(user.id, {"id": language.id, "proficiency": 4.0})
        assert ids(self.users.get_user_routinglanguages(user.id).entities) == [language.id]
        self.routing.delete_routing_language(language.id)

    def a_group_has_members_and_a_version(self):
        groups, user = genesys.GroupsApi(self.client), self.user()
        group = groups.post_groups({"name": self.name("Group"), "type": "official", "rulesVisible": True, "visibility": "public"})
        groups.post_group_members(group.id, {"memberIds": [user.id], "version": group.version})
        assert ids(groups.get_group_members(group.id).entities) == [user.id]
        assert groups.get_group(group.id).member_count == 1
        groups.delete_group_members(group.id, user.id)
        assert groups.get_group_members(group.id).entities == []
        groups.delete_group(group.id)

    def a_role_is_granted_in_a_division_and_taken_again(self):
        user, home = self.user(), self.home()
        assert home.home_division and home.id in ids(self.authorization.get_authorization_divisions().entities)
        role = self.authorization.post_authorization_roles({"name": self.name("Role"), "permissions": []})
        self.authorization.post_authorization_subject_division_role(user.id, home.id, role.id, subject_type="PC_USER")
        grants = self.authorization.get_authorization_subject(user.id).grants
        assert (role.id, home.id) in [(one.role.id, one.division.id) for one in grants], grants
        self.authorization.delete_authorization_subject_division_role(user.id, home.id, role.id)
        assert role.id not in [one.role.id for one in self.authorization.get_authorization_subject(user.id).grants]
        self.authorization.delete_authorization_role(role.id)
        assert missing(lambda: self.authorization.get_authorization_role(role.id))

    def a_station_is_associated_with_a_user(self):
        user, stations = self.user(), genesys.StationsApi(self.client)
        station = stations.get_stations().entities[0]
        self.users.put_user_station_associatedstation_station_id(user.id, station.id)
        assert self.users.get_user_station(user.id).associated_station.id == station.id
        self.users.delete_user_station_associatedstation(user.id)
        assert self.users.get_user_station(user.id).associated_station is None

    def a_created_client_logs_in(self):
        clients, role = genesys.OAuthApi(self.client), self.authorization.get_authorization_roles().entities[0]
        made = clients.post_oauth_clients({
            "name": self.name("Client"),
            "authorizedGrantType": "CLIENT-CREDENTIALS",
            "roleDivisions": [{"roleId": role.id, "divisionId": self.home().id}],
        })
        assert made.id in ids(clients.get_oauth_clients().entities)
        assert genesys.api_client.ApiClient().get_client_credentials_token(made.id, made.secret).access_token
        clients.put_oauth_client(made.id, {"name": made.name, "authorizedGrantType": "CLIENT-CREDENTIALS", "state": "inactive"})
        clients.delete_oauth_client(made.id)
        assert missing(lambda: clients.get_oauth_client(made.id))

    def a_scim_user_is_a_user(self):
        scim = genesys.SCIMApi(self.client)
        assert scim.get_scim_v2_users(count=1).resources
        name = self.name("Scim").replace(" ", ".").lower() + "@rehearsal.example"
        made = scim.post_scim_v2_users({"userName": name, "displayName": name, "active": True})
        assert self.users.get_user(made.id).email == name
        scim.delete_scim_v2_user(made.id)

    # Conversations

    def a_call_has_participants_and_ends(self):
        queue, call = self.call()
        parts = self.conversations.get_conversation(call).participants
        purposes = {part.purpose for part in parts}
        assert purposes & {"customer", "external"} and purposes & {"agent", "user", "api"}, purposes
        assert all(part.calls for part in parts if part.purpose != "acd"), parts
        self.conversations.post_conversation_disconnect(call)
        ended = self.conversations.get_conversation(call)
        assert ended.end_time is not None

    def a_callback_answers_its_conversation(self):
        queue = self.queue()
        made = self.conversations.post_conversations_callbacks({"queueId": queue.id, "callbackNumbers": ["+13175550100"], "callbackUserName": "Ann"})
        assert made.conversation.id and made.callback_identifiers, made
        parts = self.conversations.get_conversation(made.conversation.id).participants
        assert any(part.callbacks for part in parts), parts

    def recordings_are_an_array(self):
        _, call = self.call()
        assert isinstance(self.recording.get_conversation_recordings(call), list)
        assert isinstance(self.recording.get_conversation_recordingmetadata(call), list)

    # Analytics

    def a_call_is_found_by_details_and_by_a_job(self):
        _, call = self.call()
        self.conversations.post_conversation_disconnect(call)
        where = [{"type": "and", "predicates": [{"dimension": "conversationId", "value": call}]}]
        found = self.analytics.post_analytics_conversations_details_query({"interval": day(), "conversationFilters": where})
        assert [one.conversation_id for one in found.conversations] == [call], found
        job = self.analytics.post_analytics_conversations_details_jobs({"interval": day(), "conversationFilters": where})
        eventually(lambda: self.analytics.get_analytics_conversations_details_job(job.job_id).state, lambda state: state == "FULFILLED")
        results = self.analytics.get_analytics_conversations_details_job_results(job.job_id)
        assert [one.conversation_id for one in results.conversations] == [call], results
        assert self.analytics.get_analytics_conversations_details_jobs_availability().data_availability_date

    def calls_are_counted_by_queue(self):
        queue, _ = self.call()
        query = {
            "interval": day(),
            "metrics": ["nOutbound", "nConnected"],
            "groupBy": ["queueId"],
            "filter": {"type": "and", "predicates": [{"dimension": "queueId", "value": queue.id}]},
        }
        counted = self.analytics.post_analytics_conversations_aggregates_query(query)
        assert counted.results and counted.results[0].group["queueId"] == queue.id, counted

    def an_export_ends_in_a_file(self):
        body = {"name": self.name("Export"), "timeZone": "UTC", "exportFormat": "CSV", "interval": day(), "viewType": "QUEUE_PERFORMANCE_SUMMARY_VIEW", "filter": {}, "read": False, "period": "PT30M", "locale": "en-us"}
        made = self.analytics.post_analytics_reporting_exports(body)
        mine = lambda: next(one for one in self.analytics.get_analytics_reporting_exports(page_size=100).entities if one.id == made.id)
        done = eventually(mine, lambda export: export.status == "COMPLETED")
        request = urllib.request.Request(done.download_url, headers={"Authorization": "Bearer " + self.client.access_token})
        with urllib.request.urlopen(request, timeout=10) as file:
            assert b"," in file.read(), "the file is a CSV"

    def a_batch_of_recordings_is_made_ready(self):
        _, call = self.call()
        job = self.recording.post_recording_batchrequests({"batchDownloadRequestList": [{"conversationId": call}]})
        done = eventually(lambda: self.recording.get_recording_batchrequest(job.id), lambda batch: batch.result_count == batch.expected_result_count)
        assert done.job_id == job.id, done

    # Outbound, contacts, telephony, integrations

    def a_phone_is_the_station_of_its_user(self):
        user, stations = self.user(), genesys.StationsApi(self.client)
        base = next(one for one in self.edges.get_telephony_providers_edges_phonebasesettings(page_size=100).entities if one.phone_meta_base.id == "inin_webrtc_softphone.json")
        site = self.edges.get_telephony_providers_edges_sites().entities[0]
        phone = self.edges.post_telephony_providers_edges_phones({
            "name": self.name("Phone"),
            "state": "active",
            "site": {"id": site.id},
            "phoneBaseSettings": {"id": base.id},
            "lines": [{"name": "line", "lineBaseSettings": {"id": base.lines[0].id}}],
            "webRtcUser": {"id": user.id},
        })
        station = stations.get_stations(web_rtc_user_id=user.id).entities[0]
        assert (station.id, station.name) == (phone.lines[0].id, phone.name), station
        self.users.put_user_station_defaultstation_station_id(user.id, station.id)
        assert self.users.get_user_station(user.id).effective_station.id == station.id
        found = self.edges.get_telephony_providers_edges_phones(web_rtc_user_id=user.id, expand=["properties", "lines"])
        assert found.entities[0].lines[0].default_for_user.id == user.id, found
        self.edges.delete_telephony_providers_edges_phone(phone.id)
        assert missing(lambda: stations.get_station(station.id))
        assert self.users.get_user_station(user.id).effective_station is None

    def a_site_with_a_phone_stays(self):
        location = genesys.LocationsApi(self.client).get_locations().entities[0]
        site = self.edges.post_telephony_providers_edges_sites({"name": self.name("Site"), "location": {"id": location.id}, "mediaModel": "Cloud"})
        base = self.edges.post_telephony_providers_edges_phonebasesettings({"name": self.name("Base"), "phoneMetaBase": {"id": "generic_sip.json"}, "lines": [{"name": "line"}]})
        phone = self.edges.post_telephony_providers_edges_phones({"name": self.name("Phone"), "site": {"id": site.id}, "phoneBaseSettings": {"id": base.id}, "lines": [{"name": "line"}]})
        try:
            self.edges.delete_telephony_providers_edges_site(site.id)
            raise AssertionError("the site was deleted")
        except ApiException as error:
            assert error.status == 409, error
        self.edges.delete_telephony_providers_edges_phone(phone.id)
        self.edges.delete_telephony_providers_edges_site(site.id)
        assert missing(lambda: self.edges.get_telephony_providers_edges_site(site.id))

    def the_numbers_of_a_pool_are_listed(self):
        pool = self.edges.post_telephony_providers_edges_didpools({"name": self.name("Pool"), "startPhoneNumber": "+442079460000", "endPhoneNumber": "+442079460009"})
        free = self.edges.get_telephony_providers_edges_didpools_dids("UNASSIGNED", id=[pool.id], page_size=4)
        assert (free.total, len(free.entities), free.entities[0].number) == (10, 4, "+442079460000"), free
        user = self.user()
        self.users.patch_user(user.id, {"version": user.version, "addresses": [{"address": "+442079460003", "mediaType": "PHONE", "type": "WORK"}]})
        owned = self.edges.get_telephony_providers_edges_dids(owner_id=user.id).entities
        assert [(one.phone_number, one.owner_type) for one in owned] == [("+442079460003", "USER")], owned
        self.users.delete_user(user.id)
        self.edges.delete_telephony_providers_edges_didpool(pool.id)
        assert missing(lambda: self.edges.get_telephony_providers_edges_didpool(pool.id))

    def contacts_are_added_to_a_contact_list(self):
        made = self.outbound.post_outbound_contactlists({
            "name": self.name("Contacts"),
            "columnNames": ["phone"],
            "phoneColumns": [{"columnName": "phone", "type": "cell"}],
        })
        body = [{"id": "first", "contactListId": made.id, "data": {"phone": "+13175550100"}}]
        added = self.outbound.post_outbound_contactlist_contacts(made.id, body)
        assert ids(added) == ["first"] and self.outbound.get_outbound_contactlist(made.id, include_size=True).size == 1
        assert added[0].id, added
        read = self.outbound.get_outbound_contactlist_contact(made.id, added[0].id)
        assert read.data["phone"] == "+13175550100", read
        self.outbound.delete_outbound_contactlist(made.id)
        assert missing(lambda: self.outbound.get_outbound_contactlist(made.id))

    def a_campaign_runs_until_it_is_complete(self):
        made = self.outbound.post_outbound_contactlists({
            "name": self.name("Contacts"),
            "columnNames": ["phone"],
            "phoneColumns": [{"columnName": "phone", "type": "cell"}],
        })
        self.outbound.post_outbound_contactlist_contacts(made.id, [{"contactListId": made.id, "data": {"phone": "+13175550100"}}])
        campaign = self.outbound.post_outbound_campaigns({
            "name": self.name("Campaign"),
            "contactList": {"id": made.id},
            "dialingMode": "agentless",
            "phoneColumns": [{"columnName": "phone", "type": "cell"}],
            "callerName": "Rehearsal",
            "callerAddress": "+13175550199",
        })
        assert (campaign.campaign_status, campaign.contact_list.name) == ("off", made.name), campaign
        self.outbound.post_outbound_campaign_start(campaign.id)
        eventually(lambda: self.outbound.get_outbound_campaign(campaign.id), lambda now: now.campaign_status == "complete")
        assert self.outbound.get_outbound_campaign_progress(campaign.id).percentage == 100
        try:
            self.outbound.delete_outbound_contactlist(made.id)
            raise AssertionError("a contact list in use was deleted")
        except ApiException as error:
            assert error.status == 400, error
        self.outbound.delete_outbound_campaign(campaign.id)
        self.outbound.delete_outbound_contactlist(made.id)

    def contacts_are_added_in_bulk_and_belong_to_an_organization(self):
        contacts = genesys.ExternalContactsApi(self.client)
        company = contacts.post_externalcontacts_organizations({"name": self.name("Company")})
        entities = [{"firstName": "Ann", "externalOrganization": {"id": company.id, "name": company.name}}, {"firstName": "Ben"}]
        added = contacts.post_externalcontacts_bulk_contacts_add({"entities": entities})
        assert added.error_count == 0 and all(result.success for result in added.results), added
        assert ids(contacts.get_externalcontacts_organization_contacts(company.id).entities) == [added.results[0].id]
        contacts.delete_externalcontacts_organization(company.id)
        assert contacts.get_externalcontacts_contact(added.results[0].id).external_organization is None

    def an_external_contact_is_found_by_its_name(self):
        contacts = genesys.ExternalContactsApi(self.client)
        made = contacts.post_externalcontacts_contacts({"firstName": "Ann", "lastName": self.name("Contact")})
        assert contacts.get_externalcontacts_contact(made.id).last_name == made.last_name
        assert made.id in ids(contacts.get_externalcontacts_contacts(q=made.last_name).entities)
        contacts.delete_externalcontacts_contact(made.id)
        assert missing(lambda: contacts.get_externalcontacts_contact(made.id))

    def the_date_is_a_date(self):
        utilities = genesys.UtilitiesApi(self.client)
        assert isinstance(utilities.get_date().current_date, datetime.datetime)
        assert "Europe/London" in ids(utilities.get_timezones(page_size=1000).entities)

    # Workforce, quality, audits, speech, knowledge, journeys

    def time_off_of_an_agent_is_approved(self):
        workforce = genesys.WorkforceManagementApi(self.client)
        unit = workforce.get_workforcemanagement_managementunits().entities[0].id
        agent = workforce.get_workforcemanagement_managementunit_users(unit).entities[0].id
        business = workforce.get_workforcemanagement_agent_managementunit(agent).business_unit.id
        code = next(one for one in workforce.get_workforcemanagement_businessunit_activitycodes(business).entities if one.category == "TimeOff")
        asked = {"status": "PENDING", "users": [{"id": agent}], "activityCodeId": code.id, "fullDayManagementUnitDates": ["2030-03-11"]}
        made = workforce.post_workforcemanagement_managementunit_timeoffrequests(unit, asked).time_off_requests[0]
        change = {"status": "APPROVED", "metadata": {"version": made.metadata.version}}
        approved = workforce.patch_workforcemanagement_managementunit_user_timeoffrequest(unit, agent, made.id, change)
        assert approved.status == "APPROVED", approved

    def an_evaluation_is_scored(self):
        quality = genesys.QualityApi(self.client)
        options = [{"text": "No", "value": 0}, {"text": "Yes", "value": 10}]
        question = {"text": "Greeted?", "type": "multipleChoiceQuestion", "answerOptions": options}
        groups = [{"name": "All", "type": "questionGroup", "weight": 100, "questions": [question]}]
        draft = quality.post_quality_forms_evaluations({"name": self.name("Form"), "questionGroups": groups})
        form = quality.post_quality_publishedforms_evaluations({"id": draft.id, "published": True})
        _, call = self.call()
        user = self.user()
        body = {"evaluationForm": {"id": form.id}, "evaluator": {"id": user.id}, "agent": {"id": user.id}}
        made = quality.post_quality_conversation_evaluations(call, body)
        group = form.question_groups[0]
        answer = {"questionId": group.questions[0].id, "answerId": group.questions[0].answer_options[1].id}
        answers = {"questionGroupScores": [{"questionGroupId": group.id, "questionScores": [answer]}]}
        done = quality.put_quality_conversation_evaluation(call, made.id, {"status": "FINISHED", "answers": answers})
        assert (done.status, done.answers.total_score) == ("FINISHED", 100), done
        assert made.id in ids(quality.get_quality_evaluations_query(agent_user_id=user.id).entities)

    def a_change_is_found_by_an_audit(self):
        audits = genesys.AuditApi(self.client)
        queue = self.queue()
        query = audits.post_audits_query({"interval": day(), "filters": [{"property": "EntityId", "value": queue.id}]})
        eventually(lambda: audits.get_audits_query_transaction_id(query.id), lambda asked: asked.state == "Succeeded")
        found = audits.get_audits_query_transaction_id_results(query.id).entities
        assert [(one.action, one.entity.id) for one in found] == [("Create", queue.id)], found

    def a_program_is_published_with_its_topic(self):
        speech = genesys.SpeechTextAnalyticsApi(self.client)
        topic = speech.post_speechandtextanalytics_topics({"name": self.name("Topic"), "dialect": "en-US", "phrases": [{"text": "too expensive"}]})
        program = speech.post_speechandtextanalytics_programs({"name": self.name("Program"), "topicIds": [topic.id]})
        job = speech.post_speechandtextanalytics_programs_publishjobs({"programIds": [program.id]})
        eventually(lambda: speech.get_speechandtextanalytics_programs_publishjob(job.id), lambda job: job.state == "Completed")
        read = speech.get_speechandtextanalytics_program(program.id)
        assert read.published and ids(read.topics) == [topic.id], read
        _, call = self.call()
        assert speech.get_speechandtextanalytics_conversation(call).conversation.id == call

    def a_published_document_is_found(self):
        knowledge = genesys.KnowledgeApi(self.client)
        base = knowledge.post_knowledge_knowledgebases({"name": self.name("Base"), "coreLanguage": "en-US"})
        category = knowledge.post_knowledge_knowledgebase_categories(base.id, {"name": "Cards"})
        document = knowledge.post_knowledge_knowledgebase_documents(base.id, {"title": "Block a card", "categoryId": category.id})
        knowledge.post_knowledge_knowledgebase_document_versions(base.id, document.id, {})
        found = knowledge.post_knowledge_knowledgebase_documents_search(base.id, body={"query": "card"})
        assert [one.document.id for one in found.results] == [document.id], found
        assert knowledge.get_knowledge_knowledgebase_category(base.id, category.id).document_count == 1

    def a_segment_in_use_stays(self):
        journey = genesys.JourneyApi(self.client)
        segment = journey.post_journey_segments(body={"displayName": self.name("Segment")})
        made = journey.post_journey_actionmaps(body={"displayName": self.name("Map"), "triggerWithSegments": [segment.id]})
        try:
            journey.delete_journey_segment(segment.id)
            raise AssertionError("it was deleted")
        except ApiException as error:
            assert error.status == 409, error
        journey.delete_journey_actionmap(made.id)
        journey.delete_journey_segment(segment.id)
        assert missing(lambda: journey.get_journey_segment(segment.id))

    def a_policy_is_enabled_and_disabled(self):
        made = self.recording.post_recording_mediaretentionpolicies({"name": self.name("Policy"), "enabled": True})
        assert self.recording.patch_recording_mediaretentionpolicy(made.id, {"enabled": False}).enabled is False
        assert made.id in ids(self.recording.get_recording_mediaretentionpolicies(enabled=False, page_size=100).entities)


STEPS = [step for name, step in vars(Families).items() if name.count("_") >= 2 and not name.startswith("_") and callable(step)]
