//! What a person asks about, through the engine.

use dealdeck::domain::*;
use dealdeck::sync::{Command, Report};

use serde_json::json;

use super::Bench;

impl Bench {
    /// Asks something, and gives the report that answers it.
    pub async fn answer<T>(&mut self, command: Command, mut read: impl FnMut(&Report) -> Option<T>) -> T {
        self.commands.send(command).await.unwrap();
        let mut answer = None;
        self.until(|report| {
            answer = read(report);
            answer.is_some()
        })
        .await;
        answer.unwrap()
    }

    async fn filters(&mut self, kind: ItemKind) -> Vec<SavedFilter> {
        let read = |report: &Report| match report {
            Report::SavedFilters { filters, .. } => Some(filters.clone()),
            _ => None,
        };
        self.answer(Command::SavedFilters(kind), read).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn saved_filters_are_listed_and_say_what_they_let_through() {
    let mut bench = Bench::start().await;
    for (kind, name, path) in [
        (ItemKind::Deal, "Won", "/api/v2/deals?status=won&"),
        (ItemKind::Person, "My people", "/api/v2/persons?owner_id=1&"),
        (ItemKind::Org, "My organizations", "/api/v2/organizations?owner_id=1&"),
    ] {
        let filters = bench.filters(kind).await;
        let filter = filters.iter().find(|filter| filter.name == name).unwrap().id;
        let read = |report: &Report| match report {
            Report::FilterResult { passing, .. } => Some(passing.clone()),
            _ => None,
        };
        let passing = bench.answer(Command::RunFilter { kind, filter }, read).await.unwrap();
        assert!(passing.is_whole);
        let mut found: Vec<String> = passing.items.iter().map(|item| format!("{item:?}")).collect();
        let on_server = bench.list(path).await;
        assert_eq!(found.len(), on_server.len(), "{name}");
        found.dedup();
        assert_eq!(found.len(), on_server.len(), "{name}: each once");
        assert!(
            passing.items.iter().all(|item| item.kind() == Some(kind) && bench.account.shown(*item).is_some()),
            "{name}"
        );
    }
    let leads = bench.filters(ItemKind::Lead).await;
    let read = |report: &Report| match report {
        Report::FilterResult { passing, .. } => Some(passing.clone()),
        _ => None,
    };
    let unseen = bench.answer(Command::RunFilter { kind: ItemKind::Lead, filter: leads[0].id }, read).await.unwrap();
    let shown = |item: &ItemRef| bench.account.shown(*item);
    assert!(!unseen.items.is_empty());
    assert!(unseen.items.iter().filter_map(shown).all(|item| matches!(item, Item::Lead(lead) if !lead.seen)));
    // One that is not there is told as such.
    let gone = bench.answer(Command::RunFilter { kind: ItemKind::Deal, filter: FilterId(999) }, read).await;
    assert!(gone.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_no_list_is_found_by_the_search_and_read() {
    let mut bench = Bench::start().await;
    let deal = bench.send("POST", "/api/v2/deals", &json!({"title": "Buried treasure", "person_id": 1})).await;
    let id = DealId(deal["data"]["id"].as_u64().unwrap());
    bench.send("PATCH", &format!("/api/v2/deals/{id}"), &json!({"is_archived": true})).await;
    let kinds = vec![ItemKind::Deal, ItemKind::Person, ItemKind::Org, ItemKind::Lead];
    let read = |report: &Report| match report {
        Report::SearchResults { hits, .. } => Some(hits.clone()),
        _ => None,
    };
    let search = |text: &str| Command::Search { text: text.into(), kinds: kinds.clone() };
    let hits = bench.answer(search("buried treas"), read).await.unwrap();
    let [hit] = hits.as_slice() else { panic!("{hits:?}") };
    assert_eq!((hit.item, hit.name.as_str(), hit.archived), (ItemRef::Deal(id), "Buried treasure", true));
    assert!(hit.about.is_some(), "whom it is about tells it from others");
    assert!(bench.account.deal(id).is_none());
    let was_read = |report: &Report| match report {
        Report::ItemLoaded { outcome, .. } => Some(outcome.clone()),
        _ => None,
    };
    bench.answer(Command::LoadItem(hit.item), was_read).await.unwrap();
    assert!(bench.account.deal(id).is_some_and(|deal| deal.archived));
    assert!(bench.answer(Command::LoadItem(ItemRef::Deal(DealId(999_999))), was_read).await.is_err());

    let lead = bench.account.inbox().iter().next().unwrap().2;
    let title = bench.account.lead(lead).unwrap().title.clone();
    let hits = bench.answer(search(&title), read).await.unwrap();
    assert!(hits.iter().any(|hit| hit.item == ItemRef::Lead(lead)), "{hits:?}");
    let people = Command::Search { text: "an".into(), kinds: vec![ItemKind::Person] };
    let hits = bench.answer(people, read).await.unwrap();
    assert!(!hits.is_empty() && hits.iter().all(|hit| matches!(hit.item, ItemRef::Person(_))));
    // One letter is too few, and Pipedrive says so.
    assert!(bench.answer(search("x"), read).await.is_err());
}
