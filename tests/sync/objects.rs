//! People, organizations, activities and links, edited through the engine and looked at over HTTP.

use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::{Command, EditError, EditFailure, EditOutcome};
use dealdeck::workspace::ServerUpdate;
use serde_json::{Value, json};

use super::{Bench, EditId, edit_command};

fn point(value: &str, label: &str, primary: bool) -> ContactPoint {
    ContactPoint { value: value.into(), label: label.into(), primary }
}

fn new_person(name: &str, org: Option<Link<OrgId>>) -> NewPerson {
    NewPerson { name: name.into(), org, ..NewPerson::default() }
}

fn new_org(name: &str) -> NewOrg {
    NewOrg { name: name.into(), ..NewOrg::default() }
}

fn call(subject: &str) -> NewActivity {
    NewActivity { subject: subject.into(), kind: "call".into(), ..NewActivity::default() }
}

fn path(item: ItemRef) -> String {
    match item {
        ItemRef::Deal(id) => format!("/api/v2/deals/{id}"),
        ItemRef::Activity(id) => format!("/api/v2/activities/{id}"),
        ItemRef::Lead(id) => format!("/api/v1/leads/{id}"),
        ItemRef::Person(id) => format!("/api/v2/persons/{id}"),
        ItemRef::Org(id) => format!("/api/v2/organizations/{id}"),
        ItemRef::Note(id) => format!("/api/v1/notes/{id}"),
    }
}

impl Bench {
    /// Has something made, and gives its name on the server.
    pub(super) async fn made(&mut self, edit: Edit) -> ItemRef {
        let outcome = self.insist(edit).await;
        let made = outcome.created.unwrap();
        self.account.absorb(outcome.changes);
        made
    }

    /// Has an edit carried out that was made on the grounds of an item as it was.
    pub(super) async fn edit_of(&mut self, edit: Edit, before: &Item) -> Result<EditOutcome, EditFailure> {
        let id = EditId(5000 + self.done.len() as u64);
        let base = edit.inverse(before);
        let Command::Edit { mut kept, replaces } = edit_command(id, edit) else { unreachable!() };
        kept.base = base;
        self.commands.send(Command::Edit { kept, replaces }).await.unwrap();
        self.until(|report| matches!(report, dealdeck::sync::Report::EditDone { .. })).await;
        self.done.last().unwrap().1.clone()
    }

    pub(super) fn shown(&self, item: ItemRef) -> Item {
        self.account.shown(item).unwrap()
    }

    pub(super) async fn on_server(&self, item: ItemRef) -> Value {
        self.get(&path(item)).await
    }

