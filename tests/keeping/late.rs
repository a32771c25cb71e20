//! Requests that arrive after their process was killed. In real time, with a clock that is set ahead where a test would have
//! to wait.

use std::sync::Arc;

use chrono::TimeDelta;
use dealdeck::pipedrive::{ApiError, Method, connect_over_with};

use super::network::{Fate, Network};
use super::*;

/// How late a request may arrive.
const MAX_DELAY: Duration = Duration::from_secs(2);

/// Starts an engine, whose clock is ahead by some seconds.
async fn start(network: &Network, folder: &TempDir, ahead: i64) -> Run {
    let token = Token::new("token").unwrap();
    let (api, _task) = connect_over_with(network.clone(), MAX_DELAY);
    let (commands, queue) = mpsc::channel(64);
    let (report, reports) = mpsc::channel(64);
    let deadline = Instant::now() + PATIENCE;
    let (storage, restored) = loop {
        let (storage, restored) = Storage::open(CompanyDir::new(folder.path(), "network"), &token).unwrap();
        let is_held = restored.as_ref().is_some_and(|restored| restored.keeping != Durability::Kept);
        if !is_held || Instant::now() > deadline {
            break (storage, restored);
        }
        tokio::task::yield_now().await;
    };
    let clock: sync::Clock = Arc::new(move || chrono::Utc::now() + TimeDelta::seconds(ahead));
    let settings = Settings { clock, ..Settings::new(Duration::from_secs(300)) };
    let engine = sync::start(api, storage, settings, None, queue, report);
    let next = restored.as_ref().map_or(0, |restored| restored.next_edit);
    Run { commands, reports, engine, account: Workspace::new(), restored, done: Vec::new(), next }
}

fn creation(title: &str) -> Edit {
    let place = dealdeck::domain::PipelineStage { pipeline: PipelineId(1), stage: StageId(1) };
    let contact = Contact::Org(Link::Existing(OrgId(7)));
    let new = NewDeal::new(title.into(), contact, place, Money::zero(Currency::new("EUR")));
    Edit::CreateDeal { id: DealId::local(1), new }
}

/// Waits until so many requests of a kind were sent.
async fn until_sent(network: &Network, method: Method, count: usize) {
    let deadline = Instant::now() + PATIENCE;
    while network.0.lock().unwrap().sent(method) < count {
        assert!(Instant::now() < deadline, "it is not sent");
        tokio::task::yield_now().await;
    }
}

