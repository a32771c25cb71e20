//! Two users in one workspace: each action carries its user.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use dealdeck::sandbox::{Options, Plan, Sandbox};
use serde_json::json;

use super::client::{TestServer, error_of, id, ok};

/// A colleague's token and user id.
const COLLEAGUE: (&str, u64) = ("joonas", 2);

fn options() -> Options {
    let colleagues = vec![(COLLEAGUE.0.to_owned(), COLLEAGUE.1)];
    Options { plan: Plan::Enterprise, colleagues, ..Options::default() }
}

#[tokio::test]
async fn actions_of_a_colleague_carry_their_user_id() {
    let mine = TestServer::with(options()).await;
    let theirs = mine.with_token(COLLEAGUE.0);
    let (me, other) = (mine.data("/api/v1/users/me").await, theirs.data("/api/v1/users/me").await);
    assert_eq!((id(&me), id(&other)), (1, COLLEAGUE.1));
    assert!(me["is_you"] == true && other["is_you"] == true && other["company_id"] == me["company_id"]);
    let seen = mine.data("/api/v1/users/2").await;
    assert!(seen["is_you"] == false && seen["name"] == other["name"]);

    let deal = theirs.deal(json!({"title": "Of a colleague"})).await;
    assert_eq!((&deal["creator_user_id"], &deal["owner_id"]), (&json!(2), &json!(2)));
    ok(mine.patch(&format!("/api/v2/deals/{}", id(&deal)), json!({"value": 5})).await);
    ok(theirs.patch(&format!("/api/v2/deals/{}", id(&deal)), json!({"value": 6})).await);
    let log = mine.data(&format!("/api/v1/deals/{}/changelog", id(&deal))).await;
    assert_eq!((&log[0]["actor_user_id"], &log[1]["actor_user_id"]), (&json!(2), &json!(1)));
    let note = ok(theirs.post("/api/v1/notes", json!({"content": "x", "deal_id": id(&deal)})).await);
    assert_eq!((&note["user_id"], &note["user"]["is_you"]), (&json!(2), &json!(true)));
    let lead = ok(theirs.post("/api/v1/leads", json!({"title": "x", "person_id": 1})).await);
    assert_eq!((&lead["creator_id"], &lead["owner_id"]), (&json!(2), &json!(2)));
    error_of(mine.with_token("stranger").get("/api/v1/users/me").await, 401);
}

#[tokio::test]
async fn webhooks_belong_to_their_owner() {
    let mine = TestServer::with(options()).await;
    let theirs = mine.with_token(COLLEAGUE.0);
    let hook = json!({"subscription_url": "https://example.com/hook", "event_action": "*", "event_object": "deal", "name": "n"});
    for _ in 0..40 {
        ok(mine.post("/api/v1/webhooks", hook.clone()).await);
    }
    error_of(mine.post("/api/v1/webhooks", hook.clone()).await, 422);
    assert_eq!(theirs.data("/api/v1/webhooks").await, json!([]));
    let own = ok(theirs.post("/api/v1/webhooks", hook).await);
    assert_eq!((&own["owner_id"], &own["user_id"]), (&json!(2), &json!(2)));
    let path = format!("/api/v1/webhooks/{}", id(&own));
    assert_eq!(mine.delete(&path).await.0, 404);
    assert_eq!(theirs.delete(&path).await.0, 200);
    assert_eq!(mine.data("/api/v1/webhooks").await.as_array().unwrap().len(), 40);
}

#[tokio::test]
async fn deactivating_a_user_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { db: Some(folder.path().join("practice.db")), ..options() };
    let mine = TestServer::with(options.clone()).await;
    error_of(mine.with_token(COLLEAGUE.0).put("/api/v1/users/3", json!({"active_flag": false})).await, 403);
    error_of(mine.put("/api/v1/users/3", json!({})).await, 400);
    error_of(mine.put("/api/v1/users/3", json!({"active_flag": false, "name": "x"})).await, 400);
    error_of(mine.put("/api/v1/users/999", json!({"active_flag": false})).await, 404);
    assert_eq!(ok(mine.put("/api/v1/users/3", json!({"active_flag": false})).await)["active_flag"], false);
    error_of(mine.post("/api/v2/deals", json!({"title": "x", "person_id": 1, "owner_id": 3})).await, 400);
    mine.sandbox.stop().await;

    let colleagues = vec![("zoe".to_owned(), 3)];
    let error = Sandbox::start(Options { colleagues, ..options.clone() }).await.expect_err("it started").to_string();
    assert!(error.contains("user 3") && error.contains("not active"), "{error}");
    let mine = TestServer::with(options).await;
    let users = mine.data("/api/v1/users").await;
    let active: Vec<&serde_json::Value> = users.as_array().unwrap().iter().map(|user| &user["active_flag"]).collect();
    assert_eq!((active.len() > 4, active[0], active[2]), (true, &json!(true), &json!(false)));
}

#[tokio::test]
async fn invalid_colleague_tokens_are_explained() {
    for (token, user, reason) in
        [("x", 999, "no such user"), ("x", 1, "already has a token"), ("practice", 2, "another user has the same")]
    {
        let colleagues = vec![(token.to_owned(), user)];
        let error = Sandbox::start(Options { colleagues, ..options() }).await.expect_err("it started").to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn the_command_accepts_colleagues_and_prints_tokens() {
    let sandbox = |colleague: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dealdeck"));
        command.args(["sandbox", "--port", "0", "--deals", "20", "--colleague", "a=b=2", "--colleague", colleague]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let mut server = sandbox("zoe=3").spawn().unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let tokens: Vec<String> = lines.skip(1).take(3).collect();
    assert_eq!(tokens, ["API token: practice", "API token of user 2: a=b", "API token of user 3: zoe"]);
    server.kill().unwrap();
    server.wait().unwrap();
    for (colleague, code, words) in [("zoe=99", 1, "there is no such user"), ("zoe", 2, "expected TOKEN=USER_ID")] {
        let ended = sandbox(colleague).output().unwrap();
        let error = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.code() == Some(code) && error.contains(words), "{error}");
    }
}