    /// How many of a list have this text.
    async fn count(&self, list: &str, key: &str, text: &str) -> usize {
        self.list(list).await.iter().filter(|item| item[key] == text).count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_and_organizations_are_made_changed_and_deleted() {
    let mut bench = Bench::start().await;
    let new = NewOrg { address: Some("Pikk 1, Tallinn".into()), ..new_org("Made here") };
    let org = bench.made(Edit::CreateOrg { id: OrgId::local(1), new }).await;
    let ItemRef::Org(org_id) = org else { panic!("{org:?}") };
    assert_eq!(bench.on_server(org).await["address"]["value"], "Pikk 1, Tallinn");
    let new = NewPerson {
        phones: vec![point("+372 1", "work", true)],
        emails: vec![point("a@example.com", "home", true)],
        ..new_person("Ann Made", Some(Link::Existing(org_id)))
    };
    let person = bench.made(Edit::CreatePerson { id: PersonId::local(2), new }).await;
    let ItemRef::Person(person_id) = person else { panic!("{person:?}") };
    let there = bench.on_server(person).await;
    assert_eq!((&there["org_id"], &there["phones"][0]["value"]), (&json!(org_id.0), &json!("+372 1")));
    assert_eq!(bench.account.people_of(org_id).map(|person| person.id).collect::<Vec<_>>(), [person_id]);

    let patch = PersonPatch {
        name: Some("Ann Changed".into()),
        org: Some(None),
        owner: Some(UserId(2)),
        phones: Some(vec![point("+372 2", "mobile", false), point("+372 3", "work", true)]),
        emails: Some(Vec::new()),
        labels: Some(bench.account.person_labels().map(|label| label.id).collect()),
        ..PersonPatch::default()
    };
    let before = bench.shown(person);
    bench.edit_of(Edit::UpdatePerson { id: person_id, patch }, &before).await.unwrap();
    let there = bench.on_server(person).await;
    assert_eq!(
        (&there["name"], &there["org_id"], &there["owner_id"]),
        (&json!("Ann Changed"), &Value::Null, &json!(2))
    );
    assert_eq!((there["phones"].as_array().unwrap().len(), &there["emails"]), (2, &json!([])));
    assert!(there["label_ids"].as_array().is_some_and(|labels| labels.len() > 1), "{there}");
    let labels: Vec<LabelId> = bench.account.org_labels().map(|label| label.id).take(1).collect();
    assert_eq!(labels.len(), 1, "the practice server has labels of organizations");
    let patch = OrgPatch {
        name: Some("Changed".into()),
        owner: Some(UserId(2)),
        address: Some(None),
        labels: Some(labels),
        ..OrgPatch::default()
    };
    let before = bench.shown(org);
    bench.edit_of(Edit::UpdateOrg { id: org_id, patch }, &before).await.unwrap();
    let there = bench.on_server(org).await;
    assert_eq!((&there["name"], &there["address"], &there["owner_id"]), (&json!("Changed"), &Value::Null, &json!(2)));
    assert_eq!(there["label_ids"].as_array().map(Vec::len), Some(1));

    for item in [person, org] {
        let outcome = bench.edit(Edit::Delete { item }).await.unwrap();
        assert_eq!(outcome.changes, [ServerUpdate::Gone(item)]);
        assert_eq!(bench.on_server(item).await["is_deleted"], true);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn activities_are_made_changed_and_deleted() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    let lead = bench.account.inbox().iter().next().map(|(.., id)| *id).unwrap();
    let people: Vec<PersonId> = bench.account.people().iter().map(|key| key.id).take(3).collect();
    let [first, second, third] = people[..] else { panic!("too few people") };
    let time = chrono::NaiveTime::from_hms_opt(9, 30, 0);
    let due = Due { date: "2026-12-01".parse().unwrap(), time };
    let new = NewActivity {
        deal: Some(deal.id),
        person: Some(first),
        due: Some(due),
        minutes: Some(75),
        location: Some("Narva mnt 7".into()),
        note: Some("Bring the offer".into()),
        ..call("Made here")
    };
    let item = bench.made(Edit::CreateActivity { id: ActivityId::local(1), new }).await;
    let ItemRef::Activity(id) = item else { panic!("{item:?}") };
    let there = bench.on_server(item).await;
    assert_eq!((&there["due_time"], &there["duration"]), (&json!("09:30:00"), &json!("01:15:00")));
    assert_eq!((&there["person_id"], &there["location"]["value"]), (&json!(first.0), &json!("Narva mnt 7")));
    let shown = bench.account.activity(id).unwrap();
    assert_eq!((shown.minutes, shown.location.as_deref(), shown.due), (Some(75), Some("Narva mnt 7"), Some(due)));
    assert!(bench.account.activities_of(ItemRef::Deal(deal.id)).any(|activity| activity.id == id));

    // Somebody invites another person, who stays when the one whom it is with changes.
    let both = json!([{"person_id": first.0, "primary": true}, {"person_id": second.0, "primary": false}]);
    bench.send("PATCH", &path(item), &json!({"participants": both})).await;
    let patch = ActivityPatch {
        subject: Some("Changed".into()),
        kind: Some("meeting".into()),
        owner: Some(UserId(2)),
        deal: Some(None),
        lead: Some(Some(lead)),
        person: Some(Some(third)),
        due: Some(Some(Due { time: None, ..due })),
        note: Some(None),
        minutes: Some(None),
        location: Some(None),
        ..ActivityPatch::default()
    };
    let before = bench.shown(item);
    bench.edit_of(Edit::UpdateActivity { id, patch }, &before).await.unwrap();
    let there = bench.on_server(item).await;
    for (key, value) in [
        ("subject", json!("Changed")),
        ("type", json!("meeting")),
        ("owner_id", json!(2)),
        ("deal_id", Value::Null),
        ("lead_id", json!(lead.to_string())),
        ("person_id", json!(third.0)),
        ("due_date", json!("2026-12-01")),
        ("due_time", Value::Null),
        ("duration", Value::Null),
        ("location", Value::Null),
        ("note", json!("")),
    ] {
        assert_eq!(there[key], value, "{key}: {there}");
    }
    let taking_part: Vec<&Value> =
        there["participants"].as_array().unwrap().iter().map(|one| &one["person_id"]).collect();
    assert_eq!(taking_part, [&json!(third.0), &json!(second.0)]);

    bench.edit(Edit::Delete { item }).await.unwrap();
    assert_eq!(bench.on_server(item).await["is_deleted"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_owners_and_labels_of_deals_and_leads_change() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    let person = bench.account.people().iter().map(|key| key.id).find(|id| Some(*id) != deal.person).unwrap();
    let label = bench.account.labels().map(|label| label.id).min().unwrap();
    let patch = DealPatch {
        person: Some(Some(person)),
        org: Some(None),
        owner: Some(UserId(2)),
        labels: Some(vec![label]),
        ..DealPatch::default()
    };
    let item = ItemRef::Deal(deal.id);
    bench.edit_of(Edit::UpdateDeal { id: deal.id, patch }, &Item::Deal(deal.clone())).await.unwrap();
    let there = bench.on_server(item).await;
    assert_eq!((&there["person_id"], &there["org_id"]), (&json!(person.0), &Value::Null));
    assert_eq!((&there["owner_id"], &there["label_ids"]), (&json!(2), &json!([label.0])));

    let id = bench.account.inbox().iter().next().map(|(.., id)| *id).unwrap();
    let lead = bench.account.lead(id).unwrap().clone();
    let label = bench.account.lead_labels().map(|label| label.id).min().unwrap();
    let patch = LeadPatch {
        person: Some(Some(person)),
        org: Some(None),
        owner: Some(UserId(2)),
        labels: Some(vec![label]),
        ..LeadPatch::default()
    };
    bench.edit_of(Edit::UpdateLead { id, patch }, &Item::Lead(lead)).await.unwrap();
    let there = bench.on_server(ItemRef::Lead(id)).await;
    assert_eq!((&there["person_id"], &there["organization_id"]), (&json!(person.0), &Value::Null));
    assert_eq!((&there["owner_id"], &there["label_ids"]), (&json!(2), &json!([label.to_string()])));

    for item in [item, ItemRef::Lead(id)] {
        bench.edit(Edit::Delete { item }).await.unwrap();
    }
    assert_eq!(bench.on_server(item).await["status"], "deleted");
    assert_eq!(bench.on_server(ItemRef::Lead(id)).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_field_changed_by_another_is_a_conflict_and_another_field_merges() {
    let mut bench = Bench::start().await;
    let person = bench.account.people().iter().next().unwrap().id;
    let org = bench.account.orgs().iter().next().unwrap().id;
    let activity = bench.account.agenda().iter().next().unwrap().id;
    let text = |text: &str| Some(text.to_owned());
    let update = |item: ItemRef, mine: &str| match item {
        ItemRef::Person(id) => {
            Edit::UpdatePerson { id, patch: PersonPatch { name: text(mine), ..PersonPatch::default() } }
        }
        ItemRef::Org(id) => Edit::UpdateOrg { id, patch: OrgPatch { name: text(mine), ..OrgPatch::default() } },
        ItemRef::Activity(id) => {
            Edit::UpdateActivity { id, patch: ActivityPatch { subject: text(mine), ..ActivityPatch::default() } }
        }
        _ => unreachable!(),
    };
    for (item, key) in
        [(ItemRef::Person(person), "name"), (ItemRef::Org(org), "name"), (ItemRef::Activity(activity), "subject")]
    {
        let before = bench.shown(item);
        bench.send("PATCH", &path(item), &json!({key: "Theirs", "owner_id": 2})).await;
        let failure = bench.edit_of(update(item, "Mine"), &before).await.unwrap_err();
        let EditError::Conflict(clash) = failure.error else { panic!("{failure:?}") };
        assert_eq!(clash.theirs, update(item, "Theirs"));
        bench.account.absorb(failure.changes);
        // The other field has changed since, which is no conflict.
        let before = bench.shown(item);
        bench.send("PATCH", &path(item), &json!({"owner_id": 3})).await;
        bench.edit_of(update(item, "Mine"), &before).await.unwrap();
        let there = bench.on_server(item).await;
        assert_eq!((&there[key], &there["owner_id"]), (&json!("Mine"), &json!(3)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_make_no_person_organization_or_activity_twice() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    for (nth, kind) in ["drop_before", "drop_after", "malformed"].into_iter().enumerate() {
        for path in ["/api/v2/activities", "/api/v2/persons", "/api/v2/organizations"] {
            let fault = json!({"kind": kind, "times": 1, "method": "POST", "path": path});
            bench.send("POST", "/sandbox/faults", &fault).await;
        }
        let n = u32::try_from(nth).unwrap();
        let name = format!("Once {kind}");
        let org = format!("Org of {kind}");
        let new = new_person(&name, Some(Link::New(org.clone())));
        let person = bench.made(Edit::CreatePerson { id: PersonId::local(n), new }).await;
        let ItemRef::Person(id) = person else { panic!("{person:?}") };
        let at = bench.account.person(id).unwrap().org.unwrap();
        assert_eq!(bench.on_server(ItemRef::Org(at)).await["name"], org.as_str());
        let new = NewActivity { deal: Some(deal.id), person: Some(id), ..call(&name) };
        bench.made(Edit::CreateActivity { id: ActivityId::local(n), new }).await;
        let fault = json!({"kind": kind, "times": 1, "method": "POST", "path": "/api/v2/organizations"});
        bench.send("POST", "/sandbox/faults", &fault).await;
        bench.made(Edit::CreateOrg { id: OrgId::local(n), new: new_org(&name) }).await;

        assert_eq!(bench.count("/api/v2/persons?", "name", &name).await, 1, "{kind}");
        assert_eq!(bench.count("/api/v2/organizations?", "name", &name).await, 1, "{kind}");
        assert_eq!(bench.count("/api/v2/organizations?", "name", &org).await, 1, "{kind}");
        assert_eq!(bench.count("/api/v2/activities?", "subject", &name).await, 1, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_takes_effect_once_whatever_becomes_of_its_answers() {
    let mut bench = Bench::start().await;
    let orgs: Vec<OrgId> = bench.account.orgs().iter().take(4).map(|key| key.id).collect();
    for (org, kind) in orgs.iter().zip(["drop_before", "drop_after", "malformed"]) {
        let item = ItemRef::Org(*org);
        let fault = json!({"kind": kind, "times": 1, "method": "DELETE", "path": path(item)});
        bench.send("POST", "/sandbox/faults", &fault).await;
        bench.edit(Edit::Delete { item }).await.unwrap();
        assert_eq!(bench.on_server(item).await["is_deleted"], true, "{kind}");
    }
    // Somebody else was faster.
    let item = ItemRef::Org(orgs[3]);
    bench.send("DELETE", &path(item), &Value::Null).await;
    assert_eq!(bench.edit(Edit::Delete { item }).await.unwrap().changes, [ServerUpdate::Gone(item)]);
    // One that is refused shows the item again.
    let person = bench.account.people().iter().next().unwrap().id;
    let item = ItemRef::Person(person);
    let fault = json!({"kind": "status", "status": 403, "times": 1, "method": "DELETE", "path": path(item)});
    bench.send("POST", "/sandbox/faults", &fault).await;
    let failure = bench.edit(Edit::Delete { item }).await.unwrap_err();
    assert!(matches!(failure.error, EditError::Api(ApiError::Refused(_))), "{failure:?}");
    assert!(matches!(&failure.changes[..], [ServerUpdate::People(people)] if people[0].id == person), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_persons_organization_is_told_where_the_person_fails() {
    let mut bench = Bench::start().await;
    let fault = json!({"kind": "status", "status": 400, "times": 1, "method": "POST", "path": "/api/v2/persons"});
    bench.send("POST", "/sandbox/faults", &fault).await;
    let new = new_person("Half done", Some(Link::New("Made on the way".into())));
    let edit = Edit::CreatePerson { id: PersonId::local(1), new };
    let failure = bench.edit(edit.clone()).await.unwrap_err();
    let [ServerUpdate::Organizations(made)] = &failure.changes[..] else { panic!("{failure:?}") };
    assert_eq!(made[0].name, "Made on the way");
    // Done again, it uses what is there.
    let again = edit.with_contact(None, Some(made[0].id));
    assert_eq!(failure.edit.as_deref(), Some(&again));
    let person = bench.made(again).await;
    assert_eq!(bench.on_server(person).await["org_id"], made[0].id.0);
    assert_eq!(bench.count("/api/v2/organizations?", "name", "Made on the way").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_is_unmade_by_the_edit_that_takes_it_back() {
    let mut bench = Bench::start().await;
    let edit = Edit::CreateOrg { id: OrgId::local(1), new: new_org("Not for long") };
    let made = bench.made(edit.clone()).await;
    bench.edit(edit.inverse_of_creation(made).unwrap()).await.unwrap();
    assert_eq!(bench.on_server(made).await["is_deleted"], true);
    let lead = bench.account.inbox().iter().next().map(|(.., id)| *id).unwrap();
    let deal = bench.open_deal();
    let conversion = Edit::ConvertLead { id: lead, to: PipelineStage { pipeline: deal.pipeline, stage: deal.stage } };
    assert_eq!(conversion.inverse_of_creation(ItemRef::Deal(deal.id)), Some(Edit::ConvertDeal { id: deal.id }));
}
