//! The program is killed at any moment, again and again, while responses get lost and requests and responses are late:
//! no edit shown as queued or confirmed is lost, nothing is created twice, and edits arrive in the order typed.
//!
//!     cargo test --test crash
//!     DEALDECK_KILLS=5000 cargo test --test crash
//!
//! `DEALDECK_SEED` takes the seed printed by an earlier run, and repeats its keys at about the same times.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "crash/defects.rs"]
mod defects;
#[path = "crash/lane.rs"]
mod lane;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "crash/ledger.rs"]
mod ledger;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/practice.rs"]
mod practice;
#[path = "crash/screen_log.rs"]
mod screen_log;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/terminal.rs"]
mod terminal;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use self::defects::Defects;
use self::lane::{Figures, Lane};

/// The default number of kills, unless `DEALDECK_KILLS` sets another.
const KILLS: usize = 200;
/// The number of concurrent lanes, which mostly wait.
const CONCURRENT_LANES: usize = 4;
/// The most kills per account: a server allows only a daily number of requests.
const MAX_KILLS_PER_LANE: usize = 125;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

/// Prints text even if the test passes.
fn print(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

#[test]
fn kills_never_lose_double_or_reorder_an_edit() {
    let kills = number("DEALDECK_KILLS").map_or(KILLS, |kills| usize::try_from(kills).unwrap());
    let seed = number("DEALDECK_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000));
    print(&format!("crash: {kills} kills, DEALDECK_SEED={seed}"));
    let start = Instant::now();
    let each = kills.div_ceil(CONCURRENT_LANES).clamp(1, MAX_KILLS_PER_LANE);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let lane = next.fetch_add(1, Ordering::SeqCst);
            let kills = each.min(kills.saturating_sub(lane * each));
            if kills == 0 {
                return done;
            }
            done.push(Lane::open(lane, seed + lane as u64).run(kills));
        }
    };
    let lanes: Vec<(Figures, Defects)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..CONCURRENT_LANES).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a lane came to its end")).collect()
    });
    let faults: Vec<String> = lanes.iter().flat_map(|(_, defects)| defects.all()).collect();
    let figures = sum(&lanes);
    print(&format!("{} in {:.0} s", summary(&figures, &lanes), start.elapsed().as_secs_f64()));
    assert!(faults.is_empty(), "DEALDECK_SEED={seed}\n{}", faults.join("\n"));
    assert!(figures.acknowledged * 4 >= figures.edits, "too little was acknowledged to say anything: {figures:?}");
    if kills >= KILLS {
        let is_hit = [figures.during_start, figures.while_waiting, figures.during_replay].iter().all(|hits| *hits > 0);
        assert!(is_hit && figures.creations > 0 && figures.dropped > 0, "the kills missed something: {figures:?}");
    }
}

fn sum(lanes: &[(Figures, Defects)]) -> Figures {
    lanes.iter().fold(Figures::default(), |sum, (figures, _)| Figures {
        kills: sum.kills + figures.kills,
        during_start: sum.during_start + figures.during_start,
        while_waiting: sum.while_waiting + figures.while_waiting,
        during_replay: sum.during_replay + figures.during_replay,
        edits: sum.edits + figures.edits,
        acknowledged: sum.acknowledged + figures.acknowledged,
        creations: sum.creations + figures.creations,
        dropped: sum.dropped + figures.dropped,
        uncertain: sum.uncertain + figures.uncertain,
    })
}

fn summary(figures: &Figures, lanes: &[(Figures, Defects)]) -> String {
    let count =
        |kind: fn(&Defects) -> &Vec<String>| lanes.iter().map(|(_, defects)| kind(defects).len()).sum::<usize>();
    format!(
        "crash: kills {} (during start {}, with edits waiting {}, during replay {}), edits {}, acknowledged {}, creations \
         {}, answers dropped or requests late {}, lost {}, doubled {}, reordered {}, wrong {}, uncertain {}",
        figures.kills,
        figures.during_start,
        figures.while_waiting,
        figures.during_replay,
        figures.edits,
        figures.acknowledged,
        figures.creations,
        figures.dropped,
        count(|defects| &defects.lost),
        count(|defects| &defects.doubled),
        count(|defects| &defects.reordered),
        count(|defects| &defects.wrong),
        figures.uncertain,
    )
}
