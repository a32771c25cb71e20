//! The activities as a calendar: what is to be done in a week or on a day, each at its time in the user's zone. Where
//! things stand is worked out here for both: the view draws there, and a click is looked up there.

use crate::app::{Account, Session};
use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;
use ratatui::layout::{Position, Rect};

use super::actions::Action;
use super::board::stepped;
use super::layout;
use crate::app::notice::Tone;
use crate::domain::{Activity, ActivityId};
use crate::workspace::Workspace;

/// How wide the column of the hours is.
pub const HOURS: u16 = 6;
/// How wide the column of a day is at the least, in a week.
const DAY_WIDTH: u16 = 13;
/// How wide one of several activities at the same time is at the least.
const LANE_WIDTH: u16 = 7;
/// How many activities of a day are looked at.
const MOST_A_DAY: usize = 100;
/// How many rows there are for what is for the whole day, at the most.
const MOST_ALL_DAY: u16 = 4;
/// From this many rows on each is half an hour.
const ROOMY_ROWS: u16 = 22;
/// Where the day begins on the screen, in minutes, unless something comes before.
const MORNING: u32 = 8 * 60;
/// The minutes of a day by its clock.
const DAY: u32 = 24 * 60;
/// How long an activity is whose duration is not known, in minutes.
const USUAL_LENGTH: u32 = 30;

/// What the activities are shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// By section, a line each.
    #[default]
    List,
    /// The days of a week side by side.
    Week,
    /// One day.
    Day,
}

impl Shape {
    const fn next(self) -> Self {
        match self {
            Self::List => Self::Week,
            Self::Week => Self::Day,
            Self::Day => Self::List,
        }
    }
}

/// The calendar of a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calendar {
    /// What the activities are shown as.
    pub shape: Shape,
    /// The day with the cursor; `None` for today.
    pub day: Option<NaiveDate>,
}

/// An activity in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Which.
    pub id: ActivityId,
    /// Where it is.
    pub place: Rect,
}

/// A day in its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayColumn {
    /// The day.
    pub day: NaiveDate,
    /// All of its column.
    pub place: Rect,
    /// What is for the whole day, then by time. Later ones stand over earlier ones where there is no room beside them.
    pub blocks: Vec<Block>,
    /// How many there is no room for: they are not shown, or others stand over them.
    pub more: usize,
    /// How many are at a time above what is shown, and how many below.
    pub beyond: (usize, usize),
}

/// The calendar on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// The days that are shown.
    pub days: Vec<DayColumn>,
    /// The rows of the hours, with the column that names them.
    pub hours: Rect,
    /// The minute of the day at which the first row of the hours begins.
    pub from: u32,
    /// The minutes of a row.
    pub step: u32,
}

impl Grid {
    /// The row of the hours that a minute of the day falls into, if it is shown.
    pub fn row_of(&self, minute: u32) -> Option<u16> {
        let row = u16::try_from(minute.checked_sub(self.from)? / self.step).ok()?;
        (row < self.hours.height).then_some(row)
    }
}

/// When an activity is on its day by the user's clock: from and until a minute of that day; `None` for the whole day.
fn span(activity: &Activity, zone: Tz) -> Option<(u32, u32)> {
    let due = activity.due?;
    let (day, time) = due.local(zone);
    let from = minute_of(time?);
    let length = activity.minutes.filter(|minutes| *minutes > 0).unwrap_or(USUAL_LENGTH);
    // It takes as long as it takes, also where the clock is changed meanwhile.
    let end = due.date.and_time(due.time?).checked_add_signed(TimeDelta::minutes(length.into()))?;
    let end = zone.from_utc_datetime(&end).naive_local();
    let until = if end.date() == day { minute_of(end.time()) } else { DAY };
    // Where the clock is set back it may end before it began.
    Some((from, until.max(from + 1)))
}

fn minute_of(time: NaiveTime) -> u32 {
    time.hour() * 60 + time.minute()
}

