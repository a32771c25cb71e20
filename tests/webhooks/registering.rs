//! Registrations against the practice server: each exactly once, and nobody else's touched.

use std::collections::BTreeSet;

use dealdeck::domain::{DealId, ItemRef};
use dealdeck::pipedrive::{
    Api, ApiError, Endpoint, Lane, Payload, RegisteredWebhook, Token, WebhookRegistration, WebhookSecret, connect,
};
use dealdeck::sandbox::{Options, Plan, Sandbox};
use dealdeck::store::CompanyDir;
use dealdeck::webhooks::{self, Identity, Registrar, Signal, WebhookSettings};
use reqwest::Url;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::next;

/// Nobody is there: what is delivered does not matter here.
const URL: &str = "https://hooks.invalid/dealdeck/";

struct Bench {
    sandbox: Sandbox,
    api: Api,
    http: reqwest::Client,
    data: TempDir,
}

impl Bench {
    async fn new() -> Self {
        let sandbox = Sandbox::start(Options { plan: Plan::Enterprise, ..Options::default() }).await.unwrap();
        let token = Token::new(sandbox.token()).unwrap();
        let (api, _task) = connect(Endpoint::from_url(sandbox.url()).unwrap(), &token).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, api, http, data: tempfile::tempdir().unwrap() }
    }

    fn home(&self) -> CompanyDir {
        CompanyDir::new(self.data.path(), "acme")
    }

    /// One that comes from the disk, as at each start.
    fn registrar_at(&self, url: &str) -> Registrar {
        let identity = Identity::of(&self.home()).unwrap();
        Registrar::new(self.api.clone(), identity, &Url::parse(url).unwrap())
    }

    fn registrar(&self) -> Registrar {
        self.registrar_at(URL)
    }

    async fn hooks(&self) -> Vec<RegisteredWebhook> {
        self.api.webhooks(Lane::Screen).await.unwrap()
    }

    async fn ids(&self) -> BTreeSet<u64> {
        self.hooks().await.iter().map(|hook| hook.id).collect()
    }

    async fn fault(&self, fault: Value) {
        let url = format!("{}/sandbox/faults", self.sandbox.url());
        let answer = self.http.post(url).header("x-api-token", self.sandbox.token()).json(&fault).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Somebody else's.
    async fn add(&self, name: &str) -> RegisteredWebhook {
        let other = WebhookRegistration {
            name: name.to_owned(),
            url: "https://elsewhere.invalid/".to_owned(),
            object: "deal",
            user: "them",
            password: WebhookSecret::new("theirs"),
        };
        self.api.add_webhook(Lane::Screen, &other).await.unwrap()
    }
}

#[tokio::test]
async fn each_is_registered_once_and_found_again() {
    let bench = Bench::new().await;
    let mut registrar = bench.registrar();
    assert!(registrar.ensure().await.unwrap(), "newly made");
    let identity = Identity::of(&bench.home()).unwrap();
    let hooks = bench.hooks().await;
    let objects: BTreeSet<&str> = hooks.iter().map(|hook| hook.object.as_str()).collect();
    assert_eq!(objects, BTreeSet::from(["deal", "person", "organization", "user", "activity"]));
    assert_eq!(hooks.len(), 5);
    let me = bench.api.me(Lane::Screen).await.unwrap().id;
    for hook in &hooks {
        assert_eq!(hook.name, format!("dealdeck {} {me} {}", identity.instance(), hook.object));
        assert_eq!(hook.url, format!("https://hooks.invalid/dealdeck/{}", identity.instance()));
        assert_eq!((hook.action.as_str(), hook.version.as_str(), hook.active), ("*", "2.0", true));
        assert_eq!(hook.password.as_ref(), Some(identity.password()));
    }
    let ids = bench.ids().await;
    assert!(!registrar.ensure().await.unwrap());
    // As after a crash.
    assert!(!bench.registrar().ensure().await.unwrap());
    assert_eq!(bench.ids().await, ids);

    // One of them is gone.
    let lost = *ids.first().unwrap();
    bench.api.remove_webhook(Lane::Screen, lost).await.unwrap();
    bench.api.remove_webhook(Lane::Screen, lost).await.unwrap();
    assert!(registrar.ensure().await.unwrap());
    assert_eq!(bench.hooks().await.len(), 5);

    // They are to come elsewhere.
    assert!(bench.registrar_at("https://new.invalid").ensure().await.unwrap());
    let hooks = bench.hooks().await;
    assert!(hooks.iter().all(|hook| hook.url == format!("https://new.invalid/{}", identity.instance())));
    assert_eq!(hooks.len(), 5);
}

