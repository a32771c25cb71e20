//! Which request may go when. Pure: knows requests only as [`Job`]s, and is given the time.
//!
//! A person's edit finds a free slot at once: while somebody makes edits all other lanes leave one, and the lanes that
//! would fill the window for minutes are paced, so that slots come free one after the other and not all at the same
//! time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::request::Lane;
use super::window::{MARGIN, RateWindow, SEARCH_LIMIT, SMALLEST_LIMIT, WINDOW};

/// The most requests that wait in a lane.
const LANE_ROOM: usize = 256;
/// The number of slots that all other lanes leave free while the user makes edits.
const RESERVE: u32 = 1;
/// For how long after an edit the next one is expected.
const EDITING_FOR: Duration = Duration::from_secs(60);

/// A request that waits in a lane.
pub trait Job {
    /// Returns `true` if it counts against the window for searches too.
    fn is_search(&self) -> bool;

    /// Returns `true` if it changes nothing.
    fn is_read(&self) -> bool;

    /// Returns `true` if a caller still waits for it. Other requests are dropped before they are sent.
    fn is_wanted(&self) -> bool;
}

/// The scheduler's decision.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision<J> {
    /// Send this now. Its slots are taken; [`Scheduler::answered`] gives them back.
    Send(SentRequest, J),
    /// Nothing may go before this moment, unless an answer or a request comes.
    Wait(Instant),
    /// Nothing waits, or nothing may go before an answer comes.
    Idle,
}

/// Which requests come into question.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Any,
    Reads,
    /// One that reads, as a probe.
    ProbeByRead,
    /// Any, as a probe.
    Probe,
}

/// A request that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentRequest {
    /// By which lane.
    pub lane: Lane,
    /// When.
    pub at: Instant,
    is_search: bool,
}

/// The lanes, and the windows that they share.
#[derive(Debug)]
pub struct Scheduler<J> {
    window: RateWindow,
    searches: RateWindow,
    lanes: [VecDeque<J>; Lane::ALL.len()],
    /// To be tried again at some time, in no order; few.
    later: Vec<(Instant, Lane, J)>,
    paused_until: Option<Instant>,
    /// When the last edit was sent.
    last_edit: Option<Instant>,
    /// When a paced lane may send again.
    paced_until: Option<Instant>,
}

impl<J: Job> Scheduler<J> {
    /// A scheduler with empty lanes. A request that got no answer may arrive until `max_delay` after it was sent.
    pub fn new(max_delay: Duration) -> Self {
        Self {
            window: RateWindow::new(SMALLEST_LIMIT, max_delay),
            searches: RateWindow::new(SEARCH_LIMIT, max_delay).at_most(SEARCH_LIMIT),
            lanes: Default::default(),
            later: Vec::new(),
            paused_until: None,
            last_edit: None,
            paced_until: None,
        }
    }

    /// Returns `true` if a lane has room for one more.
    pub fn has_room(&self, lane: Lane) -> bool {
        self.waiting_in(lane) < LANE_ROOM
    }

    /// Puts a request at the end of its lane.
    pub fn push(&mut self, lane: Lane, job: J) {
        self.lanes[lane.index()].push_back(job);
    }

    /// Puts a request aside that is to be tried again at some time, then before all others of its lane.
    pub fn push_later(&mut self, at: Instant, lane: Lane, job: J) {
        self.later.push((at, lane, job));
    }

    /// Lets nothing go before a moment.
    pub fn pause(&mut self, until: Instant) {
        self.paused_until = self.paused_until.max(Some(until));
    }

    /// The next request that may go now.
    pub fn next(&mut self, now: Instant) -> Decision<J> {
        self.pick(now, Choice::Any)
    }

    /// The next request that may go now and reads.
    pub fn next_read(&mut self, now: Instant) -> Decision<J> {
        self.pick(now, Choice::Reads)
    }

    /// The request that finds out whether the server is well again: one that reads, if there is one. It may take the slot
    /// that is left for it.
    pub fn probe(&mut self, now: Instant) -> Decision<J> {
        match self.probe_by_read(now) {
            Decision::Send(sent, job) => Decision::Send(sent, job),
            Decision::Wait(_) | Decision::Idle => self.pick(now, Choice::Probe),
        }
    }

    /// The same, but only one that reads.
    pub fn probe_by_read(&mut self, now: Instant) -> Decision<J> {
        self.pick(now, Choice::ProbeByRead)
    }

    fn pick(&mut self, now: Instant, choice: Choice) -> Decision<J> {
        self.wake(now);
        if let Some(until) = self.paused_until.filter(|until| now < *until) {
            return if self.waiting() == 0 { Decision::Idle } else { Decision::Wait(until) };
        }
        let is_probe = matches!(choice, Choice::Probe | Choice::ProbeByRead);
        let mut wake_at = self.later.iter().map(|(at, ..)| *at).min();
        for lane in Lane::ALL {
            let reserve = if is_probe { 0 } else { self.reserve(lane, now) };
            let paced_until = self.paced_until.filter(|until| is_paced(lane) && !is_probe && now < *until);
            let queue = &mut self.lanes[lane.index()];
            while queue.front().is_some_and(|job| !job.is_wanted()) {
                queue.pop_front();
            }
            let first = match choice {
                Choice::Any | Choice::Probe => (!queue.is_empty()).then_some(0),
                Choice::Reads | Choice::ProbeByRead => queue.iter().position(|job| job.is_read() && job.is_wanted()),
            };
            let Some(at) = first else { continue };
            let search_is_full = queue.get(at).is_some_and(J::is_search) && self.searches.free(now) == 0;
            let has_slot = self.window.free(now) > reserve && (is_probe || self.window.free_beside_probe(now) > 0);
            if has_slot && !search_is_full && paced_until.is_none() {
                let Some(job) = queue.remove(at) else { continue };
                return Decision::Send(self.sent(lane, job.is_search(), now), job);
            }
            let searches = if search_is_full { self.searches.next_free(now) } else { None };
            wake_at = [wake_at, self.window.next_free(now), searches, paced_until].into_iter().flatten().min();
        }
        wake_at.map_or(Decision::Idle, Decision::Wait)
    }

