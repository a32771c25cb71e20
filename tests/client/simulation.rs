//! The scheduler against strict servers, in a simulation of events: no clock, no tasks, so that a hundred thousand
//! requests take a moment. Whether the server's window slides or is fixed, answers overtake each other, get lost, come
//! from a server whose clock runs at another speed, or other programs use the token: nothing is ever refused.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use dealdeck::pipedrive::{Decision, Job, Lane, MAX_REQUEST_DELAY, Scheduler, SentRequest};
use proptest::prelude::*;

/// How the server counts.
#[derive(Debug, Clone, Copy)]
enum Counting {
    /// The last two seconds at any time.
    Sliding,
    /// From each even second to the next.
    Fixed,
}

/// What is simulated.
#[derive(Debug, Clone)]
struct Case {
    limit: u32,
    counting: Counting,
    /// The shortest way there or back.
    way: Duration,
    /// By how much more it may take.
    jitter: Duration,
    /// Of so many requests one gets lost, or its answer.
    one_lost_of: Option<u32>,
    /// How fast the server's clock runs, compared to ours.
    clock: f64,
    /// Requests that another program sends in each window, evenly.
    others: u32,
    /// When it begins.
    others_from: Duration,
    /// By which lanes requests come.
    lanes: &'static [Lane],
    requests: usize,
    seed: u64,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            limit: 20,
            counting: Counting::Sliding,
            way: Duration::ZERO,
            jitter: Duration::ZERO,
            one_lost_of: None,
            clock: 1.0,
            others: 0,
            others_from: Duration::ZERO,
            lanes: &Lane::ALL,
            requests: 100_000,
            seed: 1,
        }
    }
}

/// What came of it.
#[derive(Debug, Default)]
struct Outcome {
    /// Our requests that were refused.
    refused: usize,
    /// Requests of others that were refused.
    others_refused: usize,
    seconds: f64,
}

const WINDOW: Duration = Duration::from_secs(2);
/// When an answer is given up.
const TIMEOUT: Duration = Duration::from_secs(20);

struct Plain {
    is_search: bool,
}

impl Job for Plain {
    fn is_search(&self) -> bool {
        self.is_search
    }

    fn is_read(&self) -> bool {
        true
    }

    fn is_wanted(&self) -> bool {
        true
    }
}

/// The server refused a request.
struct Refused;

enum Event {
    /// One of ours reaches the server; whether its answer gets lost.
    Arrives(SentRequest, bool),
    /// Its answer reaches us: what it says is left, or that it was refused.
    Answered(SentRequest, Result<u32, Refused>),
    /// No answer came.
    GivenUp(SentRequest),
    /// Another program's request reaches the server.
    Other,
    /// The scheduler said to look again.
    Look,
}

/// Ordered by time, and by age among equals.
struct At(Instant, u64, Event);

