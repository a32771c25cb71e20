//! Whatever is done to a cache, it holds the same as a plain map to which the same is done.

use std::collections::HashMap;

use dealdeck::domain::{ActivityId, Deal, DealId, ItemRef, OrgId, PersonId};
use dealdeck::store::{SWEPT, Store};
use dealdeck::workspace::ServerUpdate;
use proptest::prelude::*;

use crate::desk::{Contents, Desk, activity, archived, batch, deal, lead, lead_id, loaded, org, person, won};

/// What happens to a cache.
#[derive(Debug, Clone)]
enum Step {
    Put(Vec<ServerUpdate>, u64),
    Sweep(u64),
    Reopen,
    Rebuild,
}

fn some<T: std::fmt::Debug, S: Strategy<Value = T>>(item: S) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(item, 0..5)
}

fn change() -> impl Strategy<Value = ServerUpdate> {
    let id = 0_u64..8;
    let deals = some((id.clone(), any::<bool>(), ".{0,5}").prop_map(|(id, open, title)| {
        let deal = if open { deal(id) } else { won(id) };
        Deal { title, ..deal }
    }));
    let activities = some((id.clone(), any::<bool>()).prop_map(|(id, done)| activity(id, done)));
    let leads = || {
        some((0_u128..8, any::<bool>()).prop_map(|(id, is_archived)| if is_archived { archived(id) } else { lead(id) }))
    };
    let gone = prop_oneof![
        id.clone().prop_map(|id| ItemRef::Deal(DealId(id))),
        id.clone().prop_map(|id| ItemRef::Activity(ActivityId(id))),
        (0_u128..8).prop_map(|id| ItemRef::Lead(lead_id(id))),
        id.clone().prop_map(|id| ItemRef::Person(PersonId(id))),
        id.clone().prop_map(|id| ItemRef::Org(OrgId(id))),
    ];
    prop_oneof![
        deals.prop_map(ServerUpdate::Deals),
        activities.prop_map(ServerUpdate::Activities),
        leads().prop_map(ServerUpdate::Leads),
        leads().prop_map(ServerUpdate::AllLeads),
        some(id.clone().prop_map(person)).prop_map(ServerUpdate::People),
        some(id.prop_map(org)).prop_map(ServerUpdate::Organizations),
        gone.prop_map(ServerUpdate::Gone),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (some(change()), 0_u64..5).prop_map(|(changes, generation)| Step::Put(changes, generation)),
        3 => (0_u64..5).prop_map(Step::Sweep),
        1 => Just(Step::Reopen),
        1 => Just(Step::Rebuild),
    ]
}

/// What a cache should hold, with the generation of each item.
#[derive(Default)]
struct Model {
    contents: Contents,
    seen: HashMap<String, u64>,
}

impl Model {
    fn put(&mut self, change: &ServerUpdate, generation: u64) {
        let seen: Vec<String> = match change {
            ServerUpdate::Deals(list) => list.iter().map(|item| format!("deal {}", item.id)).collect(),
            ServerUpdate::Activities(list) => list.iter().map(|item| format!("activity {}", item.id)).collect(),
            ServerUpdate::People(list) => list.iter().map(|item| format!("person {}", item.id)).collect(),
            ServerUpdate::Organizations(list) => list.iter().map(|item| format!("org {}", item.id)).collect(),
            _ => Vec::new(),
        };
        self.seen.extend(seen.into_iter().map(|item| (item, generation)));
        let all = &mut self.contents;
        match change.clone() {
            ServerUpdate::Gone(ItemRef::Deal(id)) => drop(all.deals.remove(&id)),
            ServerUpdate::Gone(ItemRef::Activity(id)) => drop(all.activities.remove(&id)),
            ServerUpdate::Gone(ItemRef::Lead(id)) => drop(all.leads.remove(&id)),
            ServerUpdate::Gone(ItemRef::Person(id)) => drop(all.people.remove(&id)),
            ServerUpdate::Gone(ItemRef::Org(id)) => drop(all.organizations.remove(&id)),
            ServerUpdate::AllLeads(list) => {
                all.leads.retain(|_, lead| lead.archived);
                all.leads.extend(list.iter().map(|lead| (lead.id, lead.clone())));
            }
            other => {
                let new = Contents::of(vec![other]);
                all.deals.extend(new.deals);
                all.activities.extend(new.activities);
                all.leads.extend(new.leads);
                all.people.extend(new.people);
                all.organizations.extend(new.organizations);
            }
        }
    }

    fn sweep(&mut self, generation: u64) -> Vec<ItemRef> {
        let old = |item: String| self.seen[&item] < generation;
        let all = &mut self.contents;
        let deals: Vec<DealId> = all.deals.keys().copied().filter(|id| old(format!("deal {id}"))).collect();
        let to_do = all.activities.values().filter(|activity| !activity.done).map(|activity| activity.id);
        let activities: Vec<ActivityId> = to_do.filter(|id| old(format!("activity {id}"))).collect();
        all.deals.retain(|id, _| !deals.contains(id));
        all.activities.retain(|id, _| !activities.contains(id));
        let people: Vec<PersonId> = all.people.keys().copied().filter(|id| old(format!("person {id}"))).collect();
        let orgs: Vec<OrgId> = all.organizations.keys().copied().filter(|id| old(format!("org {id}"))).collect();
        all.people.retain(|id, _| !people.contains(id));
        all.organizations.retain(|id, _| !orgs.contains(id));
        let mut gone: Vec<ItemRef> = deals.into_iter().map(ItemRef::Deal).collect();
        gone.extend(activities.into_iter().map(ItemRef::Activity));
        gone.extend(people.into_iter().map(ItemRef::Person));
        gone.extend(orgs.into_iter().map(ItemRef::Org));
        gone.sort();
        gone
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_cache_holds_what_was_put_there(steps in prop::collection::vec(step(), 1..25), in_memory in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let desk = Desk::new();
            let mut store = if in_memory { Store::in_memory().unwrap() } else { desk.open().0 };
            let mut model = Model::default();
            for step in steps {
                match step {
                    Step::Put(changes, generation) => {
                        for change in &changes {
                            model.put(change, generation);
                        }
                        store.cache().put(batch(generation, changes)).await.unwrap();
                    }
                    Step::Sweep(generation) => {
                        let mut gone = store.cache().sweep(generation, SWEPT.to_vec()).await.unwrap();
                        gone.sort();
                        prop_assert_eq!(gone, model.sweep(generation));
                    }
                    Step::Reopen if !in_memory => {
                        store.close().await;
                        store = desk.open().0;
                    }
                    Step::Reopen => {}
                    Step::Rebuild => {
                        store.cache().rebuild().await.unwrap();
                        model = Model::default();
                    }
                }
                prop_assert_eq!(&Contents::of(loaded(&store).await), &model.contents);
            }
            Ok(())
        })?;
    }
}
