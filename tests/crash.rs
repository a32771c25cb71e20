//! Killed at any moment, over and over, while answers get lost and requests and answers come late: no edit that the screen called queued or
//! confirmed is lost, nothing is made twice, and nothing arrives in another order than it was typed in.
//!
//!     cargo test --test crash
//!     DEALDECK_KILLS=5000 cargo test --test crash
//!
//! `DEALDECK_SEED` takes the seed that an earlier run told: then the same is typed, at about the same times.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "crash/judge.rs"]
mod judge;
#[path = "crash/lane.rs"]
mod lane;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "crash/ledger.rs"]
mod ledger;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/practice.rs"]
mod practice;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/terminal.rs"]
mod terminal;
#[path = "crash/told.rs"]
mod told;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use self::judge::Judged;
use self::lane::{Figures, Lane};

/// How many kills there are unless `DEALDECK_KILLS` says otherwise.
const KILLS: usize = 200;
/// How many lanes run at a time: most of the time they wait.
const AT_A_TIME: usize = 4;
/// How many kills an account sees at the most: a server lets only so many requests through a day.
const MOST_KILLS: usize = 125;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

/// Says something whether the test passes or not.
fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

#[test]
fn no_kill_loses_doubles_or_reorders_an_edit() {
    let kills = number("DEALDECK_KILLS").map_or(KILLS, |kills| usize::try_from(kills).unwrap());
    let seed = number("DEALDECK_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000));
    say(&format!("crash: {kills} kills, DEALDECK_SEED={seed}"));
    let start = Instant::now();
    let each = kills.div_ceil(AT_A_TIME).clamp(1, MOST_KILLS);
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
    let lanes: Vec<(Figures, Judged)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a lane came to its end")).collect()
    });
    let faults: Vec<String> = lanes.iter().flat_map(|(_, judged)| judged.all()).collect();
    let figures = summed(&lanes);
    say(&format!("{} in {:.0} s", told(&figures, &lanes), start.elapsed().as_secs_f64()));
    assert!(faults.is_empty(), "DEALDECK_SEED={seed}\n{}", faults.join("\n"));
    assert!(figures.acknowledged * 4 >= figures.edits, "too little was acknowledged to say anything: {figures:?}");
    if kills >= KILLS {
        let is_hit = [figures.during_start, figures.while_waiting, figures.during_replay].iter().all(|hits| *hits > 0);
        assert!(is_hit && figures.creations > 0 && figures.dropped > 0, "the kills missed something: {figures:?}");
    }
}

fn summed(lanes: &[(Figures, Judged)]) -> Figures {
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

fn told(figures: &Figures, lanes: &[(Figures, Judged)]) -> String {
    let count = |kind: fn(&Judged) -> &Vec<String>| lanes.iter().map(|(_, judged)| kind(judged).len()).sum::<usize>();
    format!(
        "crash: kills {} (during start {}, with edits waiting {}, during replay {}), edits {}, acknowledged {}, creations \
         {}, answers dropped or requests late {}, lost {}, doubled {}, reordered {}, wrong {}, put to the user {}",
        figures.kills,
        figures.during_start,
        figures.while_waiting,
        figures.during_replay,
        figures.edits,
        figures.acknowledged,
        figures.creations,
        figures.dropped,
        count(|judged| &judged.lost),
        count(|judged| &judged.doubled),
        count(|judged| &judged.reordered),
        count(|judged| &judged.wrong),
        figures.uncertain,
    )
}
