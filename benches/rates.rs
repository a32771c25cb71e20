//! The share of the plan's limit that the API task uses, and the latency of an edit meanwhile, against the practice
//! server over real HTTP with its strict window, compared with a plain token bucket.
//!
//!     cargo bench --bench rates

#![allow(clippy::unwrap_used, reason = "a bench that panics has failed")]

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dealdeck::domain::{Deal, DealPatch};
use dealdeck::pipedrive::{Api, DealsQuery, Endpoint, Lane, Token, connect};
use dealdeck::sandbox::{Options, Plan, Sandbox};
use governor::{Quota, RateLimiter};
use tokio::task::JoinSet;

const PLANS: [(Plan, &str); 4] = [
    (Plan::Essential, "Essential"),
    (Plan::Advanced, "Advanced"),
    (Plan::Professional, "Professional"),
    (Plan::Enterprise, "Enterprise"),
];
/// Fifty pages of deals (some are archived), each read four times.
const DEALS: usize = 26_000;
const READERS: usize = 4;
const EDITS: usize = 100;

struct Bench {
    sandbox: Sandbox,
    http: reqwest::Client,
    api: Api,
}

impl Bench {
    async fn start(plan: Plan) -> Self {
        let sandbox = Sandbox::start(Options { plan, deals: DEALS, ..Options::default() }).await.unwrap();
        let token = Token::new(sandbox.token()).unwrap();
        let (api, _task) = connect(Endpoint::from_url(sandbox.url()).unwrap(), &token).unwrap();
        Self { sandbox, http: reqwest::Client::builder().no_proxy().build().unwrap(), api }
    }

    async fn refused(&self) -> u64 {
        let url = format!("{}/sandbox/stats", self.sandbox.url());
        let answer = self.http.get(url).header("x-api-token", self.sandbox.token()).send().await.unwrap();
        let stats: serde_json::Value = answer.json().await.unwrap();
        stats["refused"].as_u64().unwrap()
    }

    /// Reads all deals once. Returns the number of pages and the last deal.
    async fn read(api: Api) -> (usize, Option<Deal>) {
        let mut pages = api.deals(Lane::Sync, &DealsQuery::default());
        let (mut count, mut last) = (0, None);
        while let Some(page) = pages.next().await {
            count += 1;
            last = page.unwrap().pop().or(last);
        }
        (count, last)
    }
}

/// Reads 200 pages with the API task: requests, seconds, refusals, and the median round trip.
async fn by_the_api_task(plan: Plan) -> (usize, f64, u64, f64) {
    let bench = Bench::start(plan).await;
    let start = Instant::now();
    let mut readers: JoinSet<_> = (0..READERS).map(|_| Bench::read(bench.api.clone())).collect();
    let mut pages = 0;
    while let Some(read) = readers.join_next().await {
        pages += read.unwrap().0;
    }
    let seconds = start.elapsed().as_secs_f64();
    let round_trip = bench.api.connection().borrow().metrics.latency[0].as_secs_f64();
    (pages, seconds, bench.refused().await, round_trip)
}

/// Makes the same number of requests with a plain token bucket: a burst of N, and N per two seconds.
async fn by_a_token_bucket(plan: Plan, requests: usize) -> (f64, u64) {
    let bench = Bench::start(plan).await;
    let limit = NonZeroU32::new(plan.burst_limit()).unwrap();
    let quota = Quota::with_period(Duration::from_secs(2) / limit.get()).unwrap().allow_burst(limit);
    let bucket = Arc::new(RateLimiter::direct(quota));
    let url = Arc::new(format!("{}/api/v2/deals?limit=500", bench.sandbox.url()));
    let left = Arc::new(AtomicUsize::new(requests));
    let start = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..READERS {
        let (bucket, url, left) = (Arc::clone(&bucket), Arc::clone(&url), Arc::clone(&left));
        let (http, token) = (bench.http.clone(), bench.sandbox.token().to_owned());
        workers.spawn(async move {
            while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                loop {
                    while bucket.check().is_err() {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                    let answer = http.get(url.as_str()).header("x-api-token", &token).send().await.unwrap();
                    let status = answer.status();
                    answer.bytes().await.unwrap();
                    if status.is_success() {
                        break;
                    }
                    // The usual way: wait for the window, then continue.
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
            }
        });
    }
    workers.join_all().await;
    (start.elapsed().as_secs_f64(), bench.refused().await)
}

/// Measures an edit from the key to its response, once per second while the account is read on the smallest plan.
async fn edits_while_reading() {
    let bench = Bench::start(Plan::Essential).await;
    let (_, deal) = Bench::read(bench.api.clone()).await;
    let deal = deal.unwrap();
    let reading: Vec<_> = (0..READERS)
        .map(|_| {
            let api = bench.api.clone();
            tokio::spawn(async move {
                loop {
                    Bench::read(api.clone()).await;
                }
            })
        })
        .collect();
    let mut took = Vec::new();
    let mut every = tokio::time::interval(Duration::from_secs(1));
    for nth in 0..EDITS {
        every.tick().await;
        let patch = DealPatch { title: Some(format!("Edit {nth}")), ..DealPatch::default() };
        let start = Instant::now();
        bench.api.update_deal(deal.id, &patch).await.unwrap();
        took.push(start.elapsed());
    }
    for task in reading {
        task.abort();
    }
    took.sort();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    println!(
        "{EDITS} edits, one a second, while the account is read on Essential: half in {:.1} ms, 99 of 100 in {:.1} ms, \
         all in {:.1} ms, answers included; {} refused",
        at(50),
        at(99),
        at(100),
        bench.refused().await
    );
}

#[tokio::main]
async fn main() {
    println!("200 pages of 500 deals:");
    for (plan, name) in PLANS {
        let (pages, seconds, refused, round_trip) = by_the_api_task(plan).await;
        let limit = f64::from(plan.burst_limit());
        let pages_f = f64::from(u32::try_from(pages).unwrap());
        let share = pages_f / seconds / (limit / (2.0 + round_trip));
        let (bucket_seconds, bucket_refused) = by_a_token_bucket(plan, pages).await;
        println!(
            "  {name:<13}{pages} pages in {seconds:5.1} s, {:5.1} % of the bound N/(2+R), {refused} refused; a token \
             bucket: {:.2} times the time, {bucket_refused} refused",
            share * 100.0,
            bucket_seconds / seconds
        );
    }
    edits_while_reading().await;
}
