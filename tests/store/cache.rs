//! The cache: what is put there comes back, in the order in which it is wanted.

use std::collections::HashMap;

use dealdeck::domain::{
    Activity, ActivityId, Deal, DealId, DealStatus, Edit, ItemRef, Label, LabelColor, LabelId, Lead, LeadPatch, Me,
    OrgId, PersonId, User, UserId,
};
use dealdeck::store::{Batch, Counts, SWEPT, Store, StoreError};
use dealdeck::workspace::ServerUpdate;

use crate::desk::{Contents, Desk, activity, archived, batch, deal, edit, lead, lead_id, loaded, org, person, won};

#[tokio::test]
async fn notes_and_front_survive_reopening() {
    let desk = Desk::new();
    let (store, restored) = desk.open();
    assert_eq!((restored.front, restored.notes, restored.generation), (None, None, 0));
    let changes = vec![ServerUpdate::Deals(vec![deal(1), won(2)]), ServerUpdate::People(vec![person(3)])];
    let notes = |text: &str| Batch { changes: changes.clone(), generation: 4, notes: Some(text.into()) };
    store.cache().put(notes("first")).await.unwrap();
    store.cache().put(notes("{\"a\":1}")).await.unwrap();
    store.cache().put(batch(3, vec![])).await.unwrap();
    store.cache().put_snapshot("[0]".into(), Vec::new()).await.unwrap();
    store.cache().put_snapshot("[1]".into(), Vec::new()).await.unwrap();
    store.close().await;
    let (store, restored) = desk.open();
    assert_eq!(restored.front.as_deref(), Some("[1]"));
    assert_eq!(restored.notes.as_deref(), Some("{\"a\":1}"), "a batch without notes leaves them");
    assert_eq!((restored.generation, restored.warnings), (4, vec![]));
    assert_eq!(Contents::of(loaded(&store).await), Contents::of(changes));
}

#[tokio::test]
async fn what_the_front_is_about_comes_as_it_is_now_and_not_as_it_was_then() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    store.cache().put(batch(1, vec![ServerUpdate::Deals(vec![deal(1), deal(2), deal(3)])])).await.unwrap();
    let items = [1, 2].map(|id| ItemRef::Deal(DealId(id))).to_vec();
    store.cache().put_snapshot("front".into(), items).await.unwrap();
    let changed = Deal { title: "Changed since".into(), ..deal(1) };
    let gone = ServerUpdate::Gone(ItemRef::Deal(DealId(2)));
    store.cache().put(batch(1, vec![ServerUpdate::Deals(vec![changed.clone()]), gone])).await.unwrap();
    store.close().await;
    let (_store, restored) = desk.open();
    assert_eq!(Contents::of(restored.items), Contents::of(vec![ServerUpdate::Deals(vec![changed])]));
}

#[tokio::test]
async fn lists_replace_each_other_whole() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let user = |id| User { id: UserId(id), name: format!("User {id}"), active: true, email: None, phone: None };
    let me = Me {
        id: UserId(7),
        name: "Mari".into(),
        currency: dealdeck::domain::Currency::new("EUR"),
        timezone: "Europe/Tallinn".parse().unwrap(),
        company: "Acme".into(),
        domain: "acme".into(),
    };
    let first = vec![ServerUpdate::Me(me.clone()), ServerUpdate::AllUsers(vec![user(1), user(2)])];
    store.cache().put(batch(1, first)).await.unwrap();
    let empty = vec![
        ServerUpdate::AllUsers(vec![user(3)]),
        ServerUpdate::AllPipelines(vec![]),
        ServerUpdate::AllStages(vec![]),
        ServerUpdate::AllLabels(vec![]),
        ServerUpdate::AllPersonLabels(vec![Label { id: LabelId(1), name: "P".into(), color: LabelColor::Red }]),
        ServerUpdate::AllOrgLabels(vec![]),
        ServerUpdate::AllLeadLabels(vec![]),
        ServerUpdate::AllFields(vec![]),
        ServerUpdate::AllActivityTypes(vec![]),
    ];
    store.cache().put(batch(1, empty.clone())).await.unwrap();
    let all = loaded(&store).await;
    assert_eq!(all.len(), 10);
    for list in empty.iter().chain([&ServerUpdate::Me(me)]) {
        assert!(all.contains(list), "{list:?}");
    }
}

