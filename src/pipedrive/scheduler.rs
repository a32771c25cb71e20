//! Which request may go when. Pure: knows requests only as [`Job`]s, and is given the time.

use std::collections::VecDeque;
use std::time::Instant;

use super::request::Lane;
use super::window::{SEARCH_LIMIT, SMALLEST_LIMIT, Window};

/// How many requests wait in a lane at the most.
const LANE_ROOM: usize = 256;

/// What waits in a lane.
pub trait Job {
    /// Whether it counts against the window for searches, too.
    fn is_search(&self) -> bool;

    /// Whether anybody still waits for it. What is not wanted is dropped before it is sent.
    fn is_wanted(&self) -> bool;
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<J> {
    /// Send this now. Its slots are taken; [`Scheduler::answered`] gives them back.
    Send(Lane, J),
    /// Nothing may go before this moment, unless an answer or a request comes.
    Wait(Instant),
    /// Nothing waits, or nothing may go before an answer comes.
    Rest,
}

/// The lanes, and the windows that they share.
#[derive(Debug)]
pub struct Scheduler<J> {
    window: Window,
    searches: Window,
    lanes: [VecDeque<J>; Lane::ALL.len()],
    /// To be tried again at some time, in no order; few.
    later: Vec<(Instant, Lane, J)>,
    paused_until: Option<Instant>,
}

impl<J> Default for Scheduler<J> {
    fn default() -> Self {
        Self {
            window: Window::new(SMALLEST_LIMIT),
            searches: Window::new(SEARCH_LIMIT),
            lanes: Default::default(),
            later: Vec::new(),
            paused_until: None,
        }
    }
}

impl<J: Job> Scheduler<J> {
    /// Whether a lane can take one more.
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
    pub fn next(&mut self, now: Instant) -> Next<J> {
        self.wake(now);
        if let Some(until) = self.paused_until.filter(|until| now < *until) {
            return if self.waiting() == 0 { Next::Rest } else { Next::Wait(until) };
        }
        let mut wake_at = self.later.iter().map(|(at, ..)| *at).min();
        for lane in Lane::ALL {
            let reserve = self.reserve(lane);
            let queue = &mut self.lanes[lane.index()];
            while queue.front().is_some_and(|job| !job.is_wanted()) {
                queue.pop_front();
            }
            let Some(first) = queue.front() else { continue };
            let search_is_full = first.is_search() && self.searches.free(now) == 0;
            if self.window.free(now) > reserve && !search_is_full {
                let Some(job) = queue.pop_front() else { continue };
                self.window.take(now);
                if job.is_search() {
                    self.searches.take(now);
                }
                return Next::Send(lane, job);
            }
            let searches = if search_is_full { self.searches.next_free(now) } else { None };
            wake_at = [wake_at, self.window.next_free(now), searches].into_iter().flatten().min();
        }
        wake_at.map_or(Next::Rest, Next::Wait)
    }

    /// A request that was sent has its answer, or is given up.
    pub fn answered(&mut self, is_search: bool, now: Instant) {
        self.window.answered(now);
        if is_search {
            self.searches.answered(now);
        }
    }

    /// Learns the server's limit from an answer. A search's headers speak of the window for searches.
    pub fn learn(&mut self, is_search: bool, limit: Option<u32>, remaining: Option<u32>, now: Instant) {
        let window = if is_search { &mut self.searches } else { &mut self.window };
        window.learn(limit, remaining, now);
    }

    /// The server refused a request for want of room: pauses, then goes on at half the rate for a while.
    pub fn refused(&mut self, resume_at: Instant, halve_until: Instant) {
        self.pause(resume_at);
        self.window.halve(halve_until);
    }

    /// The window.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// Until when nothing goes.
    pub fn paused_until(&self) -> Option<Instant> {
        self.paused_until
    }

    /// How many requests wait.
    pub fn waiting(&self) -> usize {
        Lane::ALL.into_iter().map(|lane| self.waiting_in(lane)).sum()
    }

    /// How many requests wait in a lane, to be tried again later or not.
    pub fn waiting_in(&self, lane: Lane) -> usize {
        self.lanes[lane.index()].len() + self.later.iter().filter(|(_, later, _)| *later == lane).count()
    }

    /// Takes back into the lanes what is to be tried again now.
    fn wake(&mut self, now: Instant) {
        for (_, lane, job) in self.later.extract_if(.., |(at, ..)| *at <= now) {
            self.lanes[lane.index()].push_front(job);
        }
    }

    /// How many slots a lane leaves to those that are more urgent: a person's edit finds one at once.
    fn reserve(&self, lane: Lane) -> u32 {
        match lane {
            Lane::Edit => 0,
            Lane::Screen => 1,
            Lane::Poll | Lane::Sync => (self.window.limit() / 10).max(2),
        }
        .min(self.window.limit() - 1)
    }
}