/// The lanes of what overlaps, given the rows that each takes, in the order of their beginnings: for each its lane, and
/// how many lanes there are where it is.
fn lanes(rows: &[(u16, u16)]) -> Vec<(usize, usize)> {
    let mut placed: Vec<(usize, usize)> = Vec::with_capacity(rows.len());
    // Until which row each lane of the group is taken, and where the group began.
    let (mut ends, mut first) = (Vec::new(), 0);
    for (at, (from, until)) in rows.iter().enumerate() {
        if ends.iter().all(|end| end <= from) {
            ends.clear();
            first = at;
        }
        let lane = ends.iter().position(|end| end <= from).unwrap_or(ends.len());
        match ends.get_mut(lane) {
            Some(end) => *end = *until,
            None => ends.push(*until),
        }
        placed.push((lane, 0));
        placed.iter_mut().skip(first).for_each(|(_, count)| *count = ends.len());
    }
    placed
}

impl Session {
    /// The day with the cursor of the calendar.
    pub fn calendar_day(&self, workspace: &Workspace) -> NaiveDate {
        self.calendar.day.unwrap_or_else(|| self.today(workspace))
    }

    /// Where everything of the calendar stands in an area.
    pub fn grid(&self, workspace: &Workspace, body: Rect) -> Grid {
        let zone = workspace.zone();
        let agenda = self.agenda(workspace);
        let days: Vec<(NaiveDate, Vec<&Activity>)> = self
            .days_shown(workspace, body)
            .into_iter()
            .map(|day| (day, agenda.on(day, MOST_A_DAY).into_iter().filter_map(|id| workspace.activity(id)).collect()))
            .collect();
        let all_day = |of: &[&Activity]| of.iter().filter(|activity| span(activity, zone).is_none()).count();
        let most = days.iter().map(|(_, of)| all_day(of)).max().unwrap_or(0);
        let all_day_rows = u16::try_from(most).unwrap_or(MOST_ALL_DAY).min(MOST_ALL_DAY).min(body.height / 4);
        let top = (1 + all_day_rows).min(body.height);
        let hours = Rect { y: body.y + top, height: body.height - top, ..body };
        let step = if hours.height >= ROOMY_ROWS { 30 } else { 60 };
        let spans =
            days.iter().flat_map(|(_, of)| of).filter_map(|activity| Some((activity.id, span(activity, zone)?)));
        let from = self.first_minute(spans, u32::from(hours.height) * step, step);
        let grid = Grid { days: Vec::new(), hours, from, step };
        let width = body.width.saturating_sub(HOURS) / u16::try_from(days.len()).unwrap_or(1).max(1);
        let columns = days.into_iter().zip(0..).map(|((day, of), nth)| {
            let place = Rect { x: body.x + HOURS.min(body.width) + nth * width, width, ..body };
            day_column(&grid, day, &of, place, all_day_rows, zone)
        });
        Grid { days: columns.collect(), ..grid }
    }

    /// The days that are shown: of a week as many as there is room for, the one with the cursor among them.
    fn days_shown(&self, workspace: &Workspace, body: Rect) -> Vec<NaiveDate> {
        let day = self.calendar_day(workspace);
        let room = match self.calendar.shape {
            Shape::Week => (body.width.saturating_sub(HOURS) / DAY_WIDTH).clamp(1, 7),
            Shape::List | Shape::Day => 1,
        };
        let of_week = u16::try_from(day.weekday().num_days_from_monday()).unwrap_or(0);
        // Monday comes first as long as the day is in sight.
        let before = if room == 1 { 0 } else { of_week.min(room - 1) };
        let first = day.checked_sub_days(Days::new(before.into())).unwrap_or(day);
        first.iter_days().take(usize::from(room)).collect()
    }

    /// The activities of the days that are shown; `None` where all are, in a list.
    pub(super) fn in_calendar(&self, workspace: &Workspace) -> Option<Vec<ActivityId>> {
        if self.calendar.shape == Shape::List {
            return None;
        }
        let agenda = self.agenda(workspace);
        let days = self.days_shown(workspace, layout::layout(self).body);
        Some(days.into_iter().flat_map(|day| agenda.on(day, MOST_A_DAY)).collect())
    }

