//! Whatever is edited and whatever news come, the lists by name and what is linked to what are what a look at all items
//! would give.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use dealdeck::domain::*;
use dealdeck::workspace::{EditId, ServerUpdate, Workspace};
use proptest::prelude::*;

use crate::account::*;

#[derive(Debug, Clone)]
enum Step {
    News(ServerUpdate),
    Edit(Edit),
    /// The oldest edit under way ends, with what is shown of its item or as a failure.
    End(bool),
}

const IDS: std::ops::Range<u64> = 1..5;

fn some_person() -> impl Strategy<Value = Option<PersonId>> {
    proptest::option::of(IDS.prop_map(PersonId))
}

fn some_org() -> impl Strategy<Value = Option<OrgId>> {
    proptest::option::of(IDS.prop_map(OrgId))
}

fn any_name() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["Ann", "ann", "Bo  Smith", "Ülo", "İ", "", " x"]).prop_map(str::to_owned)
}

fn minute(minutes: i64) -> chrono::DateTime<chrono::Utc> {
    at("2026-11-24T10:00:00Z") + chrono::TimeDelta::minutes(minutes)
}

fn any_item() -> impl Strategy<Value = ItemRef> {
    prop_oneof![
        IDS.prop_map(|id| ItemRef::Deal(DealId(id))),
        IDS.prop_map(|id| ItemRef::Activity(ActivityId(id))),
        IDS.prop_map(|id| ItemRef::Person(PersonId(id))),
        IDS.prop_map(|id| ItemRef::Org(OrgId(id))),
        (1_u128..5).prop_map(|n| ItemRef::Lead(lead_id(n))),
    ]
}

fn any_news() -> impl Strategy<Value = ServerUpdate> {
    let statuses = vec![DealStatus::Open, DealStatus::Won, DealStatus::Other];
    prop_oneof![
        (IDS, some_person(), some_org(), proptest::sample::select(statuses), 0_i64..9).prop_map(
            |(id, person, org, status, minutes)| {
                let updated = Some(minute(minutes));
                ServerUpdate::Deals(vec![Deal { person, org, status, updated, ..deal(id, 1, money(1, "EUR")) }])
            }
        ),
        (IDS, any_name(), some_org(), 0_i64..9).prop_map(|(id, name, org, minutes)| ServerUpdate::People(vec![
            Person { name, org, updated: Some(minute(minutes)), ..Person::blank(PersonId(id)) }
        ])),
        (IDS, any_name(), 0_i64..9).prop_map(|(id, name, minutes)| ServerUpdate::Organizations(vec![Organization {
            name,
            updated: Some(minute(minutes)),
            ..Organization::blank(OrgId(id))
        }])),
        ((IDS, any::<bool>(), 1_u32..9), (some_person(), some_org()), proptest::option::of(IDS), some_person())
            .prop_map(|((id, done, on), (person, org), deal, guest)| {
                let due = format!("2026-11-{on:02}");
                let participants = person.into_iter().chain(guest).collect();
                let made = activity(id, Some((due.as_str(), None)), deal);
                ServerUpdate::Activities(vec![Activity { done, person, org, participants, ..made }])
            }),
        (1_u128..5, some_person(), some_org(), any::<bool>()).prop_map(|(n, person, org, archived)| {
            ServerUpdate::Leads(vec![Lead { person, org, archived, ..lead(n, true) }])
        }),
        any_item().prop_map(ServerUpdate::Gone),
    ]
}

