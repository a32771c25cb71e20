// The official Pipedrive client against the practice server: uses every object, and expects what the client's types
// promise. Usage: node client.mjs COMMAND…, where the command starts a practice server.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { serve } from './children.mjs';

const require = createRequire(path.join(process.env.CONTRACT_MODULES, 'package.json'));
const { v1, v2 } = require('pipedrive');
const [server, apiKey] = await serve(process.argv.slice(2), /(http:\S+:\d+)/, /API token: (\S+)/);
const via = process.env.DEALDECK_TEST_VIA;
const url = via ? `${via}/s/${new URL(server).port}` : server;
const one = new v1.Configuration({ apiKey, basePath: `${url}/api/v1` });
const two = new v2.Configuration({ apiKey, basePath: `${url}/api/v2` });

let calls = 0;
async function call(promise) {
  calls += 1;
  const answer = await promise;
  assert.equal(answer.success, true);
  return answer;
}
/** A call that must be refused. The official client rejects with the body of the answer, and tells no status. */
async function refused(promise, words) {
  calls += 1;
  const error = await promise.then((answer) => assert.fail(`not refused, but answered ${JSON.stringify(answer)}`), (body) => body);
  assert.equal(error?.success, false);
  assert.match(error.error, words);
  return error;
}

// Users.
const users = new v1.UsersApi(one);
const me = (await call(users.getCurrentUser())).data;
assert.ok(me.company_domain && me.is_you);
assert.ok((await call(users.getUsers())).data.some((user) => user.id === me.id));
const stranger = new v1.UsersApi(new v1.Configuration({ apiKey: 'wrong', basePath: `${url}/api/v1` }));
assert.equal((await refused(stranger.getCurrentUser(), /unauthorized/)).errorCode, 401);

// Pipelines and stages.
const pipelines = (await call(new v2.PipelinesApi(two).getPipelines())).data;
const stages = (await call(new v2.StagesApi(two).getStages({ pipeline_id: pipelines[0].id }))).data;
assert.ok(stages.length > 1 && stages.every((stage) => stage.pipeline_id === pipelines[0].id));

// Organizations.
const organizations = new v2.OrganizationsApi(two);
const org = (await call(organizations.addOrganization({ AddOrganizationRequest: { name: 'Judge & Co' } }))).data;
assert.equal((await call(organizations.getOrganization({ id: org.id }))).data.name, 'Judge & Co');
await call(organizations.updateOrganization({ id: org.id, UpdateOrganizationRequest: { name: 'Judge & Sons' } }));
assert.ok((await call(organizations.getOrganizations({ limit: 5 }))).data.length === 5);
assert.ok((await call(organizations.searchOrganization({ term: 'Judge & S' }))).data.items.some((hit) => hit.item.id === org.id));

// People.
const persons = new v2.PersonsApi(two);
const person = (await call(persons.addPerson({
  AddPersonRequest: { name: 'Judy Judge', org_id: org.id, emails: [{ value: 'judy@example.com', primary: true, label: 'work' }] },
}))).data;
assert.equal(person.emails[0].value, 'judy@example.com');
await call(persons.updatePerson({ id: person.id, UpdatePersonRequest: { name: 'Judith Judge' } }));
assert.equal((await call(persons.getPerson({ id: person.id }))).data.name, 'Judith Judge');
assert.ok((await call(persons.searchPersons({ term: 'Judith' }))).data.items.some((hit) => hit.item.id === person.id));

// Deals: every page once, then one from its creation to its deletion.
const deals = new v2.DealsApi(two);
const seen = new Set();
let cursor;
do {
  const page = await call(deals.getDeals({ limit: 100, cursor }));
  for (const deal of page.data) {
    assert.ok(!seen.has(deal.id), 'a deal came twice');
    seen.add(deal.id);
  }
  cursor = page.additional_data.next_cursor ?? undefined;
} while (cursor);
assert.ok(seen.size > 100);
const deal = (await call(deals.addDeal({
  AddDealRequest: { title: 'Judged deal', person_id: person.id, value: 1250.5, currency: 'EUR', stage_id: stages[0].id },
}))).data;
assert.equal(deal.pipeline_id, pipelines[0].id);
const moved = (await call(deals.updateDeal({ id: deal.id, UpdateDealRequest: { stage_id: stages[1].id } }))).data;
assert.equal(moved.stage_id, stages[1].id);
assert.ok(moved.stage_change_time);
await refused(deals.updateDeal({ id: deal.id, UpdateDealRequest: { probability: 101 } }), /probability/);
const lost = (await call(deals.updateDeal({ id: deal.id, UpdateDealRequest: { status: 'lost', lost_reason: 'judged' } }))).data;
assert.equal(lost.lost_reason, 'judged');
assert.ok((await call(deals.getDeals({ status: 'lost', updated_since: new Date(Date.now() - 60_000).toISOString().replace(/\.\d+/, '') }))).data.some((found) => found.id === deal.id));
await refused(deals.getDeals({ updated_since: new Date().toISOString() }), /updated_since.*datetime/);
assert.ok((await call(deals.searchDeals({ term: 'Judged deal' }))).data.items.some((hit) => hit.item.id === deal.id));