    /// Where the hours begin: in the morning, or with what comes first; but the selected activity is in sight.
    fn first_minute(&self, spans: impl Iterator<Item = (ActivityId, (u32, u32))>, room: u32, step: u32) -> u32 {
        let (mut first, mut selected) = (MORNING, None);
        for (id, (from, _)) in spans {
            first = first.min(from);
            selected = selected.or((self.cursors.activities.selected == Some(id)).then_some(from));
        }
        let last = (selected.unwrap_or(first) + step).saturating_sub(room);
        let first = first.max(last).min(selected.unwrap_or(DAY)).min(DAY.saturating_sub(room));
        first / step * step
    }
}

fn day_column(grid: &Grid, day: NaiveDate, of: &[&Activity], place: Rect, all_day_rows: u16, zone: Tz) -> DayColumn {
    let mut column = DayColumn { day, place, blocks: Vec::new(), more: 0, beyond: (0, 0) };
    // A column stands apart from the next one.
    let width = place.width.saturating_sub(1);
    let (whole, timed): (Vec<&Activity>, Vec<&Activity>) =
        of.iter().partition(|activity| span(activity, zone).is_none());
    for (activity, nth) in whole.iter().zip(0..all_day_rows) {
        column.blocks.push(Block { id: activity.id, place: Rect { y: place.y + 1 + nth, width, height: 1, ..place } });
    }
    column.more = whole.len() - column.blocks.len();
    let until = grid.from + u32::from(grid.hours.height) * grid.step;
    let mut shown = Vec::new();
    for activity in timed {
        let Some((from, to)) = span(activity, zone) else { continue };
        if to <= grid.from {
            column.beyond.0 += 1;
        } else if from >= until {
            column.beyond.1 += 1;
        } else {
            let first = (from.max(grid.from) - grid.from) / grid.step;
            let end = (to.min(until) - grid.from).div_ceil(grid.step).max(first + 1);
            shown.push((activity.id, (u16::try_from(first).unwrap_or(0), u16::try_from(end).unwrap_or(1))));
        }
    }
    let rows: Vec<(u16, u16)> = shown.iter().map(|(_, rows)| *rows).collect();
    for ((id, (from, to)), (lane, count)) in shown.into_iter().zip(lanes(&rows)) {
        let fit = usize::from((width / LANE_WIDTH).max(1)).min(count);
        let lane_width = width / u16::try_from(fit).unwrap_or(1).max(1);
        column.more += usize::from(lane >= fit);
        let x = place.x + lane_width * u16::try_from(lane.min(fit - 1)).unwrap_or(0);
        let place = Rect::new(x, grid.hours.y + from, lane_width, to - from);
        column.blocks.push(Block { id, place });
    }
    column
}

/// Whether the activities are shown as a calendar.
pub(super) fn is_in_calendar(session: &Session) -> bool {
    session.calendar.shape != Shape::List
}

/// Shows the activities in the next shape: the calendar opens at today, then the cursor stays where it is.
pub(super) fn turn_calendar(session: &mut Session, account: &Account) {
    let was_list = !is_in_calendar(session);
    session.calendar.shape = session.calendar.shape.next();
    session.detail.top = 0;
    if was_list {
        go_to_day(session, account, None);
    } else if session.cursors.activities.selected.is_none() {
        go_to_day(session, account, session.calendar.day);
    }
}

/// Keeps the cursor on an activity of its day, if there is any.
pub(super) fn settle_calendar(session: &mut Session, account: &Account) {
    let ids = day_ids(session, account);
    let mut cursor = session.cursors.activities;
    if !cursor.selected.is_some_and(|id| ids.contains(&id)) {
        cursor.rank = cursor.rank.min(ids.len().saturating_sub(1));
        cursor.selected = ids.get(cursor.rank).copied();
    }
    cursor.rank = ids.iter().position(|id| Some(*id) == cursor.selected).unwrap_or(0);
    session.cursors.activities = cursor;
}

fn day_ids(session: &Session, account: &Account) -> Vec<ActivityId> {
    session.agenda(&account.workspace).on(session.calendar_day(&account.workspace), MOST_A_DAY)
}

pub(super) fn go_in_calendar(session: &mut Session, account: &Account, action: Action) {
    match action {
        Action::Left => step_days(session, account, -1),
        Action::Right => step_days(session, account, 1),
        _ => {
            let page = 5;
            let ids = day_ids(session, account);
            let rank = stepped(action, session.cursors.activities.rank, ids.len(), page);
            session.cursors.activities.rank = rank;
            session.cursors.activities.selected = ids.get(rank).copied();
        }
    }
}

