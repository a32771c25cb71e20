//! What the practice server delivers, against what its API says: heard is as good as asked for.

use std::collections::HashMap;

use dealdeck::domain::*;
use dealdeck::pipedrive::{Api, DealsQuery, Delivery, Endpoint, Lane, Payload, Token, connect};
use dealdeck::sandbox::{Options, Plan, Sandbox};
use dealdeck::webhooks::{self, Feed, Signal, WebhookService, WebhookSettings};
use reqwest::Url;

use crate::next;

const LANE: Lane = Lane::Screen;
/// How many of each kind are changed: among them is every kind of custom field.
const SOME: usize = 12;

struct Bench {
    _sandbox: Sandbox,
    api: Api,
    feed: Feed,
    open: WebhookService,
    me: UserId,
}

impl Bench {
    async fn new() -> Self {
        let sandbox = Sandbox::start(Options { plan: Plan::Enterprise, ..Options::default() }).await.unwrap();
        let token = Token::new(sandbox.token()).unwrap();
        let (api, _task) = connect(Endpoint::from_url(sandbox.url()).unwrap(), &token).unwrap();
        // The port of the listener stands in for 0.
        let public_url = Url::parse("http://127.0.0.1:0").unwrap();
        let settings = WebhookSettings { public_url, listen: "127.0.0.1:0".parse().unwrap() };
        let (mut feed, open) = webhooks::start(api.clone(), None, &settings).await.unwrap();
        assert_eq!(next(&mut feed.signals).await, Signal::Up { new: true });
        let me = api.me(LANE).await.unwrap().id;
        Self { _sandbox: sandbox, api, feed, open, me }
    }

    async fn heard(&mut self) -> Delivery {
        let Signal::Delivery(delivery) = next(&mut self.feed.signals).await else { panic!() };
        assert_eq!(delivery.by, Some(self.me));
        assert!(delivery.seen_by.as_ref().is_none_or(|users| users.contains(&self.me)));
        *delivery
    }

    /// What is heard of items that were changed: each as it is then, given how it was.
    async fn hears(&mut self, before: Vec<Item>, after: Vec<Item>) {
        let before: HashMap<ItemRef, Item> = before.into_iter().map(|item| (item.key(), item)).collect();
        let mut after: HashMap<ItemRef, Item> = after.into_iter().map(|item| (item.key(), item)).collect();
        assert!(!after.is_empty());
        while !after.is_empty() {
            let Payload::Item(told) = self.heard().await.payload else { panic!() };
            let key = told.key();
            let whole = told.merge_onto(before.get(&key)).expect("nothing is missing");
            assert_eq!(Some(whole), after.remove(&key));
        }
    }
}

#[tokio::test]
async fn what_is_heard_of_deals_is_what_the_api_says() {
    let mut bench = Bench::new().await;
    let mut deals = bench.api.deals(LANE, &DealsQuery::default()).all().await.unwrap();
    deals.sort_by_key(|deal| std::cmp::Reverse(deal.custom.len()));
    deals.truncate(SOME);
    let title = DealPatch { title: Some("Changed by a colleague".to_owned()), ..DealPatch::default() };
    let mut after = Vec::new();
    for deal in &deals {
        after.push(Item::Deal(bench.api.update_deal(deal.id, &title).await.unwrap()));
    }
    assert!(deals.iter().any(|deal| !deal.custom.is_empty()));
    bench.hears(deals.iter().cloned().map(Item::Deal).collect(), after).await;

    let id = deals[0].id;
    bench.api.delete(ItemRef::Deal(id)).await.unwrap();
    assert_eq!(bench.heard().await.payload, Payload::Deleted(ItemRef::Deal(id)));
    bench.open.close().await;
    assert_eq!(bench.api.webhooks(LANE).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_heard_of_people_and_organizations_is_what_the_api_says() {
    let mut bench = Bench::new().await;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for person in bench.api.people(LANE, None).all().await.unwrap().into_iter().take(SOME) {
        let patch = PersonPatch { name: Some(format!("{} II", person.name)), ..PersonPatch::default() };
        after.push(Item::Person(bench.api.update_person(person.id, &patch).await.unwrap()));
        before.push(Item::Person(person));
    }
    for org in bench.api.orgs(LANE, None).all().await.unwrap().into_iter().take(SOME) {
        let patch = OrgPatch { name: Some(format!("{} & Co", org.name)), ..OrgPatch::default() };
        after.push(Item::Org(bench.api.update_org(org.id, &patch).await.unwrap()));
        before.push(Item::Org(org));
    }
    bench.hears(before.clone(), after).await;
    for item in before.into_iter().step_by(SOME) {
        bench.api.delete(item.key()).await.unwrap();
        // What was linked to it is heard of as well, without the link.
        loop {
            match bench.heard().await.payload {
                Payload::Deleted(gone) => break assert_eq!(gone, item.key()),
                news => assert!(matches!(news, Payload::Item(_) | Payload::Unreadable(_)), "{news:?}"),
            }
        }
    }
}

#[tokio::test]
async fn what_is_heard_of_activities_is_what_the_api_says_and_their_notes_are_asked_for() {
    let mut bench = Bench::new().await;
    let activities = bench.api.activities(LANE, Some(false), None).all().await.unwrap();
    let mut after = Vec::new();
    for activity in activities.iter().take(SOME) {
        let patch = ActivityPatch { subject: Some("Moved".to_owned()), ..ActivityPatch::default() };
        after.push(Item::Activity(bench.api.update_activity(activity.id, &patch, Some(activity)).await.unwrap()));
    }
    bench.hears(activities.iter().cloned().map(Item::Activity).collect(), after).await;

    // One that was not changed in this second.
    let activity = activities[SOME].clone();
    let patch = ActivityPatch { note: Some(Some("Bring the offer".to_owned())), ..ActivityPatch::default() };
    bench.api.update_activity(activity.id, &patch, Some(&activity)).await.unwrap();
    let known = Item::Activity(activity);
    match bench.heard().await.payload {
        Payload::Unreadable(key) => assert_eq!(key, known.key()),
        Payload::Item(told) => assert_eq!(told.merge_onto(Some(&known)), None),
        news => panic!("{news:?}"),
    }
}
