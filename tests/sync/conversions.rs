//! Deals that become leads again.

use dealdeck::domain::*;
use serde_json::json;

use super::Bench;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deal_becomes_a_lead_again_and_but_once_though_the_answer_is_lost() {
    let mut bench = Bench::start().await;
    for kind in [None, Some("drop_before"), Some("drop_after")] {
        let deal = bench.open_deal();
        let leads = bench.list("/api/v1/leads?").await.len();
        if let Some(kind) = kind {
            let path = format!("/api/v2/deals/{}/convert/lead", deal.id);
            bench.send("POST", "/sandbox/faults", &json!({"kind": kind, "times": 1, "path": path})).await;
        }
        let made = bench.insist(Edit::ConvertDeal { id: deal.id }).await;
        let Some(ItemRef::Lead(lead)) = made.created else { panic!("{made:?}") };
        assert_eq!(bench.get(&format!("/api/v1/leads/{lead}")).await["source_deal_id"], deal.id.0);
        assert_eq!(bench.list("/api/v1/leads?").await.len(), leads + 1, "{kind:?}");
        assert_eq!(bench.get(&format!("/api/v2/deals/{}", deal.id)).await["is_deleted"], true);
        bench.account.absorb(made.changes);
        assert!(bench.account.deal(deal.id).is_none());
        assert_eq!(bench.account.lead(lead).unwrap().title, deal.title);
    }
}