fn any_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        any_item().prop_map(|item| Edit::Delete { item }),
        (IDS, proptest::option::of(any_name()), proptest::option::of(some_org())).prop_map(|(id, name, org)| {
            Edit::UpdatePerson { id: PersonId(id), patch: PersonPatch { name, org, ..PersonPatch::default() } }
        }),
        (IDS, any_name()).prop_map(|(id, name)| Edit::UpdateOrg {
            id: OrgId(id),
            patch: OrgPatch { name: Some(name), ..OrgPatch::default() }
        }),
        (IDS, some_person(), some_org()).prop_map(|(id, person, org)| Edit::UpdateDeal {
            id: DealId(id),
            patch: DealPatch { person: Some(person), org: Some(org), ..DealPatch::default() }
        }),
        (1_u128..5, some_person()).prop_map(|(n, person)| Edit::UpdateLead {
            id: lead_id(n),
            patch: LeadPatch { person: Some(person), ..LeadPatch::default() }
        }),
        (IDS, some_person(), proptest::option::of(IDS), any::<bool>()).prop_map(|(id, person, deal, done)| {
            let patch = ActivityPatch {
                done: Some(done),
                person: Some(person),
                deal: Some(deal.map(DealId)),
                ..ActivityPatch::default()
            };
            Edit::UpdateActivity { id: ActivityId(id), patch }
        }),
        (1_u32..9, some_org()).prop_map(|(n, org)| Edit::CreatePerson {
            id: PersonId::local(n),
            new: NewPerson { name: "New".into(), org: org.map(Link::Existing), ..NewPerson::default() },
        }),
        (1_u32..9, some_person()).prop_map(|(n, person)| Edit::CreateActivity {
            id: ActivityId::local(n),
            new: NewActivity { subject: "New".into(), kind: "call".into(), person, ..NewActivity::default() },
        }),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => any_news().prop_map(Step::News),
        4 => any_edit().prop_map(Step::Edit),
        2 => any::<bool>().prop_map(Step::End),
    ]
}

fn news_of(all: &Workspace, item: ItemRef) -> ServerUpdate {
    match all.shown(item) {
        None => ServerUpdate::Gone(item),
        Some(Item::Deal(deal)) => ServerUpdate::Deals(vec![deal]),
        Some(Item::Activity(activity)) => ServerUpdate::Activities(vec![activity]),
        Some(Item::Lead(lead)) => ServerUpdate::Leads(vec![lead]),
        Some(Item::Person(person)) => ServerUpdate::People(vec![person]),
        Some(Item::Org(org)) => ServerUpdate::Organizations(vec![org]),
        Some(Item::Note(note)) => ServerUpdate::Notes(vec![note]),
    }
}

/// All ids that may be in use.
fn every<Id>(of: impl Fn(u64) -> Id, local: impl Fn(u32) -> Id) -> Vec<Id> {
    IDS.map(of).chain((1..9).map(local)).collect()
}

