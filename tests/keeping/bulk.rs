//! Bulks over a restart, and where the disk does not take it that they are stopped.

use dealdeck::domain::*;
use dealdeck::sync::{JournalEntry, Report};
use dealdeck::workspace::EditId;
use serde_json::json;

use super::{Command, EditState, Place, Run, path, titled, valued};

fn kept(id: u64, edit: Edit, base: Option<Edit>, part_of: Option<u64>) -> JournalEntry {
    JournalEntry {
        id: EditId(id),
        made_at: chrono::Utc::now(),
        what: format!("edit {id}"),
        edit,
        base,
        part_of: part_of.map(EditId),
        step: None,
        state: EditState::Waiting,
        ended_at: None,
    }
}

fn call(id: u64, part_of: Option<u64>) -> JournalEntry {
    let new = NewActivity { subject: format!("Call {id}"), kind: "call".into(), ..NewActivity::default() };
    kept(id, Edit::CreateActivity { id: ActivityId::local(u32::try_from(id).unwrap()), new }, None, part_of)
}

impl Run {
    async fn until_done(&mut self, count: usize) -> Vec<u64> {
        while self.done.len() < count {
            self.until(|report| matches!(report, Report::EditDone { .. })).await;
        }
        self.done.iter().map(|(id, _)| id.0).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_by_hand_is_ahead_of_those_of_a_bulk_also_after_a_restart() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let down = json!({"kind": "status", "status": 503, "path": "/api/v2/activities"});
    place.fault(&down).await;
    run.commands.send(Command::Bulk((1..=20).map(|id| call(id, Some(1))).collect())).await.unwrap();
    run.until(|report| matches!(report, Report::AllQueued(_))).await;
    run.commands.send(Command::Edit { kept: Box::new(call(21, None)), replaces: None }).await.unwrap();
    run.until(|report| matches!(report, Report::Queued(_))).await;
    run.kill().await;

    place.heal().await;
    let mut run = place.start().await;
    let order = run.until_done(21).await;
    let at = order.iter().position(|id| *id == 21).unwrap();
    assert!(at <= 1, "behind at most the one that was begun: {order:?}");
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_keep_their_order_where_the_disk_does_not_take_it_that_they_are_stopped() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let deal = run.open_deal();
    place.fault(&json!({"kind": "latency", "millis": 500, "path": path(&deal), "method": "PATCH"})).await;
    let closed = DealPatch { expected_close: Some("2027-03-04".parse().ok()), ..DealPatch::default() };
    let edits = [titled(&deal, "Under way"), valued(&deal, 1_000)];
    for (id, edit) in (1..).zip(edits) {
        let kept = Box::new(kept(id, edit.clone(), edit.inverse(&Item::Deal(deal.clone())), None));
        run.commands.send(Command::Edit { kept, replaces: None }).await.unwrap();
    }
    let edit = Edit::UpdateDeal { id: deal.id, patch: closed };
    let base = edit.inverse(&Item::Deal(deal.clone()));
    run.commands.send(Command::Bulk(vec![kept(3, edit, base, Some(3))])).await.unwrap();
    run.until(|report| matches!(report, Report::Queued(EditId(3)))).await;
    place.meddle(
        "edits.db",
        "CREATE TRIGGER full BEFORE UPDATE ON edit WHEN NEW.state = 'discarded' BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    run.commands.send(Command::CancelBulk(EditId(3))).await.unwrap();
    run.until(|report| matches!(report, Report::Warning(_))).await;
    assert_eq!(run.until_done(3).await, [1, 2, 3]);
    assert!(run.done.iter().all(|(_, outcome)| outcome.is_ok()), "{:?}", run.done);
    run.end().await;
}
