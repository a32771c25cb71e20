//! Deliveries taken in: compared with what is known, kept on this machine, and told.

use std::collections::HashMap;

use super::WebhookChange;
use super::checkpoint::Generation;
use super::dedup::{EventOrder, EventVerdict};
use crate::domain::{DealStatus, Item, ItemRef, UserId};
use crate::pipedrive::{Api, ApiError, Delivery, Lane};
use crate::store::{Batch, Cache};
use crate::workspace::ServerUpdate;

/// What came of deliveries.
#[derive(Debug, Default)]
pub(super) struct Ingested {
    /// What is to be told.
    pub(super) heard: Vec<WebhookChange>,
    /// The items of which Pipedrive has to be asked, and who has changed them.
    pub(super) unclear: Vec<(ItemRef, Option<UserId>)>,
    /// Whether the users are to be read again.
    pub(super) users: bool,
    /// The items that were heard of.
    pub(super) items: Vec<ItemRef>,
}

/// Takes deliveries in.
pub(super) struct Ingest {
    cache: Cache,
    generation: Generation,
    order: EventOrder,
}

impl Ingest {
    pub(super) fn new(cache: Cache, generation: Generation) -> Self {
        Self { cache, generation, order: EventOrder::default() }
    }

    /// Takes in what was delivered.
    pub(super) async fn take(&mut self, deliveries: Vec<Delivery>) -> Ingested {
        let mut taken = Ingested {
            items: deliveries.iter().filter_map(|delivery| delivery.payload.item()).collect(),
            ..Ingested::default()
        };
        let Some(mut known) = self.known(taken.items.clone(), &mut taken, &deliveries).await else { return taken };
        for delivery in deliveries {
            let by = delivery.by;
            let item = delivery.payload.item().and_then(|key| known.get(&key));
            let change = match self.order.hear(delivery, item) {
                EventVerdict::Nothing => continue,
                // Where another process keeps the account, what it has kept was not told here.
                EventVerdict::Known(_) if self.cache.is_ours() => continue,
                EventVerdict::Users => {
                    taken.users = true;
                    continue;
                }
                EventVerdict::Ask(key) => {
                    taken.unclear.push((key, by));
                    continue;
                }
                EventVerdict::Gone(key) => {
                    known.remove(&key);
                    ServerUpdate::Gone(key)
                }
                EventVerdict::Item(item) | EventVerdict::Known(item) => {
                    known.insert(item.key(), (*item).clone());
                    ServerUpdate::from(*item)
                }
            };
            taken.heard.push(WebhookChange { by, change });
        }
        let changes = taken.heard.iter().map(|heard| heard.change.clone()).collect();
        keep(&self.cache, &self.generation, changes).await;
        taken
    }

    /// Looks again at what was heard of while the API answered something, which may have come in its place: what is
    /// right is told again.
    pub(super) async fn look_again(&mut self, items: Vec<ItemRef>) -> Ingested {
        let mut taken = Ingested::default();
        let Some(known) = self.known(items.clone(), &mut taken, &[]).await else { return taken };
        for key in items {
            let item = known.get(&key);
            if self.order.is_in_doubt(key, item) {
                taken.unclear.push((key, None));
            } else if let Some(item) = item {
                taken.heard.push(WebhookChange { by: None, change: ServerUpdate::from(item.clone()) });
            }
        }
        taken
    }

    /// What is known of these items. Where that cannot be read all of them are unclear.
    async fn known(
        &self,
        items: Vec<ItemRef>,
        taken: &mut Ingested,
        deliveries: &[Delivery],
    ) -> Option<HashMap<ItemRef, Item>> {
        if items.is_empty() {
            return Some(HashMap::new());
        }
        match self.cache.items(items).await {
            Ok(changes) => {
                Some(changes.into_iter().flat_map(ServerUpdate::into_items).map(|item| (item.key(), item)).collect())
            }
            Err(error) => {
                tracing::warn!(%error, "what is known of items cannot be read");
                taken.unclear = deliveries.iter().filter_map(|one| Some((one.payload.item()?, one.by))).collect();
                None
            }
        }
    }
}

/// Keeps on this machine what was heard. What cannot be kept is shown all the same, and the next look at what has changed
/// brings it again.
pub(super) async fn keep(cache: &Cache, generation: &Generation, changes: Vec<ServerUpdate>) {
    if changes.is_empty() {
        return;
    }
    if let Err(error) = cache.put(Batch { changes, generation: generation.now(), notes: None }).await {
        tracing::warn!(%error, "what webhooks have told is not kept");
    }
}

/// Asks Pipedrive how items are. Those that are no longer there, or on no board, are gone.
pub(super) async fn ask(api: &Api, items: &[(ItemRef, Option<UserId>)]) -> Result<Vec<WebhookChange>, ApiError> {
    let (mut deals, mut activities, mut people, mut orgs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (item, _) in items {
        match item {
            ItemRef::Deal(id) => deals.push(*id),
            ItemRef::Activity(id) => activities.push(*id),
            ItemRef::Person(id) => people.push(*id),
            ItemRef::Org(id) => orgs.push(*id),
            // Leads are polled, and notes are read with what they are on.
            ItemRef::Lead(_) | ItemRef::Note(_) => {}
        }
    }
    let lane = Lane::Poll;
    let (deals, activities, people, orgs) = tokio::try_join!(
        api.deals_by_id(lane, &deals),
        api.activities_by_id(lane, &activities),
        api.people_by_id(lane, &people),
        api.orgs_by_id(lane, &orgs),
    )?;
    let there = (deals.into_iter().filter(|deal| deal.status != DealStatus::Other && !deal.archived).map(Item::Deal))
        .chain(activities.into_iter().map(Item::Activity))
        .chain(people.into_iter().map(Item::Person))
        .chain(orgs.into_iter().map(Item::Org));
    let mut there: HashMap<ItemRef, Item> = there.map(|item| (item.key(), item)).collect();
    let told = items.iter().filter(|(key, _)| !matches!(key, ItemRef::Lead(_) | ItemRef::Note(_)));
    let heard = told.map(|(key, by)| {
        let change = there.remove(key).map_or(ServerUpdate::Gone(*key), ServerUpdate::from);
        WebhookChange { by: *by, change }
    });
    Ok(heard.collect())
}