fn check(all: &Workspace) -> Result<(), TestCaseError> {
    let people: Vec<Person> =
        every(PersonId, PersonId::local).into_iter().filter_map(|id| all.person(id).cloned()).collect();
    let orgs: Vec<Organization> = IDS.filter_map(|id| all.org(OrgId(id)).cloned()).collect();
    let by_name = |name: &str| name.trim().to_lowercase();
    let mut names: Vec<_> = people.iter().map(|person| (by_name(&person.name), person.id)).collect();
    names.sort();
    prop_assert_eq!(all.people().iter().map(|key| key.id).collect::<Vec<_>>(), ids(&names));
    for (rank, (_, id)) in names.iter().enumerate() {
        prop_assert_eq!(all.person_rank(*id), Some(rank));
    }
    let mut names: Vec<_> = orgs.iter().map(|org| (by_name(&org.name), org.id)).collect();
    names.sort();
    prop_assert_eq!(all.orgs().iter().map(|key| key.id).collect::<Vec<_>>(), ids(&names));
    for id in IDS.map(OrgId) {
        let mut staff: Vec<_> = people.iter().filter(|person| person.org == Some(id)).collect();
        staff.sort_by_key(|person| (by_name(&person.name), person.id));
        prop_assert_eq!(all.people_of(id).collect::<Vec<_>>(), staff);
    }

    let mut deals: BTreeMap<ItemRef, BTreeSet<Reverse<DealId>>> = BTreeMap::new();
    for deal in all.deals().filter(|deal| deal.status != DealStatus::Other) {
        for item in [deal.person.map(ItemRef::Person), deal.org.map(ItemRef::Org)].into_iter().flatten() {
            deals.entry(item).or_default().insert(Reverse(deal.id));
        }
    }
    let activities: Vec<&Activity> =
        every(ActivityId, ActivityId::local).into_iter().filter_map(|id| all.activity(id)).collect();
    let leads: Vec<&Lead> = (1..5).filter_map(|n| all.lead(lead_id(n))).filter(|lead| !lead.archived).collect();
    let items = IDS.flat_map(|id| {
        [ItemRef::Person(PersonId(id)), ItemRef::Org(OrgId(id)), ItemRef::Deal(DealId(id)), ItemRef::Lead(lead_id(1))]
    });
    for item in items {
        let linked: Vec<_> = all.deals_of(item).map(|deal| Reverse(deal.id)).collect();
        prop_assert_eq!(linked, deals.get(&item).into_iter().flatten().copied().collect::<Vec<_>>());
        let is_of = |activity: &&&Activity| match item {
            ItemRef::Person(id) => activity.person == Some(id) || activity.participants.contains(&id),
            ItemRef::Org(id) => activity.org == Some(id),
            ItemRef::Deal(id) => activity.deal == Some(id),
            ItemRef::Lead(id) => activity.lead == Some(id),
            ItemRef::Activity(_) | ItemRef::Note(_) => false,
        };
        let mut mine: Vec<&Activity> = activities.iter().filter(is_of).copied().collect();
        // Of those to be done the earliest first; those done, here all at the same time, by id.
        mine.sort_by_key(|one| (one.done, if one.done { None } else { one.due.map(|due| due.date) }, one.id));
        mine.sort_by_key(|one| if one.done { 2 } else { u8::from(one.due.is_none()) });
        let (shown_done, shown): (Vec<_>, Vec<_>) = all.activities_of(item).partition(|one| one.done);
        let (done, to_do): (Vec<_>, Vec<_>) = mine.into_iter().partition(|one| one.done);
        prop_assert_eq!(shown, to_do);
        prop_assert_eq!(sorted(shown_done), sorted(done));
        let mut of_leads: Vec<LeadId> = leads
            .iter()
            .filter(|lead| match item {
                ItemRef::Person(id) => lead.person == Some(id),
                ItemRef::Org(id) => lead.org == Some(id),
                _ => false,
            })
            .map(|lead| lead.id)
            .collect();
        of_leads.reverse();
        prop_assert_eq!(all.leads_of(item).map(|lead| lead.id).collect::<Vec<_>>(), of_leads);
    }
    Ok(())
}

fn ids<Id: Copy>(names: &[(String, Id)]) -> Vec<Id> {
    names.iter().map(|(_, id)| *id).collect()
}

fn sorted(activities: Vec<&Activity>) -> Vec<ActivityId> {
    let mut ids: Vec<ActivityId> = activities.into_iter().map(|activity| activity.id).collect();
    ids.sort();
    ids
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn lists_and_links_are_what_a_look_at_everything_gives(steps in proptest::collection::vec(any_step(), 1..60)) {
        let mut all = Workspace::new();
        all.absorb(changes());
        let mut under_way: Vec<(EditId, Edit)> = Vec::new();
        for step in steps {
            match step {
                Step::News(news) => {
                    all.absorb(vec![news]);
                }
                Step::Edit(edit) => {
                    let is_twice = edit.is_creation() && all.shown(edit.item()).is_some();
                    if !is_twice && let Ok(submitted) = all.submit(edit.clone()) {
                        under_way.push((submitted.id, edit));
                    }
                }
                Step::End(well) => if !under_way.is_empty() {
                    let (id, edit) = under_way.remove(0);
                    let news = if well && !edit.is_creation() { vec![news_of(&all, edit.item())] } else { Vec::new() };
                    all.settle(id, news, None);
                },
            }
            check(&all)?;
        }
        for (id, _) in under_way {
            all.settle(id, Vec::new(), None);
        }
        prop_assert_eq!(all.pending(), 0);
        check(&all)?;
    }
}
