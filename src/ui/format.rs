//! Figures, dates and times in the few characters that a card has room for.

use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::text;
use crate::domain::{Money, StatusChange};

/// A day with a time of day, or the whole day.
pub type LocalDue = (NaiveDate, Option<NaiveTime>);

/// Digits in groups of three.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with its noun: `1 deal`, `1,240 deals`.
pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A large number in at most five characters: `950`, `29.3k`, `1.2M`.
pub fn short(number: u64) -> String {
    let (unit, suffix) = match number {
        0..1_000 => return number.to_string(),
        1_000..1_000_000 => (1_000, "k"),
        1_000_000..1_000_000_000 => (1_000_000, "M"),
        _ => (1_000_000_000, "G"),
    };
    let (whole, tenth) = (number / unit, number % unit * 10 / unit);
    if tenth == 0 || whole >= 100 { format!("{whole}{suffix}") } else { format!("{whole}.{tenth}{suffix}") }
}

/// A number in at most six characters: in full as long as that fits.
pub fn figure(number: u64) -> String {
    if number < 100_000 { count(usize::try_from(number).unwrap_or(usize::MAX)) } else { short(number) }
}

/// How long something took, in at most six characters: `87 ms`, `1.2 s`, `45 s`.
pub fn took(duration: Duration) -> String {
    match duration.as_millis() {
        millis @ 0..1_000 => format!("{millis} ms"),
        millis @ 1_000..10_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        millis => format!("{} s", (millis / 1_000).min(9_999)),
    }
}

