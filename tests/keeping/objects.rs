//! People, organizations and activities over a restart: creations and deletions that were cut off are carried out once,
//! and what was changed is still there.

use dealdeck::domain::*;
use dealdeck::sync::{EditOutcome, JournalEntry, Report};
use dealdeck::workspace::EditId;
use serde_json::{Value, json};

use super::{Command, EditState, Place, Run};

impl Run {
    pub(super) async fn hand(&mut self, edit: Edit, base: Option<Edit>) -> EditId {
        self.next += 1;
        let kept = JournalEntry {
            id: EditId(self.next),
            made_at: chrono::Utc::now(),
            what: String::new(),
            edit,
            base,
            part_of: None,
            step: None,
            state: EditState::Waiting,
            ended_at: None,
        };
        let id = kept.id;
        self.commands.send(Command::Edit { kept: Box::new(kept), replaces: None }).await.unwrap();
        id
    }

    async fn apply_edit(&mut self, edit: Edit) -> EditOutcome {
        let base = self.account.shown(edit.item()).and_then(|before| edit.inverse(&before));
        let wanted = self.hand(edit, base).await;
        self.until(|report| matches!(report, Report::EditDone { id, .. } if *id == wanted)).await;
        let outcome = self.done.pop().unwrap().1.unwrap();
        self.account.absorb(outcome.changes.clone());
        outcome
    }
}

fn creations() -> [(Edit, &'static str, &'static str); 3] {
    let text = "Made over a restart";
    let person = NewPerson { name: text.into(), ..NewPerson::default() };
    let call = NewActivity { subject: text.into(), kind: "call".into(), ..NewActivity::default() };
    let org = NewOrg { name: text.into(), ..NewOrg::default() };
    [
        (Edit::CreatePerson { id: PersonId::local(1), new: person }, "/api/v2/persons", "name"),
        (Edit::CreateActivity { id: ActivityId::local(2), new: call }, "/api/v2/activities", "subject"),
        (Edit::CreateOrg { id: OrgId::local(3), new: org }, "/api/v2/organizations", "name"),
    ]
}

async fn made(place: &Place, path: &str, key: &str) -> usize {
    let list = place.get(&format!("{path}?sort_by=id&sort_direction=desc&limit=100")).await;
    list.as_array().unwrap().iter().filter(|item| item[key] == "Made over a restart").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_that_was_cut_off_is_made_once() {
    for (edit, path, key) in creations() {
        let place = Place::new(60).await;
        let mut run = place.start().await;
        run.fresh().await;
        // It is made, and the answer does not come before the process ends.
        place.fault(&json!({"kind": "drop_after", "times": 1, "path": path, "method": "POST"})).await;
        run.hand(edit.clone(), None).await;
        while place.answered(&format!("POST {path}")).await == 0 {
            tokio::task::yield_now().await;
        }
        run.kill().await;
        place.heal().await;

        let mut run = place.start().await;
        let restored = run.restored.as_ref().unwrap().edits.clone();
        if !restored.is_empty() {
            run.until(|report| matches!(report, Report::EditDone { .. })).await;
            assert!(run.done[0].1.is_ok(), "{path}: {:?}", run.done);
        }
        assert_eq!(made(&place, path, key).await, 1, "{path}");
        run.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_waits_for_the_next_run_and_what_is_deleted_stays_so() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let person = run.account.people().iter().next().unwrap().id;
    let item = ItemRef::Person(person);
    let path = format!("/api/v2/persons/{person}");
    place.fault(&json!({"kind": "latency", "millis": 60_000, "path": path})).await;
    let id = run.hand(Edit::Delete { item }, None).await;
    run.until(|report| matches!(report, Report::Queued(queued) if *queued == id)).await;
    run.kill().await;
    place.heal().await;

    let mut run = place.start().await;
    let kept = run.restored.as_ref().unwrap().edits[0].clone();
    assert_eq!(kept.edit, Edit::Delete { item });
    run.account.restore(kept.id, kept.edit);
    run.until(|report| matches!(report, Report::EditDone { .. })).await;
    let (_, outcome) = run.done.pop().unwrap();
    run.account.settle(kept.id, outcome.unwrap().changes, None);
    assert_eq!(place.get(&path).await["is_deleted"], true);
    assert!(run.account.person(person).is_none());
    run.end().await;
    let mut run = place.start().await;
    run.loaded().await;
    assert!(run.account.person(person).is_none(), "nor is it kept");
    assert!(run.account.people().len() > 1);
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_is_kept() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let person = run.account.people().iter().next().unwrap().id;
    let org = run.account.orgs().iter().next().unwrap().id;
    let patch = PersonPatch { name: Some("Changed".into()), org: Some(Some(org)), ..PersonPatch::default() };
    run.apply_edit(Edit::UpdatePerson { id: person, patch }).await;
    let patch = OrgPatch { name: Some("Changed too".into()), ..OrgPatch::default() };
    run.apply_edit(Edit::UpdateOrg { id: org, patch }).await;
    assert_eq!(place.get(&format!("/api/v2/persons/{person}")).await["name"], Value::from("Changed"));
    run.end().await;
    let mut run = place.start().await;
    run.loaded().await;
    assert_eq!(run.account.person(person).unwrap().name, "Changed");
    assert!(run.account.people_of(org).any(|other| other.id == person));
    assert_eq!(run.account.org(org).unwrap().name, "Changed too");
    run.end().await;
}