#[tokio::test]
async fn what_was_read_before_an_edit_does_not_take_the_place_of_its_answer() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let time = |text: &str| text.parse().ok();
    let at = |text: &str, title: &str| {
        vec![
            ServerUpdate::Deals(vec![Deal { updated: time(text), title: title.into(), ..deal(1) }]),
            ServerUpdate::Activities(vec![Activity {
                updated: time(text),
                subject: title.into(),
                ..activity(2, false)
            }]),
            ServerUpdate::Leads(vec![Lead { updated: time(text), title: title.into(), ..lead(3) }]),
        ]
    };
    let mut kept = Vec::new();
    for (text, title, is_taken) in [
        ("2026-11-24T10:00:01Z", "read", true),
        ("2026-11-24T10:00:05.5Z", "answer", true),
        ("2026-11-24T10:00:05Z", "read before", false),
        ("", "no time", true),
        ("2026-11-24T10:00:01Z", "an old time", true),
        ("2026-11-24T10:00:01Z", "the same time", true),
    ] {
        store.cache().put(batch(1, at(text, title))).await.unwrap();
        if is_taken {
            kept = at(text, title);
        }
        assert_eq!(Contents::of(loaded(&store).await), Contents::of(kept.clone()), "{title}");
    }
    // What makes no sense is no reason to refuse what does.
    store.close().await;
    desk.sql("cache.db", "UPDATE deal SET body = '{'");
    let (store, _) = desk.open();
    store.cache().put(batch(1, kept.clone())).await.unwrap();
    assert_eq!(Contents::of(loaded(&store).await), Contents::of(kept));
}

#[tokio::test]
async fn what_is_seen_first_is_loaded_first() {
    const MANY: u64 = 1_203;
    let desk = Desk::new();
    let (store, _) = desk.open();
    let deals = (0..MANY).map(|id| if id % 3 == 0 { won(id) } else { deal(id) }).collect();
    let activities = (0..MANY).map(|id| activity(id, id % 2 == 0)).collect();
    let changes = vec![
        ServerUpdate::Deals(deals),
        ServerUpdate::Activities(activities),
        ServerUpdate::Leads((0..u128::from(MANY)).map(lead).collect()),
        ServerUpdate::Organizations((0..MANY).map(org).collect()),
        ServerUpdate::People((0..MANY).map(person).collect()),
        ServerUpdate::AllUsers(vec![]),
    ];
    store.cache().put(batch(1, changes.clone())).await.unwrap();

    let mut pieces = store.cache().load();
    let mut order = Vec::new();
    let (mut all, mut open_deals) = (Vec::new(), Vec::new());
    while let Some(piece) = pieces.recv().await {
        for change in piece.unwrap() {
            let (name, count) = match &change {
                ServerUpdate::Activities(list) if list[0].done => ("done", list.len()),
                ServerUpdate::Activities(list) => ("to do", list.len()),
                ServerUpdate::People(list) => ("people", list.len()),
                ServerUpdate::Organizations(list) => ("organizations", list.len()),
                ServerUpdate::Deals(list) if list[0].status == DealStatus::Open => {
                    open_deals.extend(list.iter().map(|deal| deal.id.0));
                    ("open deals", list.len())
                }
                ServerUpdate::Deals(list) => ("other deals", list.len()),
                ServerUpdate::Leads(list) => ("leads", list.len()),
                _ => ("lists", 1),
            };
            assert!((1..=500).contains(&count), "{name}: {count}");
            if order.last() != Some(&name) {
                order.push(name);
            }
            all.push(change);
        }
    }
    let expected = ["lists", "to do", "people", "organizations", "open deals", "leads", "other deals", "done"];
    assert_eq!(order, expected);
    assert!(open_deals.is_sorted_by(|a, b| a > b));
    assert_eq!(Contents::of(all), Contents::of(changes));
    let many = usize::try_from(MANY).unwrap();
    let counts = Counts { deals: many, activities: many, leads: many, people: many, organizations: many };
    assert_eq!(store.cache().len().await, Ok(counts));
}

#[tokio::test]
async fn exactly_full_pieces_are_neither_lost_nor_repeated() {
    for store in [Store::in_memory().unwrap(), Desk::new().open().0] {
        let changes = vec![ServerUpdate::Deals((0..1000).map(deal).collect())];
        store.cache().put(batch(1, changes.clone())).await.unwrap();
        let all = loaded(&store).await;
        assert_eq!(all.len(), 2);
        assert_eq!(Contents::of(all), Contents::of(changes));
    }
}