#[tokio::test]
async fn nobody_elses_is_touched_and_of_the_own_none_too_many_is_left() {
    let bench = Bench::new().await;
    let mut registrar = bench.registrar();
    registrar.ensure().await.unwrap();
    let own = bench.ids().await;
    let prefix = format!("dealdeck {}", Identity::of(&bench.home()).unwrap().instance());
    let me = bench.api.me(Lane::Screen).await.unwrap().id;
    let mut others = BTreeSet::new();
    for name in [
        "dealdeck".to_owned(),
        prefix.clone(),
        format!("{prefix} {me}"),
        format!("{prefix} {me}9 deal"),
        format!("x{prefix} {me} deal"),
        format!("dealdeck {} {me} deal", uuid::Uuid::new_v4()),
    ] {
        others.insert(bench.add(&name).await.id);
    }
    // With the own name, and not as they should be: with another password, or for nothing that is listened for.
    let stale =
        [bench.add(&format!("{prefix} {me} deal")).await.id, bench.add(&format!("{prefix} {me} lead")).await.id];
    assert!(!registrar.ensure().await.unwrap());
    assert_eq!(bench.ids().await, &own | &others, "{stale:?} are gone");
    registrar.clear().await.unwrap();
    assert_eq!(bench.ids().await, others);
    // Certain that there are none, it asks nobody.
    bench.fault(json!({"kind": "status", "status": 400, "path": "/api/v1/*"})).await;
    registrar.clear().await.unwrap();
    assert!(matches!(registrar.ensure().await, Err(ApiError::Refused(_))));
}

#[tokio::test]
async fn a_lost_answer_leaves_no_orphan() {
    for kind in ["drop_after", "malformed"] {
        let bench = Bench::new().await;
        bench.fault(json!({"kind": kind, "times": 1, "method": "POST", "path": "/api/v1/webhooks"})).await;
        let mut registrar = bench.registrar();
        assert!(registrar.ensure().await.unwrap(), "{kind}");
        assert_eq!(bench.hooks().await.len(), 5, "{kind}");
        // Nor does an end in the middle of it.
        bench.fault(json!({"kind": "drop_after", "times": 1, "method": "DELETE", "path": "/api/v1/webhooks/*"})).await;
        registrar.clear().await.unwrap();
        assert_eq!(bench.hooks().await, []);
    }
}

#[tokio::test]
async fn without_room_for_all_pipedrives_words_are_told() {
    let bench = Bench::new().await;
    for n in 0..38 {
        bench.add(&format!("other {n}")).await;
    }
    let mut registrar = bench.registrar();
    let Err(ApiError::Refused(words)) = registrar.ensure().await else { panic!() };
    assert!(words.contains("40"), "{words}");
    assert_eq!(bench.hooks().await.len(), 40);
    registrar.clear().await.unwrap();
    assert_eq!(bench.hooks().await.len(), 38);
}

fn deal(id: u64) -> ItemRef {
    ItemRef::Deal(DealId(id))
}