// Activities.
const activities = new v2.ActivitiesApi(two);
const activity = (await call(activities.addActivity({
  AddActivityRequest: { subject: 'Hearing', type: 'meeting', due_date: '2027-01-15', due_time: '09:30:00', deal_id: deal.id },
}))).data;
assert.equal((await call(activities.updateActivity({ id: activity.id, AddActivityRequest: { done: true } }))).data.done, true);
assert.ok((await call(activities.getActivities({ deal_id: deal.id, done: true }))).data.some((found) => found.id === activity.id));

// Leads: the link rule, creation to deletion, and conversion.
const leads = new v1.LeadsApi(one);
await refused(leads.addLead({ AddLeadRequest: { title: 'Linked to nobody' } }), /linked to a person/);
// The published file has this rule too: a validating proxy would refuse the request.
if (!via) {
  await refused(leads.addLead({ AddLeadRequest: { title: 'No such day', person_id: person.id, expected_close_date: '2027-06-31' } }), /expected_close_date/);
}
const labels = (await call(new v1.LeadLabelsApi(one).getLeadLabels())).data;
assert.ok((await call(new v1.LeadSourcesApi(one).getLeadSources())).data.length > 0);
const lead = (await call(leads.addLead({
  AddLeadRequest: {
    title: 'Judged lead', person_id: person.id, organization_id: org.id, label_ids: [labels[0].id],
    value: { amount: 300, currency: 'EUR' }, expected_close_date: '2027-06-30',
  },
}))).data;
assert.equal(lead.source_name, 'API');
assert.equal((await call(leads.updateLead({ id: lead.id, UpdateLeadRequest: { was_seen: true } }))).data.was_seen, true);
assert.ok((await call(leads.getLeads({ limit: 500 }))).data.some((found) => found.id === lead.id));
const converting = new v2.LeadsApi(two);
const { conversion_id } = (await call(converting.convertLeadToDeal({ id: lead.id, ConvertLeadToDealRequest: { stage_id: stages[0].id } }))).data;
let job;
for (let tries = 0; tries < 50; tries += 1) {
  job = (await call(converting.getLeadConversionStatus({ id: lead.id, conversion_id }))).data;
  if (job.status === 'completed') break;
  await new Promise((wait) => setTimeout(wait, 200));
}
assert.equal(job.status, 'completed');
assert.equal((await call(deals.getDeal({ id: job.deal_id }))).data.title, 'Judged lead');

// Notes.
const notes = new v1.NotesApi(one);
const note = (await call(notes.addNote({ AddNoteRequest: { content: '<p>Heard.</p>', deal_id: deal.id } }))).data;
assert.equal((await call(notes.updateNote({ id: note.id, NoteRequest: { content: 'Heard again.' } }))).data.content, 'Heard again.');
assert.ok((await call(notes.getNotes({ deal_id: deal.id }))).data.some((found) => found.id === note.id));
assert.equal((await call(notes.deleteNote({ id: note.id }))).data, true);

// Search across objects.
const hits = (await call(new v2.ItemSearchApi(two).searchItem({ term: 'Judge', limit: 100 }))).data.items;
assert.deepEqual(new Set(hits.filter((hit) => [org.id, person.id].includes(hit.item.id)).map((hit) => hit.item.type)), new Set(['organization', 'person']));

// Webhooks.
const webhooks = new v1.WebhooksApi(one);
const hook = (await call(webhooks.addWebhook({
  AddWebhookRequest: { subscription_url: 'https://example.com/hook', event_action: '*', event_object: 'deal', name: 'judge', version: '2.0' },
}))).data;
assert.ok((await call(webhooks.getWebhooks())).data.some((found) => found.id === hook.id));
await call(webhooks.deleteWebhook({ id: hook.id }));

// Deletion of all of it.
await call(activities.deleteActivity({ id: activity.id }));
assert.equal((await call(deals.deleteDeal({ id: deal.id }))).data.id, deal.id);
await call(persons.deletePerson({ id: person.id }));
await call(organizations.deleteOrganization({ id: org.id }));

console.log(`official client: ${calls} calls as expected`);
process.exit();