#[tokio::test]
async fn loading_does_not_hold_up_writing_and_ends_with_its_receiver() {
    for store in [Store::in_memory().unwrap(), Desk::new().open().0] {
        let changes = vec![ServerUpdate::Deals((0..10_000).map(deal).collect())];
        store.cache().put(batch(1, changes)).await.unwrap();
        let mut pieces = store.cache().load();
        assert!(pieces.recv().await.unwrap().is_ok());
        // More pieces wait than the channel holds.
        store.cache().put(batch(1, vec![ServerUpdate::Deals(vec![won(20_000)])])).await.unwrap();
        assert_eq!(store.cache().len().await.unwrap().deals, 10_001);
        drop(pieces);
        store.close().await;
    }
}

#[tokio::test]
async fn a_list_of_all_leads_removes_the_others_of_the_inbox() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let before = vec![ServerUpdate::Leads(vec![lead(1), lead(2), lead(3), archived(4)])];
    store.cache().put(batch(1, before)).await.unwrap();
    let mut seen = lead(2);
    seen.seen = true;
    store.cache().put(batch(1, vec![ServerUpdate::AllLeads(vec![seen.clone(), lead(5)])])).await.unwrap();
    let leads = Contents::of(loaded(&store).await).leads;
    assert_eq!(leads, HashMap::from([seen, lead(5), archived(4)].map(|lead| (lead.id, lead))));
    store.cache().put(batch(1, vec![ServerUpdate::AllLeads(vec![])])).await.unwrap();
    assert_eq!(Contents::of(loaded(&store).await).leads.len(), 1);
}

#[tokio::test]
async fn a_sweep_removes_what_was_not_seen_again() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let mut old = deal(3);
    old.archived = true;
    let before = vec![
        ServerUpdate::Deals(vec![deal(1), won(2), old, deal(4)]),
        ServerUpdate::Activities(vec![activity(1, false), activity(2, true), activity(3, false)]),
        ServerUpdate::People(vec![person(1), person(2)]),
        ServerUpdate::Organizations(vec![org(1), org(2)]),
        ServerUpdate::Leads(vec![lead(1), archived(2)]),
    ];
    store.cache().put(batch(1, before)).await.unwrap();
    let again = vec![
        ServerUpdate::Deals(vec![deal(4)]),
        ServerUpdate::Activities(vec![activity(3, false)]),
        ServerUpdate::People(vec![person(2)]),
        ServerUpdate::Organizations(vec![org(2)]),
    ];
    store.cache().put(batch(2, again)).await.unwrap();
    let mut gone = store.cache().sweep(2, SWEPT.to_vec()).await.unwrap();
    gone.sort();
    let deals = [1, 2, 3].map(|id| ItemRef::Deal(DealId(id)));
    let others = [ItemRef::Activity(ActivityId(1)), ItemRef::Person(PersonId(1)), ItemRef::Org(OrgId(1))];
    assert_eq!(gone, [deals.as_slice(), &others].concat());
    let counts = Counts { deals: 1, activities: 2, leads: 2, people: 1, organizations: 1 };
    assert_eq!(store.cache().len().await, Ok(counts));
    assert_eq!(store.cache().sweep(2, SWEPT.to_vec()).await, Ok(vec![]));
}

#[tokio::test]
async fn items_of_waiting_edits_are_there_at_once() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let changes = vec![ServerUpdate::Deals((0..10).map(deal).collect()), ServerUpdate::Leads(vec![lead(1), lead(2)])];
    store.cache().put(batch(1, changes)).await.unwrap();
    let mut of_lead = edit(3, 0);
    of_lead.edit = Edit::UpdateLead { id: lead_id(2), patch: LeadPatch::default() };
    let edits = vec![edit(0, 4), edit(1, 4), edit(2, 777), of_lead];
    store.journal().add(edits, vec![]).await.unwrap();
    store.close().await;
    let (_, restored) = desk.open();
    assert_eq!(restored.items, [ServerUpdate::Deals(vec![deal(4)]), ServerUpdate::Leads(vec![lead(2)])]);
}

#[tokio::test]
async fn ids_that_sqlite_cannot_count_to_are_kept_too() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let changes = vec![ServerUpdate::Deals(vec![deal(u64::MAX), deal(1 << 63), deal((1 << 63) - 1), deal(0)])];
    store.cache().put(batch(u64::MAX, changes.clone())).await.unwrap();
    assert_eq!(Contents::of(loaded(&store).await), Contents::of(changes));
    assert_eq!(store.cache().sweep(u64::MAX, SWEPT.to_vec()).await, Ok(vec![]));
    store.cache().put(batch(1, vec![ServerUpdate::Gone(ItemRef::Deal(DealId(u64::MAX)))])).await.unwrap();
    assert_eq!(store.cache().len().await.unwrap().deals, 3);
}

