//! What a person asks about, through the engine.

use dealdeck::domain::*;
use dealdeck::sync::{Command, Report};

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
            Report::Filtered { passing, .. } => Some(passing.clone()),
            _ => None,
        };
        let passing = bench.answer(Command::RunFilter { kind, filter }, read).await.unwrap();
        assert!(passing.is_whole);
        let mut found: Vec<String> = passing.items.iter().map(|item| format!("{item:?}")).collect();
        let on_server = bench.list(path).await;
        assert_eq!(found.len(), on_server.len(), "{name}");
        found.dedup();
        assert_eq!(found.len(), on_server.len(), "{name}: each once");
        assert!(passing.items.iter().all(|item| item.kind() == kind && bench.account.shown(*item).is_some()), "{name}");
    }
    let leads = bench.filters(ItemKind::Lead).await;
    let read = |report: &Report| match report {
        Report::Filtered { passing, .. } => Some(passing.clone()),
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
