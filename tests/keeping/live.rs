//! What webhooks tell, where it is kept or may not be.

use std::sync::Arc;

use chrono::{SecondsFormat, TimeDelta, Utc};
use dealdeck::pipedrive::Delivery;
use dealdeck::webhooks::{Feed, Signal};
use tokio::sync::Notify;
use uuid::Uuid;

use super::*;

fn feed() -> (mpsc::Sender<Signal>, Feed) {
    let (send, signals) = mpsc::channel(64);
    (send, Feed { signals, doubt: Arc::new(Notify::new()) })
}

/// An engine with webhooks to hear, which need not be the only one.
fn listen(place: &Place, token: &Token, feed: Feed) -> (Run, Option<Durability>) {
    let (api, _task) = connect_with(Endpoint::from_url(place.sandbox.url()).unwrap(), token, MAX_DELAY).unwrap();
    let (commands, queue) = mpsc::channel(64);
    let (report, reports) = mpsc::channel(64);
    let (storage, restored) = Storage::open(CompanyDir::new(place.folder.path(), "practice"), token).unwrap();
    let engine = sync::start(api, storage, Settings::new(Duration::from_secs(300)), Some(feed), queue, report);
    let keeping = restored.map(|restored| restored.keeping);
    (Run { commands, reports, engine, account: Workspace::new(), restored: None, done: Vec::new(), next: 0 }, keeping)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_dashboard_hears_what_the_first_has_kept_already() {
    let place = Place::new(60).await;
    let token = Token::new(place.sandbox.token()).unwrap();
    let ((to_first, first_feed), (to_second, second_feed)) = (feed(), feed());
    let (mut first, _) = listen(&place, &token, first_feed);
    first.fresh().await;
    let (mut second, keeping) = listen(&place, &token, second_feed);
    assert!(matches!(keeping, Some(Durability::ReadOnly(_))), "{keeping:?}");
    second.fresh().await;

    let mut deal = place.get(&path(&first.open_deal())).await;
    let at = Utc::now() + TimeDelta::seconds(2);
    deal["title"] = json!("By a colleague");
    deal["update_time"] = json!(at.to_rfc3339_opts(SecondsFormat::Secs, true));
    let meta = json!({
        "action": "change", "entity": "deal", "entity_id": deal["id"].to_string(), "id": Uuid::new_v4(),
        "timestamp": at.to_rfc3339_opts(SecondsFormat::Millis, true), "user_id": "2", "version": "2.0",
    });
    let body = json!({"data": deal, "previous": {"title": "Old"}, "meta": meta}).to_string();
    let signal = Signal::Delivery(Box::new(Delivery::read(body.as_bytes()).unwrap()));
    for (to, run) in [(to_first, &mut first), (to_second, &mut second)] {
        to.send(signal.clone()).await.unwrap();
        run.until(|report| matches!(report, Report::WebhookChanges(_))).await;
    }
}