impl PartialEq for At {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}
impl Eq for At {}
impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for At {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

struct Simulation {
    case: Case,
    start: Instant,
    now: Instant,
    random: fastrand::Rng,
    events: BinaryHeap<Reverse<At>>,
    count: u64,
    scheduler: Scheduler<Plain>,
    offered: usize,
    answered: usize,
    /// When to look again, if that is due.
    look_at: Option<Instant>,
    /// When the server let requests through, by its clock.
    let_through: VecDeque<Duration>,
    outcome: Outcome,
}

impl Simulation {
    fn run(case: Case) -> Outcome {
        let start = Instant::now();
        let mut this = Self {
            random: fastrand::Rng::with_seed(case.seed),
            start,
            now: start,
            events: BinaryHeap::new(),
            count: 0,
            scheduler: Scheduler::new(MAX_REQUEST_DELAY),
            offered: 0,
            answered: 0,
            look_at: None,
            let_through: VecDeque::new(),
            outcome: Outcome::default(),
            case,
        };
        if this.case.others > 0 {
            this.at(this.case.others_from, Event::Other);
        }
        // Others may be at work already.
        this.at(WINDOW, Event::Look);
        while this.answered < this.case.requests {
            let Reverse(At(now, _, event)) = this.events.pop().unwrap();
            this.now = now;
            this.happen(event);
        }
        this.outcome.seconds = (this.now - start).as_secs_f64();
        this.outcome
    }

    fn at(&mut self, after: Duration, event: Event) {
        self.count += 1;
        self.events.push(Reverse(At(self.now + after, self.count, event)));
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrives(sent, lost) => {
                let left = self.serve();
                self.outcome.refused += usize::from(left.is_err());
                if !lost {
                    let way = self.way();
                    self.at(way, Event::Answered(sent, left));
                }
            }
            Event::Answered(sent, left) => {
                let remaining = left.as_ref().map_or(0, |left| *left);
                self.scheduler.answered(sent, Some(self.case.limit), Some(remaining), self.now);
                if left.is_err() {
                    // As the API task does.
                    self.scheduler.pause(self.now + WINDOW);
                    self.scheduler.halve(self.now + WINDOW + millis(30_000));
                }
                self.answered += 1;
                self.send();
            }
            Event::GivenUp(sent) => {
                self.scheduler.given_up(sent, self.now);
                self.answered += 1;
                self.send();
            }
            Event::Other => {
                let refused = self.serve().is_err();
                self.outcome.others_refused += usize::from(refused);
                let gap = WINDOW / self.case.others;
                self.at(gap, Event::Other);
            }
            Event::Look => self.send(),
        }
    }

    /// Lets a request through and says how many more would be, or refuses it.
    fn serve(&mut self) -> Result<u32, Refused> {
        let clock = (self.now - self.start).mul_f64(self.case.clock);
        let begin = match self.case.counting {
            Counting::Sliding => clock.saturating_sub(WINDOW),
            Counting::Fixed => WINDOW * u32::try_from(clock.as_millis() / WINDOW.as_millis()).unwrap(),
        };
        // What came exactly two seconds ago still counts: strict.
        let is_old = |first: &Duration| *first < begin;
        while self.let_through.front().is_some_and(is_old) {
            self.let_through.pop_front();
        }
        let count = u32::try_from(self.let_through.len()).unwrap();
        if count >= self.case.limit {
            return Err(Refused);
        }
        self.let_through.push_back(clock);
        Ok(self.case.limit - count - 1)
    }

    fn send(&mut self) {
        while self.offered < self.case.requests && self.scheduler.waiting() < 200 {
            let lane = self.case.lanes[self.random.usize(0..self.case.lanes.len())];
            self.scheduler.push(lane, Plain { is_search: false });
            self.offered += 1;
        }
        loop {
            match self.scheduler.next(self.now) {
                Decision::Send(sent, _) => {
                    let is_lost = self.case.one_lost_of.is_some_and(|of| self.random.u32(0..of) == 0);
                    let arrives = !is_lost || self.random.bool();
                    // What gets lost on the way back may be held on the way there.
                    let held = if is_lost { self.random.u32(0..60_000) } else { 0 };
                    let way = self.way().max(millis(held.into()));
                    if arrives {
                        self.at(way, Event::Arrives(sent, is_lost));
                    }
                    if is_lost {
                        self.at(TIMEOUT, Event::GivenUp(sent));
                    }
                }
                Decision::Wait(until) => {
                    if self.look_at.is_none_or(|at| at <= self.now || until < at) {
                        self.look_at = Some(until);
                        self.at(until - self.now, Event::Look);
                    }
                    return;
                }
                Decision::Idle => return,
            }
        }
    }

    fn way(&mut self) -> Duration {
        self.case.way + self.case.jitter.mul_f64(self.random.f64())
    }
}

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn a_hundred_thousand_requests_and_not_one_refused() {
    for limit in [20, 100] {
        for counting in [Counting::Sliding, Counting::Fixed] {
            let base = Case { limit, counting, ..Case::default() };
            for case in [
                Case { jitter: millis(500), ..base.clone() },
                Case { way: millis(100), jitter: millis(400), one_lost_of: Some(100), ..base.clone() },
                Case { jitter: millis(5), clock: 1.002, ..base.clone() },
                Case { jitter: millis(5), clock: 0.998, ..base },
            ] {
                let outcome = Simulation::run(case.clone());
                println!("{case:?}: {outcome:?}");
                assert_eq!(outcome.refused, 0, "{case:?}");
            }
        }
    }
}

