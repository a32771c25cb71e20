//! Lists that follow their query: after any change they are what looking at everything gives.

use std::collections::BTreeMap;

use dealdeck::domain::*;
use dealdeck::workspace::{Column, EditId, Totals};
use dealdeck::workspace::{
    Conditions, LabelRef, LiveList, OwnerFilter, Query, QueryTime, RowGroup, RowId, Scope, ServerUpdate, SortKey,
    SortOrder, ValueRange, Workspace,
};
use proptest::prelude::*;

use crate::account::*;

const FACETS: [Column; 23] = [
    Column::Title,
    Column::Value,
    Column::Weighted,
    Column::Stage,
    Column::Pipeline,
    Column::Status,
    Column::Probability,
    Column::Person,
    Column::Org,
    Column::Owner,
    Column::ExpectedClose,
    Column::NextActivity,
    Column::Labels,
    Column::StageAge,
    Column::Added,
    Column::Updated,
    Column::LostReason,
    Column::Phone,
    Column::Email,
    Column::Address,
    Column::OpenDeals,
    Column::People,
    Column::Source,
];

/// Something that happens to the account.
#[derive(Debug, Clone)]
enum Step {
    News(ServerUpdate),
    Edit(Edit),
    /// The oldest edit fails, or is answered with the item as it is shown.
    Answer(bool),
}

const WORDS: [&str; 5] = ["Ada", "Engines", "deal renewal", "Łódź", ""];

fn word() -> impl Strategy<Value = String> {
    proptest::sample::select(&WORDS[..]).prop_map(str::to_owned)
}

fn any_deal() -> impl Strategy<Value = Deal> {
    let links = (proptest::option::of(1_u64..4), proptest::option::of(1_u64..4), proptest::option::of(1_u64..3));
    let status = proptest::sample::select(vec![DealStatus::Open, DealStatus::Open, DealStatus::Won, DealStatus::Other]);
    let labels = proptest::collection::vec((1_u64..3).prop_map(LabelId), 0..2);
    let dates = (proptest::option::of(20_u32..29), 10_u32..25, any::<bool>());
    (
        1_u64..8,
        proptest::sample::select(vec![1_u64, 2, 3, 11, 12, 99]),
        -5_i64..50,
        links,
        status,
        labels,
        dates,
        word(),
    )
        .prop_map(
            |(id, stage, amount, (person, org, owner), status, labels, (close, touched, archived), title)| Deal {
                title,
                person: person.map(PersonId),
                org: org.map(OrgId),
                owner: owner.map(UserId),
                status,
                labels,
                expected_close: close.map(|close| day(&format!("2026-11-{close}"))),
                updated: Some(at(&format!("2026-11-{touched}T08:00:00Z"))),
                archived: archived && id == 7,
                ..deal(id, stage, money(amount, if id % 2 == 0 { "EUR" } else { "USD" }))
            },
        )
}

fn any_activity() -> impl Strategy<Value = Activity> {
    let due = proptest::option::of(18_u32..29);
    let links = (proptest::option::of(1_u64..8), proptest::option::of(1_u64..4), proptest::option::of(1_u128..4));
    (1_u64..6, due, links, any::<bool>(), word()).prop_map(|(id, due, (deal, person, lead), done, subject)| {
        let due = due.map(|due| format!("2026-11-{due}"));
        Activity {
            subject,
            done,
            person: person.map(PersonId),
            participants: person.map(PersonId).into_iter().collect(),
            lead: lead.map(lead_id),
            ..activity(id, due.as_deref().map(|due| (due, None)), deal)
        }
    })
}

fn any_person() -> impl Strategy<Value = Person> {
    (1_u64..4, proptest::option::of(1_u64..4), proptest::option::of(1_u64..3), word()).prop_map(
        |(id, org, owner, name)| Person {
            name,
            org: org.map(OrgId),
            owner: owner.map(UserId),
            ..Person::blank(PersonId(id))
        },
    )
}

fn any_lead() -> impl Strategy<Value = Lead> {
    (1_u128..4, any::<bool>(), proptest::option::of(1_u64..4), proptest::option::of(0_i64..9), word()).prop_map(
        |(n, seen, person, value, title)| Lead {
            archived: seen && value.is_none(),
            title,
            person: person.map(PersonId),
            value: value.map(|value| money(value, "EUR")),
            ..lead(n, seen)
        },
    )
}