#[tokio::test]
async fn rows_that_make_no_sense_are_left_out_and_everything_is_read_again() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let changes = vec![
        ServerUpdate::Deals((0..5).map(deal).collect()),
        ServerUpdate::Leads(vec![lead(1), lead(2)]),
        ServerUpdate::AllUsers(vec![]),
        ServerUpdate::AllStages(vec![]),
    ];
    let notes = Some("notes".to_owned());
    store.cache().put(Batch { changes, generation: 1, notes: notes.clone() }).await.unwrap();
    store.close().await;
    desk.sql(
        "cache.db",
        "UPDATE deal SET body = '{\"id\":' WHERE id = 1; UPDATE deal SET body = x'ff00' WHERE id = 2;
         UPDATE deal SET body = CAST(x'ff' AS TEXT) WHERE id = 3;
         UPDATE lead SET body = '[]' WHERE id LIKE '%2'; UPDATE list SET body = 'x' WHERE name = 'users';",
    );

    let (store, restored) = desk.open();
    assert_eq!(restored.notes, notes, "found only when it is loaded");
    let mut pieces = store.cache().load();
    let mut good = Vec::new();
    let mut error = None;
    while let Some(piece) = pieces.recv().await {
        assert_eq!(error, None, "an error is the last thing sent");
        match piece {
            Ok(piece) => good.extend(piece),
            Err(told) => error = Some(told),
        }
    }
    assert_eq!(error, Some(StoreError::Unreadable { path: desk.file("cache.db"), count: 5 }));
    let good = Contents::of(good);
    assert_eq!((good.deals.len(), good.leads.len(), good.lists.len()), (2, 1, 1));
    store.cache().put(Batch { notes: notes.clone(), ..batch(2, vec![]) }).await.unwrap();
    store.close().await;

    let (store, restored) = desk.open();
    assert_eq!(restored.notes, None, "until everything has been read");
    assert_eq!(Contents::of(loaded(&store).await).deals.len(), 2, "and the rows are not found again");
    store.cache().put(Batch { notes: notes.clone(), ..batch(2, vec![]) }).await.unwrap();
    store.cache().sweep(2, SWEPT.to_vec()).await.unwrap();
    store.close().await;
    assert_eq!(desk.open().1.notes, notes);
}

#[tokio::test]
async fn an_item_of_an_edit_that_makes_no_sense_has_everything_read_again() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let changes = vec![ServerUpdate::Deals(vec![deal(1), deal(2)])];
    store.cache().put(Batch { changes, generation: 1, notes: Some("notes".into()) }).await.unwrap();
    store.journal().add(vec![edit(0, 1), edit(1, 2)], vec![]).await.unwrap();
    store.close().await;
    desk.sql("cache.db", "UPDATE deal SET body = '{}' WHERE id = 1");
    let (_, restored) = desk.open();
    assert_eq!((restored.items, restored.notes), (vec![ServerUpdate::Deals(vec![deal(2)])], None));
}

#[tokio::test]
async fn a_field_that_is_new_does_not_cost_the_cache() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    store.cache().put(batch(1, vec![ServerUpdate::Deals(vec![deal(1)])])).await.unwrap();
    store.close().await;
    desk.sql("cache.db", "UPDATE deal SET body = json_insert(body, '$.from_the_future', 1)");
    let (store, _) = desk.open();
    assert_eq!(loaded(&store).await, [ServerUpdate::Deals(vec![deal(1)])]);
}

#[tokio::test]
async fn jobs_are_done_in_the_order_of_the_calls_whether_anybody_waits_or_not() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    // More than the queue holds, and none of them polled before all are there.
    let calls: Vec<_> = (0..3000).map(|n| store.cache().put_snapshot(n.to_string(), Vec::new())).collect();
    let last = tokio::spawn(async move {
        let mut last = Ok(());
        for call in calls {
            last = last.and(call.await);
        }
        last
    });
    assert_eq!(last.await.unwrap(), Ok(()));
    drop(store.cache().put_snapshot("unpolled".into(), Vec::new()));
    store.close().await;
    assert_eq!(desk.open().1.front.as_deref(), Some("unpolled"));
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let other = store.clone();
    store.close().await;
    other.close().await;
    assert_eq!(other.cache().put_snapshot(String::new(), Vec::new()).await, Err(StoreError::Closed));
    assert_eq!(other.journal().add(vec![edit(0, 1)], vec![]).await, Err(StoreError::Closed));
    assert_eq!(other.journal().history(1).await, Err(StoreError::Closed));
    assert_eq!(other.cache().rebuild().await, Err(StoreError::Closed));
}