#[tokio::test]
async fn from_their_start_to_their_end() {
    let bench = Bench::new().await;
    let settings = WebhookSettings { public_url: Url::parse(URL).unwrap(), listen: "127.0.0.1:0".parse().unwrap() };
    let open = || webhooks::start(bench.api.clone(), Some(bench.home()), &settings);
    let (mut feed, opened) = open().await.unwrap();
    assert_eq!(next(&mut feed.signals).await, Signal::Up { new: true });
    assert_eq!(bench.hooks().await.len(), 5);

    // What is posted to the listener is heard.
    let identity = Identity::of(&bench.home()).unwrap();
    let meta = json!({"entity": "user", "id": uuid::Uuid::new_v4(), "timestamp": 1});
    let url = format!("http://{}/{}", opened.address(), identity.path());
    let post = bench.http.post(url).basic_auth(Identity::USER, Some(identity.password().expose()));
    assert_eq!(post.json(&json!({"meta": meta})).send().await.unwrap().status(), 200);
    assert!(matches!(next(&mut feed.signals).await, Signal::Delivery(_)));
    assert_eq!(opened.stats().accepted(), 1);

    // What is for another user, who has listened here before, is only taken as far as the own one may see it.
    let me = bench.api.me(Lane::Screen).await.unwrap().id;
    for (seen_by, expected) in [(me.0, Payload::Deleted(deal(1))), (me.0 + 1, Payload::Unreadable(deal(1)))] {
        let meta = json!({"entity": "deal", "entity_id": "1", "action": "delete", "id": uuid::Uuid::new_v4(),
            "timestamp": 1, "permitted_user_ids": [seen_by.to_string()]});
        let url = format!("http://{}/{}", opened.address(), identity.path());
        let post = bench.http.post(url).basic_auth(Identity::USER, Some(identity.password().expose()));
        assert_eq!(post.json(&json!({"data": null, "meta": meta})).send().await.unwrap().status(), 200);
        match next(&mut feed.signals).await {
            Signal::Delivery(told) => assert_eq!(told.payload, expected),
            other => panic!("{other:?}"),
        }
    }

    opened.close().await;
    assert_eq!(bench.hooks().await, []);
    // Nothing is left to be taken away, so nobody is asked.
    let before = bench.api.connection().borrow().metrics.sent;
    webhooks::remove_leftovers(bench.api.clone(), &bench.home()).await.unwrap();
    assert_eq!(bench.api.connection().borrow().metrics.sent, before);

    // A crash leaves them; the next start uses them, and says that they are not new.
    bench.registrar().ensure().await.unwrap();
    let (mut feed, opened) = open().await.unwrap();
    assert_eq!(next(&mut feed.signals).await, Signal::Up { new: false });
    opened.close().await;
    // One without a public address takes them away.
    bench.registrar().ensure().await.unwrap();
    assert_eq!(bench.hooks().await.len(), 5);
    webhooks::remove_leftovers(bench.api.clone(), &bench.home()).await.unwrap();
    assert_eq!(bench.hooks().await, []);
}

#[tokio::test]
async fn who_it_is_is_kept_for_its_owner_alone_and_shown_to_nobody() {
    let bench = Bench::new().await;
    let identity = Identity::of(&bench.home()).unwrap();
    let again = Identity::of(&bench.home()).unwrap();
    assert_eq!((identity.instance(), identity.password()), (again.instance(), again.password()));
    let file = bench.home().path().join("webhooks.json");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    bench.registrar().ensure().await.unwrap();
    let shown = format!("{identity:?} {:?} {:?}", bench.registrar(), bench.hooks().await);
    assert!(shown.contains("REDACTED") && !shown.contains(identity.password().expose()), "{shown}");
    assert!(!shown.contains(identity.credentials().expose()));

    // What makes no sense is made anew.
    std::fs::write(&file, "{\"instance\": 7").unwrap();
    let other = Identity::of(&bench.home()).unwrap();
    assert_ne!(other.instance(), identity.instance());
    assert_eq!(Identity::of(&bench.home()).unwrap().instance(), other.instance());
}