/// What is left of a wait, in minutes and seconds: `4:32`; `now` when it is over.
pub fn countdown(left: TimeDelta) -> String {
    let seconds = left.num_seconds();
    match seconds {
        ..=0 => "now".to_owned(),
        1..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

/// How long ago something was: `now`, `5m`, `3h`, `12d`, `2y`.
pub fn age(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let ago = now - at;
    match (ago.num_minutes(), ago.num_hours(), ago.num_days()) {
        (..=0, ..) => "now".to_owned(),
        (minutes, 0, _) => format!("{minutes}m"),
        (_, hours, 0) => format!("{hours}h"),
        (.., days @ ..730) => format!("{days}d"),
        (.., days) => format!("{}y", days / 365),
    }
}

/// How old something is, by the second at first: `now`, `12s`, `5m`, `3h`.
pub fn age_in_seconds(age: TimeDelta) -> String {
    match (age.num_seconds(), age.num_minutes(), age.num_hours(), age.num_days()) {
        (..=0, ..) => "now".to_owned(),
        (seconds, 0, ..) => format!("{seconds}s"),
        (_, minutes, 0, _) => format!("{minutes}m"),
        (.., hours, 0) => format!("{hours}h"),
        (.., days) => format!("{days}d"),
    }
}

/// How long something will take, roughly: `5 s`, `40 s`, `3 min`, `2 h`.
pub fn rough(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..10 => format!("{} s", seconds.max(1)),
        seconds @ 10..90 => format!("{} s", seconds / 10 * 10),
        seconds @ 90..5_400 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h", (seconds + 1_800) / 3_600),
    }
}

/// What a status becomes.
pub fn status_change(change: &StatusChange) -> String {
    match change {
        StatusChange::Reopen => "open".to_owned(),
        StatusChange::Win => "won".to_owned(),
        StatusChange::Lose { reason: None } => "lost".to_owned(),
        StatusChange::Lose { reason: Some(reason) } => format!("lost ({reason})"),
    }
}

/// A day as people say it near `today`: `today`, `Fri`, `12 Dec`, `12 Dec 2027`.
pub fn day(date: NaiveDate, today: NaiveDate) -> String {
    match (date - today).num_days() {
        -1 => "yesterday".to_owned(),
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        2..=6 => date.format("%a").to_string(),
        _ => calendar_day(date, today),
    }
}

/// A day of the calendar: `12 Dec`, with its year where that is not this one.
pub fn calendar_day(date: NaiveDate, today: NaiveDate) -> String {
    let form = if date.year() == today.year() { "%-d %b" } else { "%-d %b %Y" };
    date.format(form).to_string()
}

/// A time of day: `14:30`.
pub fn time(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

/// When something is due, in as few characters as tell it: `2d over`, `today 14:30`, `Fri`, `12 Dec`.
pub fn due((date, at): LocalDue, today: NaiveDate) -> String {
    let over = (today - date).num_days();
    match at {
        _ if over > 0 => format!("{}d over", count(usize::try_from(over).unwrap_or_default())),
        Some(at) if over == 0 => format!("today {}", time(at)),
        _ => day(date, today),
    }
}

/// When something is due, where even that does not fit: `2d over`, `14:30`, `Wed` for tomorrow, `2 Jan` next year.
pub fn due_in_short((date, at): LocalDue, today: NaiveDate) -> String {
    match ((date - today).num_days(), at) {
        (0, Some(at)) => time(at),
        (1, _) => date.format("%a").to_string(),
        (7..=360, _) => date.format("%-d %b").to_string(),
        _ => due((date, at), today),
    }
}

/// When something is due, in full: `Tue 24 Nov 14:30`.
pub fn due_in_full((date, at): LocalDue, today: NaiveDate) -> String {
    let day = format!("{} {}", date.format("%a"), calendar_day(date, today));
    at.map_or_else(|| day.clone(), |at| format!("{day}, {}", time(at)))
}

/// A single amount in full where that fits into `room` cells; several are short, as are those beside them.
pub fn amounts(values: &[Money], room: u16) -> Vec<String> {
    match values {
        [only] if text::width(&only.display()) <= room => vec![only.display()],
        _ => values.iter().map(Money::display_short).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn due_days_are_told_relative_to_today() {
        let today = date("2026-11-24");
        let half_past_two = NaiveTime::from_hms_opt(14, 30, 0);
        for (day, at, shown) in [
            ("2026-11-22", None, "2d over"),
            ("2026-11-24", None, "today"),
            ("2026-11-24", half_past_two, "today 14:30"),
            ("2026-11-25", half_past_two, "tomorrow"),
            ("2026-11-27", None, "Fri"),
            ("2026-12-12", None, "12 Dec"),
            ("2027-01-02", None, "2 Jan 2027"),
        ] {
            assert_eq!(due((date(day), at), today), shown);
        }
    }

    #[test]
    fn due_days_are_told_in_a_few_cells() {
        let today = date("2026-11-24");
        let half_past_two = NaiveTime::from_hms_opt(14, 30, 0);
        for (day, at, shown) in [
            ("2026-11-22", half_past_two, "2d over"),
            ("2026-11-24", None, "today"),
            ("2026-11-24", half_past_two, "14:30"),
            ("2026-11-25", half_past_two, "Wed"),
            ("2026-11-27", None, "Fri"),
            ("2027-01-21", None, "21 Jan"),
            ("2027-11-24", None, "24 Nov 2027"),
        ] {
            assert_eq!(due_in_short((date(day), at), today), shown);
        }
    }

    #[test]
    fn figures_are_short() {
        for (number, shown) in [(0, "0"), (999, "999"), (1_000, "1k"), (29_340, "29.3k"), (1_250_000, "1.2M")] {
            assert_eq!(short(number), shown);
        }
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!((figure(99_999), figure(100_000)), ("99,999".to_owned(), "100k".to_owned()));
        let millis = [0, 999, 1_000, 9_999, 10_000].map(|millis| took(Duration::from_millis(millis)));
        assert_eq!(millis, ["0 ms", "999 ms", "1.0 s", "9.9 s", "10 s"]);
        assert_eq!(countdown(TimeDelta::seconds(272)), "4:32");
        assert_eq!(countdown(TimeDelta::seconds(-1)), "now");
    }
}