    /// Takes a slot of a lane for a request that does not wait in it; when to look again, where there is none now.
    ///
    /// # Errors
    /// The moment before which nothing may go.
    pub fn slot(&mut self, lane: Lane, now: Instant) -> Result<SentRequest, Option<Instant>> {
        if let Some(until) = self.paused_until.filter(|until| now < *until) {
            return Err(Some(until));
        }
        if self.window.free(now) == 0 {
            return Err(self.window.next_free(now));
        }
        Ok(self.sent(lane, false, now))
    }

    /// Drops what nobody waits for any more.
    pub fn forget_unwanted(&mut self) {
        self.lanes.iter_mut().for_each(|lane| lane.retain(Job::is_wanted));
        self.later.retain(|(.., job)| job.is_wanted());
    }

    /// Takes those requests out of a lane that fit, to be tried again later or not.
    pub fn take_if(&mut self, lane: Lane, fits: impl Fn(&J) -> bool) -> Vec<J> {
        let later = self.later.extract_if(.., |(_, later, job)| *later == lane && fits(job)).map(|(.., job)| job);
        let (out, rest): (VecDeque<J>, VecDeque<J>) =
            std::mem::take(&mut self.lanes[lane.index()]).into_iter().partition(&fits);
        self.lanes[lane.index()] = rest;
        later.chain(out).collect()
    }

    /// The requests that wait in a lane, to be tried again later or not.
    pub fn jobs(&self, lane: Lane) -> impl Iterator<Item = &J> {
        let later = self.later.iter().filter(move |(_, later, _)| *later == lane).map(|(.., job)| job);
        self.lanes[lane.index()].iter().chain(later)
    }

    fn sent(&mut self, lane: Lane, is_search: bool, now: Instant) -> SentRequest {
        self.window.take(now);
        if is_search {
            self.searches.take(now);
        }
        if is_paced(lane) {
            let slots = self.window.limit().saturating_sub(self.reserve(lane, now)).max(1);
            let gap = (WINDOW + MARGIN) / slots;
            // Clocks wake a little late; that is made up for, so that it does not add up.
            let due = self.paced_until.filter(|due| *due + gap > now).unwrap_or(now);
            self.paced_until = Some(due + gap);
        }
        if lane == Lane::Edit {
            self.last_edit = Some(now);
        }
        SentRequest { lane, at: now, is_search }
    }

    /// A request that was sent has its answer, with what the server says of its limit and of what is left of it.
    pub fn answered(&mut self, sent: SentRequest, limit: Option<u32>, remaining: Option<u32>, now: Instant) {
        if sent.is_search {
            // Its headers speak of the window for searches.
            self.window.done(sent.at, now);
            match limit {
                // It speaks of the window for all requests, as it does where a proxy or Pipedrive says the same of all.
                Some(limit) if limit > SEARCH_LIMIT => self.searches.answered(sent.at, None, None, now),
                limit => self.searches.answered(sent.at, limit, remaining, now),
            }
        } else {
            self.window.answered(sent.at, limit, remaining, now);
        }
    }

    /// No answer came to a request that was sent: the server may have counted it all the same.
    pub fn given_up(&mut self, sent: SentRequest, now: Instant) {
        self.window.given_up(sent.at, now);
        if sent.is_search {
            self.searches.given_up(sent.at, now);
        }
    }

    /// A request that was to be sent never left this machine.
    pub fn unsent(&mut self, sent: SentRequest) {
        self.window.unsent(sent.at);
        if sent.is_search {
            self.searches.unsent(sent.at);
        }
    }

    /// Goes at half the rate until a moment, as the server refused a request for want of room.
    pub fn halve(&mut self, until: Instant) {
        self.window.halve(until);
    }

    /// The window.
    pub fn window(&self) -> &RateWindow {
        &self.window
    }

    /// Until when nothing goes.
    pub fn paused_until(&self) -> Option<Instant> {
        self.paused_until
    }

    /// The number of waiting requests.
    pub fn waiting(&self) -> usize {
        Lane::ALL.into_iter().map(|lane| self.waiting_in(lane)).sum()
    }

    /// The number of requests that wait in a lane, those to retry later included.
    pub fn waiting_in(&self, lane: Lane) -> usize {
        self.lanes[lane.index()].len() + self.later.iter().filter(|(_, later, _)| *later == lane).count()
    }

    /// Takes back into the lanes what is to be tried again now.
    fn wake(&mut self, now: Instant) {
        for (_, lane, job) in self.later.extract_if(.., |(at, ..)| *at <= now) {
            self.lanes[lane.index()].push_front(job);
        }
    }

    /// The number of slots that a lane leaves to edits.
    fn reserve(&self, lane: Lane, now: Instant) -> u32 {
        let is_editing = self.last_edit.is_some_and(|at| now.saturating_duration_since(at) < EDITING_FOR);
        if lane == Lane::Edit || !is_editing { 0 } else { RESERVE.min(self.window.usable(now) - 1) }
    }
}

/// Returns `true` if a lane would fill the window for minutes.
const fn is_paced(lane: Lane) -> bool {
    matches!(lane, Lane::Bulk | Lane::Sync)
}