#[test]
fn little_of_the_bound_is_left_unused() {
    // Reading the account, reading and polling together, edits alone, and all at once. While edits are made the others
    // leave one slot free.
    const LOADS: [(&[Lane], u32); 4] =
        [(&[Lane::Sync], 0), (&[Lane::Screen, Lane::Poll, Lane::Sync], 0), (&[Lane::Edit], 0), (&Lane::ALL, 1)];
    for limit in [20, 40, 80, 120] {
        for round_trip in [0, 100, 1_000] {
            for (lanes, left_free) in LOADS {
                let requests = 300 * limit as usize;
                let case = Case { limit, way: millis(round_trip / 2), lanes, requests, ..Case::default() };
                let outcome = Simulation::run(case.clone());
                let bound = f64::from(limit - left_free) / (2.0 + millis(round_trip).as_secs_f64());
                let share = f64::from(300 * limit) / outcome.seconds / bound;
                println!("limit {limit}, {round_trip} ms, {} lanes: {:.1} % of the bound", lanes.len(), share * 100.0);
                assert_eq!(outcome.refused, 0, "{case:?}");
                assert!(share >= 0.97, "{share:.4} of the bound: {case:?}");
            }
        }
    }
}

#[test]
fn other_programs_on_the_token_are_given_way_to() {
    for limit in [20, 100] {
        for others in [limit / 10, limit / 2, limit * 3 / 4] {
            for jitter in [0, 200] {
                let case = Case { limit, others, jitter: millis(jitter), ..Case::default() };
                let outcome = Simulation::run(case.clone());
                println!("{case:?}: {outcome:?}");
                assert_eq!((outcome.refused, outcome.others_refused), (0, 0), "{case:?}");
            }
        }
    }
    // One that begins while all of the limit is used is only noticed by refusals: they are few.
    for limit in [20, 100] {
        let others_from = Duration::from_secs(61);
        let case = Case { limit, others: limit / 2, others_from, jitter: millis(50), ..Case::default() };
        let outcome = Simulation::run(case.clone());
        println!("{case:?}: {outcome:?}");
        assert!(outcome.refused <= limit as usize, "{outcome:?}: {case:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_request_is_refused_whatever_the_limit_the_way_and_the_load(
        limit in 20_u32..200,
        fixed in any::<bool>(),
        way in 0_u64..1_500,
        jitter in 0_u64..500,
        lost in proptest::option::of(5_u32..500),
        seed in any::<u64>(),
        requests in 1_usize..5_000,
    ) {
        let counting = if fixed { Counting::Fixed } else { Counting::Sliding };
        let case = Case {
            limit, counting, way: millis(way), jitter: millis(jitter), one_lost_of: lost, seed, requests,
            ..Case::default()
        };
        prop_assert_eq!(Simulation::run(case).refused, 0);
    }
}

#[test]
fn searches_keep_their_own_limit_whatever_the_header_says() {
    let start = Instant::now();
    let mut scheduler = Scheduler::new(MAX_REQUEST_DELAY);
    let mut now = start;
    for _ in 0..30 {
        scheduler.push(Lane::Screen, Plain { is_search: true });
    }
    let mut sent_at = Vec::new();
    while sent_at.len() < 30 {
        match scheduler.next(now) {
            Decision::Send(sent, _) => {
                sent_at.push(now);
                scheduler.answered(sent, Some(80), Some(70), now);
            }
            Decision::Wait(until) => now = until,
            Decision::Idle => panic!("thirty wait"),
        }
    }
    for at in &sent_at {
        let together = sent_at.iter().filter(|other| **other >= *at && **other <= *at + WINDOW).count();
        assert!(together <= 10, "{together} searches within two seconds");
    }
    assert_eq!(scheduler.window().limit(), 20, "what a search says is not of all requests");
}
