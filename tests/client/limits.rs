//! The limit holds, and little of it is wasted.

use std::time::Duration;

use dealdeck::domain::{DealId, DealPatch};
use dealdeck::pipedrive::{Lane, MAX_REQUEST_DELAY, connect_over};
use proptest::prelude::*;
use tokio::time::Instant;

use crate::simulated::{Stalling, Strict, kept};

/// Sends so many requests as fast as may be; gives the virtual seconds that it took, and what the server counted.
fn send_all(limit: u32, jitter: u64, slides: bool, seed: u64, requests: usize) -> (f64, (usize, usize)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let server = kept(Strict::new(limit, Duration::from_millis(jitter), slides, seed));
        let (api, _task) = connect_over(server);
        let start = Instant::now();
        let mut calls = tokio::task::JoinSet::new();
        for nth in 0..requests {
            let api = api.clone();
            let lane = Lane::ALL[nth % Lane::ALL.len()];
            calls.spawn(async move { api.lead_labels(lane).await.unwrap() });
        }
        calls.join_all().await;
        (start.elapsed().as_secs_f64(), server.counts())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_request_is_ever_refused(
        limit in 1_u32..130,
        jitter in 0_u64..500,
        slides in any::<bool>(),
        seed in any::<u64>(),
        requests in 1_usize..600,
    ) {
        let (_, (served, refused)) = send_all(limit.max(20), jitter, slides, seed, requests);
        prop_assert_eq!((served, refused), (requests, 0));
    }
}

/// Sends requests as fast as may be over a network that stalls; gives the virtual seconds that it took, and how many came
/// over the limit.
fn send_all_over_stalls(limit: usize, one_held_of: u32, seed: u64, requests: usize) -> (f64, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let server = kept(Stalling::new(limit, MAX_REQUEST_DELAY, one_held_of, seed));
        let (api, _task) = connect_over(server);
        let start = Instant::now();
        let mut calls = tokio::task::JoinSet::new();
        for nth in 0..requests {
            let api = api.clone();
            let lane = Lane::ALL[nth % Lane::ALL.len()];
            // What is not for an edit may end with an error in a stall.
            calls.spawn(async move { api.lead_labels(lane).await.is_ok() });
        }
        calls.join_all().await;
        (start.elapsed().as_secs_f64(), server.over())
    })
}

#[test]
fn after_stalls_no_request_is_over_the_limit() {
    for limit in [20, 40, 120] {
        for (one_held_of, seed) in (0..3).flat_map(|seed| [(0, seed), (50, seed)]) {
            let (seconds, over) = send_all_over_stalls(limit, one_held_of, seed, 1_500);
            assert_eq!(over, 0, "limit {limit}, one of {one_held_of} held, seed {seed}");
            assert!(seconds < 4_000.0, "{seconds} s for 1,500 requests");
        }
    }
}

#[test]
fn nearly_all_of_the_limit_is_used() {
    for limit in [20, 40, 80, 120] {
        // Requests and answers take 25 ms on average, so that a slot is taken for 2.05 s.
        let windows = 200;
        let requests = (windows * limit) as usize;
        let (seconds, counts) = send_all(limit, 50, true, 1, requests);
        assert_eq!(counts, (requests, 0));
        let share = f64::from(windows) * 2.05 / seconds;
        // Less urgent lanes leave a few slots to the more urgent ones.
        println!("limit {limit}: {:.1} % of the bound", share * 100.0);
        assert!(share > 0.97, "{share:.3} of the bound at {limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_goes_at_once_though_the_account_is_being_read() {
    let server = kept(Strict::new(20, Duration::from_millis(100), true, 7));
    let (api, _task) = connect_over(server);
    for _ in 0..500 {
        let api = api.clone();
        tokio::spawn(async move { api.lead_labels(Lane::Sync).await });
    }
    let mut waits = Vec::new();
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let start = Instant::now();
        // What is answered is no deal, which does not matter here.
        let _ = api.update_deal(DealId(1), &DealPatch::default()).await;
        waits.push(start.elapsed());
    }
    // The way there and back takes 200 ms at the most, so none had to wait for a slot. Only the first may wait for the
    // next one that comes free: until then nobody was known to make edits.
    let first = waits.remove(0);
    assert!(first <= Duration::from_millis(201 + 2005 / 20), "{first:?}");
    assert!(waits.iter().all(|wait| *wait <= Duration::from_millis(201)), "{waits:?}");
    assert_eq!(server.counts().1, 0);
}
