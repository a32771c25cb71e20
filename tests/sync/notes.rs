//! Notes, and what else there is to know of an item, through the engine.

use dealdeck::domain::*;
use dealdeck::sync::{Command, EditError, Report};
use dealdeck::workspace::EditId;
use serde_json::{Value, json};

use super::{Bench, edit_command};

fn written(on: ItemRef, text: &str) -> Edit {
    Edit::CreateNote { id: NoteId::local(1), on, content: text_to_html(text) }
}

fn rewritten(id: NoteId, text: &str) -> Edit {
    Edit::UpdateNote { id, patch: NotePatch { content: Some(text_to_html(text)) } }
}

impl Bench {
    /// Has all told that there is to know of an item.
    async fn look(&mut self, item: ItemRef) {
        let changed = self.account.shown_update(item);
        let read = |report: &Report| match report {
            Report::DetailsLoaded { outcome, .. } => Some(outcome.clone()),
            _ => None,
        };
        self.answer(Command::LoadDetails { item, changed, anew: false }, read).await.unwrap();
    }

    async fn notes(&self, of: &str) -> Vec<Value> {
        let found = self.get(&format!("/api/v1/notes?{of}&limit=500")).await;
        found.as_array().cloned().unwrap_or_default()
    }

    /// How often the server was asked for a route.
    async fn asked_for(&self, route: &str) -> u64 {
        let stats = self.send("GET", "/sandbox/stats", &Value::Null).await;
        let by_path = stats["by_path"].as_object().unwrap();
        by_path.iter().filter(|(path, _)| path.contains(route)).map(|(_, count)| count.as_u64().unwrap()).sum()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_are_written_changed_and_deleted_on_all_that_has_notes() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    let lead = bench.account.inbox().iter().next().unwrap().2;
    let person = bench.account.people().iter().next().unwrap().id;
    let org = bench.account.orgs().iter().next().unwrap().id;
    for (on, key, value) in [
        (ItemRef::Deal(deal.id), "deal_id", json!(deal.id)),
        (ItemRef::Lead(lead), "lead_id", json!(lead)),
        (ItemRef::Person(person), "person_id", json!(person)),
        (ItemRef::Org(org), "org_id", json!(org)),
    ] {
        let made = bench.made(written(on, "Said:\n1 < 2 & \"so\"")).await;
        let on_server = bench.on_server(made).await;
        assert_eq!(
            (&on_server["content"], &on_server[key]),
            (&json!("Said:<br>1 &lt; 2 &amp; &quot;so&quot;"), &value)
        );
        let ItemRef::Note(id) = made else { panic!("{made:?}") };
        assert_eq!(bench.account.notes_of(on).next().unwrap().id, id);
        bench.edit(rewritten(id, "Other words")).await.unwrap();
        assert_eq!(bench.on_server(made).await["content"], "Other words");
        bench.edit(Edit::Delete { item: made }).await.unwrap();
        assert_eq!(bench.on_server(made).await, Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_whose_answer_gets_lost_is_written_once() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    let before = bench.notes(&format!("deal_id={}", deal.id)).await.len();
    for (kind, text) in [("drop_after", "Carried out"), ("drop_before", "Not carried out")] {
        bench
            .send(
                "POST",
                "/sandbox/faults",
                &json!({"kind": kind, "times": 1, "method": "POST", "path": "/api/v1/notes"}),
            )
            .await;
        bench.made(written(ItemRef::Deal(deal.id), text)).await;
    }
    let notes = bench.notes(&format!("deal_id={}", deal.id)).await;
    assert_eq!(notes.len(), before + 2, "{notes:?}");
    // The same words once more are another note.
    bench.made(written(ItemRef::Deal(deal.id), "Carried out")).await;
    assert_eq!(bench.notes(&format!("deal_id={}", deal.id)).await.len(), before + 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_that_somebody_has_changed_meanwhile_is_a_conflict() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    let made = bench.made(written(ItemRef::Deal(deal.id), "Mine")).await;
    let ItemRef::Note(id) = made else { panic!("{made:?}") };
    let before = bench.shown(made);
    bench.send("PUT", &format!("/api/v1/notes/{id}"), &json!({"content": "Theirs"})).await;
    let failure = bench.edit_of(rewritten(id, "Mine again"), &before).await.unwrap_err();
    let EditError::Conflict(clash) = failure.error else { panic!("{:?}", failure.error) };
    assert_eq!(clash.theirs, Edit::UpdateNote { id, patch: NotePatch { content: Some("Theirs".into()) } });
    assert_eq!(bench.on_server(made).await["content"], "Theirs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_there_is_to_know_of_a_deal_is_read_when_somebody_looks() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    let item = ItemRef::Deal(deal.id);
    assert!(bench.account.dossier(item).is_none(), "nobody has looked");
    bench.made(written(item, "Looked at")).await;
    let path = format!("/api/v2/deals/{}/products", deal.id);
    for (quantity, discount) in [(3, 10), (1, 0)] {
        let product =
            json!({"product_id": 1, "item_price": 19.99, "quantity": quantity, "discount": discount, "tax": 20});
        bench.send("POST", &path, &product).await;
    }
    bench
        .edit(Edit::UpdateDeal {
            id: deal.id,
            patch: DealPatch { title: Some("Another name".into()), ..DealPatch::default() },
        })
        .await
        .unwrap();
    let outcome = bench.done.last().unwrap().1.clone().unwrap();
    bench.account.absorb(outcome.changes);

    bench.look(item).await;
    let known = bench.account.dossier(item).unwrap();
    let added = &known.products[known.products.len() - 2..];
    assert_eq!(added[0].discount, Some(Discount::Percent("10".parse().unwrap())));
    assert_eq!(added[0].sum.amount, "64.77".parse().unwrap());
    assert_eq!((added[1].quantity, added[1].tax), ("1".parse().unwrap(), "20".parse().unwrap()));
    let changed = |happening: &TimelineEntry| match &happening.what {
        TimelineEvent::Changed { field, to, .. } => field == "title" && to.as_deref() == Some("Another name"),
        _ => false,
    };
    assert!(known.timeline.iter().any(changed), "{:?}", known.timeline);
    assert!(known.timeline.iter().any(|happening| happening.what == TimelineEvent::Note("Looked at".into())));
    assert!(known.timeline.windows(2).all(|pair| pair[0].at >= pair[1].at));
    assert!(bench.account.notes_of(item).any(|note| note.content == "Looked at"));

    // What was read a moment ago is believed.
    let asked = bench.asked_for("/flow").await;
    bench.look(item).await;
    assert_eq!(bench.asked_for("/flow").await, asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_item_does_not_have_is_not_asked_for() {
    let mut bench = Bench::start().await;
    let new = NewOrg { name: "Bare".into(), ..NewOrg::default() };
    let org = bench.made(Edit::CreateOrg { id: OrgId::local(1), new }).await;
    bench.look(org).await;
    assert_eq!(bench.asked_for("/notes").await, 0);
    assert!(bench.account.dossier(org).is_some_and(|known| known.products.is_empty()));
    // One that is gone is told as such.
    bench.edit(Edit::Delete { item: org }).await.unwrap();
    let read = |report: &Report| match report {
        Report::DetailsLoaded { outcome, .. } => Some(outcome.clone()),
        _ => None,
    };
    let gone = ItemRef::Org(OrgId(999_999));
    assert!(bench.answer(Command::LoadDetails { item: gone, changed: None, anew: false }, read).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_on_one_item_wait_for_each_other() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    for n in 0..4 {
        let on = ItemRef::Deal(deal.id);
        let edit = Edit::CreateNote { id: NoteId::local(n), on, content: "Said twice".into() };
        bench.commands.send(edit_command(EditId(3000 + u64::from(n)), edit)).await.unwrap();
    }
    let mut left = 4;
    bench
        .until(|report| {
            left -= u32::from(matches!(report, Report::EditDone { outcome: Ok(_), .. }));
            left == 0
        })
        .await;
    let same = |note: &&Value| note["content"] == "Said twice";
    assert_eq!(bench.notes(&format!("deal_id={}", deal.id)).await.iter().filter(same).count(), 4);
}