/// Sends a creation whose process is killed before an answer comes.
async fn killed(fate: Fate) -> (Network, TempDir) {
    let (network, folder) = (Network::default(), tempfile::tempdir().unwrap());
    network.0.lock().unwrap().deals.insert(1, ("Other".to_owned(), 1));
    let mut run = start(&network, &folder, 0).await;
    run.fresh().await;
    network.0.lock().unwrap().fates = [fate].into();
    run.hand(creation("Roof"), None).await;
    until_sent(&network, Method::Post, 1).await;
    run.kill().await;
    (network, folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_that_arrives_after_a_kill_is_made_once() {
    let (network, folder) = killed(Fate::Held(Duration::from_millis(700))).await;
    let mut run = start(&network, &folder, 0).await;
    run.until(|report| matches!(report, Report::EditDone { .. })).await;
    assert_eq!(run.done[0].1.as_ref().unwrap().created, Some(ItemRef::Deal(DealId(2))), "{:?}", run.done);
    assert_eq!(network.0.lock().unwrap().titles(), ["Other", "Roof"]);
    assert_eq!(network.0.lock().unwrap().sent(Method::Post), 1);
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_not_found_after_a_kill_is_put_to_the_user() {
    let (network, folder) = killed(Fate::Lost).await;
    let mut run = start(&network, &folder, 60).await;
    run.until(|report| matches!(report, Report::EditDone { .. })).await;
    let (id, outcome) = run.done.pop().unwrap();
    let error = outcome.unwrap_err().error;
    assert!(matches!(&error, EditError::Api(ApiError::Unclear(why)) if why.contains("not found")), "{error}");
    run.end().await;

    // The answer to that counts over a restart, too.
    let mut run = start(&network, &folder, 120).await;
    let [kept] = &run.restored.as_ref().unwrap().edits[..] else { panic!("{:?}", run.restored) };
    assert!(matches!(&kept.state, EditState::Attention { .. }), "{kept:?}");
    let again = JournalEntry { id: EditId(77), state: EditState::Waiting, step: None, ..kept.clone() };
    let command = Command::Edit { kept: Box::new(again), replaces: Some(id) };
    run.commands.send(command).await.unwrap();
    run.until(|report| matches!(report, Report::EditDone { .. })).await;
    assert!(run.done[0].1.is_ok(), "{:?}", run.done);
    assert_eq!(network.0.lock().unwrap().titles(), ["Other", "Roof"]);
    assert_eq!(network.0.lock().unwrap().sent(Method::Post), 2);
    run.end().await;
}

fn renamed_to(title: &str) -> Edit {
    Edit::UpdateDeal { id: DealId(1), patch: DealPatch { title: Some(title.into()), ..DealPatch::default() } }
}

/// Hands over what is left to a new run after a kill, and a later edit of the same deal; gives its title in the end.
async fn third_after_a_kill(network: &Network, folder: &TempDir) -> String {
    let mut run = start(network, folder, 0).await;
    run.fresh().await;
    run.next = 10;
    let third = run.hand(renamed_to("Third"), Some(renamed_to("Second"))).await;
    run.until(|report| matches!(report, Report::EditDone { id, .. } if *id == third)).await;
    assert!(run.done.iter().all(|(_, outcome)| outcome.is_ok()), "{:?}", run.done);
    tokio::time::sleep(MAX_DELAY).await;
    run.end().await;
    network.0.lock().unwrap().titles()[0].to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_a_killed_run_never_overwrites_a_later_one() {
    let (network, folder) = (Network::default(), tempfile::tempdir().unwrap());
    network.0.lock().unwrap().deals.insert(1, ("First".to_owned(), 1));
    let mut run = start(&network, &folder, 0).await;
    run.fresh().await;
    network.0.lock().unwrap().fates = [Fate::Held(Duration::from_millis(1_500))].into();
    run.hand(renamed_to("Second"), Some(renamed_to("First"))).await;
    until_sent(&network, Method::Patch, 1).await;
    run.kill().await;
    assert_eq!(third_after_a_kill(&network, &folder).await, "Third");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmed_change_sent_twice_is_remembered_over_a_kill() {
    let (network, folder) = (Network::default(), tempfile::tempdir().unwrap());
    network.0.lock().unwrap().deals.insert(1, ("First".to_owned(), 1));
    let mut run = start(&network, &folder, 0).await;
    run.fresh().await;
    network.0.lock().unwrap().fates = [Fate::GatewayTimeout(Duration::from_millis(1_800))].into();
    let second = run.hand(renamed_to("Second"), Some(renamed_to("First"))).await;
    run.until(|report| matches!(report, Report::EditDone { id, .. } if *id == second)).await;
    run.kill().await;
    assert_eq!(third_after_a_kill(&network, &folder).await, "Third");
}

/// A first edit whose answer is lost and a second one behind it, both of a killed run.
async fn two_after_a_kill() -> (Network, TempDir) {
    let (network, folder) = (Network::default(), tempfile::tempdir().unwrap());
    network.0.lock().unwrap().deals.insert(1, ("First".to_owned(), 1));
    let mut run = start(&network, &folder, 0).await;
    run.fresh().await;
    network.0.lock().unwrap().fates = [Fate::Held(Duration::from_millis(300))].into();
    run.hand(renamed_to("Second"), Some(renamed_to("First"))).await;
    until_sent(&network, Method::Patch, 1).await;
    let third = run.hand(renamed_to("Third"), Some(renamed_to("Second"))).await;
    run.until(|report| matches!(report, Report::Queued(id) if *id == third)).await;
    run.kill().await;
    (network, folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_base_of_an_edit_is_the_edit_before_it() {
    let (network, folder) = two_after_a_kill().await;
    let mut run = start(&network, &folder, 0).await;
    run.fresh().await;
    run.next = 10;
    let fourth = run.hand(renamed_to("Fourth"), Some(renamed_to("Third"))).await;
    run.until(|report| matches!(report, Report::EditDone { .. })).await;
    assert!(run.done[0].1.is_ok(), "{:?}", run.done);
    // The third waits, as the second may still arrive late.
    run.kill().await;
    let run = start(&network, &folder, 0).await;
    let edits = &run.restored.as_ref().unwrap().edits;
    let kept = edits.iter().find(|kept| kept.id == fourth).expect("the fourth edit waits");
    assert_eq!(kept.base, Some(renamed_to("Third")));
    run.end().await;
}