fn any_item() -> impl Strategy<Value = ItemRef> {
    prop_oneof![
        (1_u64..8).prop_map(|id| ItemRef::Deal(DealId(id))),
        (1_u64..6).prop_map(|id| ItemRef::Activity(ActivityId(id))),
        (1_u64..4).prop_map(|id| ItemRef::Person(PersonId(id))),
        (1_u64..4).prop_map(|id| ItemRef::Org(OrgId(id))),
        (1_u128..4).prop_map(|n| ItemRef::Lead(lead_id(n))),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let org = (1_u64..4, word()).prop_map(|(id, name)| Organization { name, ..Organization::blank(OrgId(id)) });
    let users = word().prop_map(|name| {
        let user = |id, name: &str| User { id: UserId(id), name: name.into(), active: true, email: None, phone: None };
        ServerUpdate::AllUsers(vec![user(1, "Mari Tamm"), user(2, &name)])
    });
    let news = prop_oneof![
        6 => any_deal().prop_map(|deal| ServerUpdate::Deals(vec![deal])),
        4 => any_activity().prop_map(|one| ServerUpdate::Activities(vec![one])),
        3 => any_person().prop_map(|person| ServerUpdate::People(vec![person])),
        2 => org.prop_map(|org| ServerUpdate::Organizations(vec![org])),
        2 => any_lead().prop_map(|lead| ServerUpdate::Leads(vec![lead])),
        1 => proptest::collection::vec(any_lead(), 0..3).prop_map(ServerUpdate::AllLeads),
        2 => any_item().prop_map(ServerUpdate::Gone),
        1 => users,
        1 => (1_u64..4).prop_map(|most| ServerUpdate::AllStages((1..=most).map(|id| stage(id, "Stage", 50)).collect())),
    ];
    let patch = (proptest::option::of(word()), proptest::option::of(1_u64..3), any::<bool>()).prop_map(
        |(title, owner, wins)| DealPatch {
            title,
            owner: owner.map(UserId),
            status: wins.then_some(StatusChange::Win),
            ..DealPatch::default()
        },
    );
    let rename = |name| PersonPatch { name: Some(name), ..PersonPatch::default() };
    let edit = prop_oneof![
        (1_u64..8, patch).prop_map(|(id, patch)| Edit::UpdateDeal { id: DealId(id), patch }),
        (1_u64..4, word()).prop_map(move |(id, name)| Edit::UpdatePerson { id: PersonId(id), patch: rename(name) }),
        any_item().prop_map(|item| Edit::Delete { item }),
    ];
    prop_oneof![6 => news.prop_map(Step::News), 3 => edit.prop_map(Step::Edit), 2 => any::<bool>().prop_map(Step::Answer)]
}

fn any_conditions() -> impl Strategy<Value = Conditions> {
    let text = prop_oneof![3 => Just(String::new()), 1 => proptest::sample::select(vec!["a", "ada", "eng deal", "łódź"]).prop_map(str::to_owned)];
    let whose = proptest::option::of(proptest::sample::select(vec![OwnerFilter::Mine, OwnerFilter::Of(UserId(2))]));
    let value = (proptest::option::of(0_i64..20), proptest::option::of(20_i64..40))
        .prop_map(|(from, to)| ValueRange { from: from.map(Into::into), to: to.map(Into::into) });
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let narrow = (proptest::option::of(1_u64..3), proptest::option::of(1_u64..3));
    (text, whose, value, flags, narrow, 0_u8..4).prop_map(
        |(text, whose, value, (rotting, nothing_next, overdue), (label, pipeline), some)| Conditions {
            text,
            whose: whose.filter(|_| some == 1),
            value: if some == 2 { value } else { ValueRange::default() },
            labels: label.filter(|_| some == 3).map(LabelId).map(LabelRef::Deal).into_iter().collect(),
            pipeline: pipeline.filter(|_| some == 3).map(PipelineId),
            rotting: rotting && some == 0,
            nothing_next: nothing_next && some == 0,
            overdue: overdue && some == 1,
            ..Conditions::default()
        },
    )
}

fn any_query() -> impl Strategy<Value = Query> {
    let scope = proptest::sample::select(vec![
        Scope::Board(PipelineId(1), DealStatus::Open),
        Scope::Board(PipelineId(1), DealStatus::Won),
        Scope::Deals(DealStatus::Open),
        Scope::Activities,
        Scope::Leads,
        Scope::Archive,
        Scope::People,
        Scope::Orgs,
        Scope::Users,
    ]);
    let order = (proptest::sample::select(&FACETS[..]), any::<bool>());
    (scope, any_conditions(), proptest::option::of(order)).prop_map(|(scope, conditions, order)| Query {
        scope,
        conditions,
        order: order.map(|(by, descending)| SortOrder { by, descending }),
    })
}

fn groups() -> impl Iterator<Item = RowGroup> {
    (0..100).map(|id| Some(StageId(id))).chain([None])
}

fn all(live: &LiveList) -> BTreeMap<RowGroup, Vec<(SortKey, RowId)>> {
    groups().filter_map(|group| Some((group, live.found(group)?.iter().cloned().collect()))).collect()
}

/// What the deals of each group add up to, where there are any.
fn sums(live: &LiveList) -> Vec<(RowGroup, Totals)> {
    let sums = groups().filter_map(|group| Some((group, live.totals(group)?.clone())));
    sums.filter(|(_, totals)| totals.count() > 0).collect()
}

fn carry_out(step: Step, account: &mut Workspace, under_way: &mut Vec<(EditId, ItemRef)>) {
    match step {
        Step::News(change) => drop(account.absorb(vec![change])),
        Step::Edit(edit) => {
            let item = edit.item();
            under_way.extend(account.submit(edit).map(|submitted| (submitted.id, item)).ok());
        }
        Step::Answer(well) => {
            if under_way.is_empty() {
                return;
            }
            let (id, item) = under_way.remove(0);
            let change = account.shown(item).filter(|_| well).map(|item| match item {
                Item::Deal(deal) => ServerUpdate::Deals(vec![deal]),
                Item::Activity(activity) => ServerUpdate::Activities(vec![activity]),
                Item::Lead(lead) => ServerUpdate::Leads(vec![lead]),
                Item::Person(person) => ServerUpdate::People(vec![person]),
                Item::Org(org) => ServerUpdate::Organizations(vec![org]),
                Item::Note(note) => ServerUpdate::Notes(vec![note]),
            });
            account.settle(id, change.into_iter().collect(), None);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_list_that_follows_is_the_one_that_looking_at_everything_gives(
        queries in proptest::collection::vec(any_query(), 1..5),
        steps in proptest::collection::vec((any_step(), 0_i64..4, 0_usize..4), 1..60),
    ) {
        let mut account = Workspace::new();
        account.absorb(changes());
        let (mut now, zone) = (now().0, chrono_tz::Europe::Tallinn);
        let mut asked = queries;
        let mut lives: Vec<LiveList> =
            asked.iter().map(|query| LiveList::new(query.clone(), &account, QueryTime::at(now, zone))).collect();
        let mut under_way = Vec::new();
        for (step, hours, narrowed) in steps {
            carry_out(step, &mut account, &mut under_way);
            // Now and then the next day comes, or more is typed.
            now += chrono::TimeDelta::hours(hours * hours);
            if let Some(query) = asked.get_mut(narrowed) {
                query.conditions.text.push('a');
            }
            let clock = QueryTime::at(now, zone);
            for (live, query) in lives.iter_mut().zip(&asked) {
                live.update(query.clone(), &account, clock);
                let whole = LiveList::new(query.clone(), &account, clock);
                prop_assert_eq!(all(live), all(&whole), "{:?}", query);
                prop_assert_eq!(live.len(), whole.len());
                prop_assert_eq!(sums(live), sums(&whole), "{:?}", query);
                for rows in all(live).values() {
                    for (nth, (_, row)) in rows.iter().enumerate() {
                        prop_assert_eq!(live.rank(*row).map(|(_, rank)| rank), Some(nth));
                    }
                }
            }
        }
    }
}