/// Goes to a day so many days on, or back.
pub(super) fn step_days(session: &mut Session, account: &Account, by: i64) {
    if !is_in_calendar(session) {
        return session.tell(Tone::Info, "v shows the week, and the day.");
    }
    let day = session.calendar_day(&account.workspace).checked_add_signed(TimeDelta::days(by));
    if let Some(day) = day {
        go_to_day(session, account, Some(day));
    }
}

/// Goes to a day; to today where none is given.
pub(super) fn go_to_day(session: &mut Session, account: &Account, day: Option<NaiveDate>) {
    session.calendar.day = day;
    session.cursors.activities.selected = None;
    session.cursors.activities.rank = 0;
    if !is_in_calendar(session) {
        let today = session.today(&account.workspace);
        session.cursors.activities.selected = session.agenda(&account.workspace).from(day.unwrap_or(today));
    }
}

/// Puts the cursor on an activity: in the calendar on its day, unless that shows it not.
pub(super) fn select_activity(session: &mut Session, account: &Account, id: ActivityId) {
    session.cursors.activities.selected = Some(id);
    if is_in_calendar(session) {
        let zone = account.workspace.zone();
        let activity = account.workspace.activity(id).filter(|activity| !activity.done);
        match activity.and_then(|activity| activity.due) {
            Some(due) => session.calendar.day = Some(due.local(zone).0),
            None => session.calendar.shape = Shape::List,
        }
    }
}

/// A click in the calendar: on an activity, or on a day.
pub(super) fn press_in_calendar(session: &mut Session, account: &Account, at: Position) {
    let grid = session.grid(&account.workspace, layout::layout(session).body);
    let Some(column) = grid.days.iter().find(|column| column.place.contains(at)) else { return };
    let block = column.blocks.iter().rev().find(|block| block.place.contains(at));
    let is_again = block.is_some_and(|block| session.cursors.activities.selected == Some(block.id));
    go_to_day(session, account, Some(column.day));
    if let Some(block) = block {
        session.cursors.activities.selected = Some(block.id);
        session.detail.is_open ^= is_again;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Due;

    fn activity(date: &str, time: &str, minutes: u32) -> Activity {
        let due = Due { date: date.parse().unwrap(), time: Some(time.parse().unwrap()) };
        Activity { due: Some(due), minutes: Some(minutes), ..Activity::blank(ActivityId(1)) }
    }

    #[test]
    fn an_activity_lasts_as_long_as_it_takes_though_the_clock_is_changed() {
        let zone: Tz = "Europe/Tallinn".parse().unwrap();
        let hour = |hour: u32| hour * 60;
        // On 29 March 2026 the clock goes from three to four, on 25 October from four back to three.
        assert_eq!(span(&activity("2026-03-29", "00:30:00", 60), zone), Some((hour(2) + 30, hour(4) + 30)));
        assert_eq!(span(&activity("2026-10-25", "00:30:00", 60), zone), Some((hour(3) + 30, hour(3) + 31)));
        assert_eq!(span(&activity("2026-06-01", "20:30:00", 120), zone), Some((hour(23) + 30, DAY)), "over midnight");
        assert_eq!(span(&activity("2026-06-01", "06:00:00", 0), zone), Some((hour(9), hour(9) + USUAL_LENGTH)));
    }

    proptest! {
        #[test]
        fn no_two_at_the_same_time_share_a_lane(mut rows in proptest::collection::vec((0_u16..40, 1_u16..9), 0..40)) {
            rows.sort_unstable();
            let rows: Vec<(u16, u16)> = rows.into_iter().map(|(from, length)| (from, from + length)).collect();
            let placed = lanes(&rows);
            for (a, (rows_a, (lane_a, count_a))) in rows.iter().zip(&placed).enumerate() {
                prop_assert!(lane_a < count_a);
                for (rows_b, (lane_b, count_b)) in rows.iter().zip(&placed).skip(a + 1) {
                    let overlap = rows_a.0 < rows_b.1 && rows_b.0 < rows_a.1;
                    prop_assert!(!overlap || (lane_a != lane_b && count_a == count_b));
                }
            }
        }
    }
}
