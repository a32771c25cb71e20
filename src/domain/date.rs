//! Dates as Pipedrive writes them, and as people say them.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveTime, Weekday};

/// Why a text is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseDateError {
    /// Not a date in any form.
    #[error("'{0}' is not a date: write 2026-12-24, 24.12., tomorrow, fri, +3d, +2w or eom")]
    Form(String),
    /// A form in which day and month could be either.
    #[error("'{0}' could be two days: write 24.12. or 2026-12-24")]
    Ambiguous(String),
    /// A known form, but no day of the calendar.
    #[error("{0} is not a valid date")]
    NoSuchDay(String),
    /// Not a time of day.
    #[error("'{0}' is not a time of day: write 14:30 or 9")]
    Time(String),
}

/// Reads a date of the strict form `YYYY-MM-DD`: four, two and two digits.
///
/// # Errors
/// [`ParseDateError`] distinguishes a wrong form from a day that does not exist, such as 31 June.
pub fn parse_date(text: &str) -> Result<NaiveDate, ParseDateError> {
    let text = text.trim();
    let form = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    if !form {
        return Err(ParseDateError::Form(text.to_owned()));
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| ParseDateError::NoSuchDay(text.to_owned()))
}

/// Reads a day as people say it: `2026-12-24`, `24.12.` (the next one), `24.12.2026`, `today`, `tomorrow`, `fri` (the next
/// one, not today), `next fri` (in the week after this one), `+3d`, `+2w`, `+1m`, `-1d`, `+` (by one day), `eom` and `eoq`
/// (the last day of the month or quarter). Words may be cut short where it is clear what is meant.
///
/// # Errors
/// [`ParseDateError`] says what is wrong.
pub fn parse_day(text: &str, today: NaiveDate) -> Result<NaiveDate, ParseDateError> {
    let said = text.trim().to_lowercase();
    let read = match said.strip_prefix("next ") {
        Some(day) => next_week(day.trim(), today),
        None if said.starts_with(['+', '-']) => shifted(&said, today),
        None if said.contains('/') => return Err(ParseDateError::Ambiguous(text.trim().to_owned())),
        None => match named(&said, today) {
            Err(ParseDayError::Form) => dotted(&said, today),
            named => named,
        },
    };
    match read {
        Ok(day) => Ok(day),
        Err(ParseDayError::Day) => Err(ParseDateError::NoSuchDay(text.trim().to_owned())),
        Err(ParseDayError::Form) => parse_date(text),
    }
}

/// Why one of the forms of a day does not fit.
enum ParseDayError {
    /// It is of another form.
    Form,
    /// It is of this form, but there is no such day.
    Day,
}

type Read = Result<NaiveDate, ParseDayError>;

/// Reads a day, with a time of day after it if there is one: `fri 14:30`, `tomorrow 9`. A time alone is today's.
///
/// # Errors
/// [`ParseDateError`] says what is wrong.
pub fn parse_when(text: &str, today: NaiveDate) -> Result<(NaiveDate, Option<NaiveTime>), ParseDateError> {
    let text = text.trim();
    if let Some(time) = text.contains(':').then(|| parse_time(text)).flatten() {
        return Ok((today, Some(time)));
    }
    let is_time = |last: &str| last.starts_with(|c: char| c.is_ascii_digit()) && !last.contains(['-', '.', '/']);
    match text.rsplit_once(char::is_whitespace) {
        Some((day, last)) if is_time(last) => {
            let time = parse_time(last).ok_or_else(|| ParseDateError::Time(last.to_owned()))?;
            Ok((parse_day(day, today)?, Some(time)))
        }
        _ => Ok((parse_day(text, today)?, None)),
    }
}

/// Formats a day with its weekday: `Fri 2026-12-25`.
pub fn format_day(day: NaiveDate) -> String {
    day.format("%a %Y-%m-%d").to_string()
}

/// Reads a time of day: `14:30`, `9`, `9:05`.
pub fn parse_time(text: &str) -> Option<NaiveTime> {
    let (hours, minutes) = text.trim().split_once(':').unwrap_or((text.trim(), "00"));
    let digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(hours, 2) || !digits(minutes, 2) || minutes.len() != 2 {
        return None;
    }
    NaiveTime::from_hms_opt(hours.parse().ok()?, minutes.parse().ok()?, 0)
}

/// A day by its name.
fn named(said: &str, today: NaiveDate) -> Read {
    const LEAST: usize = 3;
    let is = |word: &str| said == word || (said.len() >= LEAST && word.starts_with(said));
    let day = match said {
        "eom" => last_of_month(today, 0),
        "eoq" => last_of_month(today, 2 - today.month0() % 3),
        _ if is("today") => Some(today),
        _ if is("tomorrow") => today.succ_opt(),
        _ if is("yesterday") => today.pred_opt(),
        _ => {
            let day = weekday(said).ok_or(ParseDayError::Form)?.num_days_from_monday();
            let ahead = (day + 6 - today.weekday().num_days_from_monday()) % 7 + 1;
            today.checked_add_days(Days::new(ahead.into()))
        }
    };
    day.ok_or(ParseDayError::Day)
}

/// A day of the week after this one.
fn next_week(said: &str, today: NaiveDate) -> Read {
    let day = weekday(said).ok_or(ParseDayError::Form)?.num_days_from_monday();
    let ahead = 7 + day - today.weekday().num_days_from_monday();
    today.checked_add_days(Days::new(ahead.into())).ok_or(ParseDayError::Day)
}

fn weekday(said: &str) -> Option<Weekday> {
    const DAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Mon),
        ("tuesday", Weekday::Tue),
        ("wednesday", Weekday::Wed),
        ("thursday", Weekday::Thu),
        ("friday", Weekday::Fri),
        ("saturday", Weekday::Sat),
        ("sunday", Weekday::Sun),
    ];
    DAYS.into_iter().find(|(name, _)| said.len() >= 2 && name.starts_with(said)).map(|(_, day)| day)
}

/// `+3d`, `-1w`, `+2` (days), `+`: so much after or before today.
fn shifted(said: &str, today: NaiveDate) -> Read {
    const MOST: u32 = 100_000;
    let is_back = said.starts_with('-');
    let rest = said.get(1..).unwrap_or_default().trim_start();
    let (number, unit) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let count = match number {
        "" => 1,
        number => number.parse().ok().filter(|count| *count <= MOST).ok_or(ParseDayError::Form)?,
    };
    let days = match unit.trim() {
        "" | "d" | "day" | "days" => Days::new(count.into()),
        "w" | "week" | "weeks" => Days::new(u64::from(count) * 7),
        "m" | "month" | "months" => {
            let months = Months::new(count);
            let day = if is_back { today.checked_sub_months(months) } else { today.checked_add_months(months) };
            return day.ok_or(ParseDayError::Day);
        }
        _ => return Err(ParseDayError::Form),
    };
    if is_back { today.checked_sub_days(days) } else { today.checked_add_days(days) }.ok_or(ParseDayError::Day)
}

/// `24.12.`, `24.12`: the next such day; `24.12.2026`.
fn dotted(said: &str, today: NaiveDate) -> Read {
    let parts: Vec<&str> = said.trim_end_matches('.').split('.').map(str::trim).collect();
    let number = |part: &str, most: usize| {
        let is_number = (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse::<u32>().ok()).flatten().ok_or(ParseDayError::Form)
    };
    match parts[..] {
        [day, month] => {
            let (day, month) = (number(day, 2)?, number(month, 2)?);
            // 29 February may be some years off.
            let dates = (0..=8).filter_map(|ahead| NaiveDate::from_ymd_opt(today.year() + ahead, month, day));
            dates.into_iter().find(|date| *date >= today).ok_or(ParseDayError::Day)
        }
        [day, month, year] if year.len() == 4 => {
            let year = i32::try_from(number(year, 4)?).map_err(|_| ParseDayError::Form)?;
            NaiveDate::from_ymd_opt(year, number(month, 2)?, number(day, 2)?).ok_or(ParseDayError::Day)
        }
        _ => Err(ParseDayError::Form),
    }
}

/// The last day of the month that is so many after this one.
fn last_of_month(today: NaiveDate, ahead: u32) -> Option<NaiveDate> {
    let first = today.with_day(1)?.checked_add_months(Months::new(ahead + 1))?;
    first.pred_opt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A Tuesday.
    const TODAY: &str = "2026-11-24";

    fn day(text: &str) -> String {
        parse_day(text, TODAY.parse().unwrap()).map_or_else(|error| error.to_string(), |day| day.to_string())
    }

    #[test]
    fn only_real_days_in_the_strict_form_are_dates() {
        for good in ["2026-12-24", "2028-02-29", "1900-01-01", "9999-12-31", " 2026-01-02 "] {
            assert!(parse_date(good).is_ok(), "{good}");
        }
        for bad in ["", "24.12.2026", "2026-1-2", "+026-01-02", "2026/12/24", "20261224", "２０26-12-24", "tomorrow"]
        {
            assert!(matches!(parse_date(bad), Err(ParseDateError::Form(_))), "{bad}");
        }
        for bad in ["2026-02-29", "2026-06-31", "2026-13-01", "2026-00-10"] {
            assert!(matches!(parse_date(bad), Err(ParseDateError::NoSuchDay(_))), "{bad}");
        }
    }

    #[test]
    fn common_ways_to_type_a_day_are_parsed() {
        for (said, is) in [
            ("2026-12-24", "2026-12-24"),
            ("24.12.", "2026-12-24"),
            ("24.12", "2026-12-24"),
            ("1.2.", "2027-02-01"),
            ("29.2.", "2028-02-29"),
            ("24.12.2027", "2027-12-24"),
            ("today", TODAY),
            ("Tom", "2026-11-25"),
            ("tomorrow", "2026-11-25"),
            ("yesterday", "2026-11-23"),
            ("fri", "2026-11-27"),
            ("tue", "2026-12-01"),
            ("Tuesday", "2026-12-01"),
            ("mon", "2026-11-30"),
            ("next fri", "2026-12-04"),
            ("next mo", "2026-11-30"),
            ("+", "2026-11-25"),
            ("+3d", "2026-11-27"),
            ("+3", "2026-11-27"),
            ("+2w", "2026-12-08"),
            ("+3m", "2027-02-24"),
            ("-1d", "2026-11-23"),
            ("eom", "2026-11-30"),
            ("eoq", "2026-12-31"),
        ] {
            assert_eq!(day(said), is, "{said}");
        }
        for (said, why) in [
            ("", "is not a date"),
            ("12/24", "could be two days"),
            ("soon", "is not a date"),
            ("t", "is not a date"),
            ("+-5", "is not a date"),
            ("+3y", "is not a date"),
            ("31.6.", "not a valid date"),
            ("29.2.2027", "not a valid date"),
            ("2026-02-30", "not a valid date"),
            ("1.2.3.4", "is not a date"),
        ] {
            assert!(day(said).contains(why), "{said}: {}", day(said));
        }
    }

    #[test]
    fn a_time_may_follow_the_day() {
        let when = |text: &str| {
            parse_when(text, TODAY.parse().unwrap()).map_or_else(
                |error| error.to_string(),
                |(day, time)| format!("{day} {}", time.map_or("-".to_owned(), |time| time.format("%H:%M").to_string())),
            )
        };
        for (said, is) in [
            ("fri 14:30", "2026-11-27 14:30"),
            ("next fri 9", "2026-12-04 09:00"),
            ("tomorrow 9", "2026-11-25 09:00"),
            ("24.12. 8:05", "2026-12-24 08:05"),
            ("2026-12-24", "2026-12-24 -"),
            ("16:00", "2026-11-24 16:00"),
            ("+1w", "2026-12-01 -"),
        ] {
            assert_eq!(when(said), is, "{said}");
        }
        assert!(when("fri 25:00").contains("not a time of day"));
        assert!(when("fri 9:5").contains("not a time of day"));
    }

    proptest! {
        #[test]
        fn no_text_causes_a_panic(text in "\\PC{0,12}|[+-]?[0-9]{0,6}[dwm./: -]{0,3}[0-9a-z]{0,5}", ahead in 0_u64..4_000_000) {
            let today = NaiveDate::MIN + Days::new(ahead * 40);
            let _ = (parse_day(&text, today), parse_when(&text, today), parse_time(&text));
        }

        #[test]
        fn a_formatted_day_parses_back(ahead in 0_u64..3_000_000, today in 0_u64..100_000) {
            let first = NaiveDate::from_ymd_opt(1000, 1, 1).unwrap();
            let (day, today) = (first + Days::new(ahead), first + Days::new(today + 300_000));
            prop_assert_eq!(parse_day(&day.to_string(), today), Ok(day));
            prop_assert_eq!(parse_day(&day.format("%d.%m.%Y").to_string(), today), Ok(day));
        }

        #[test]
        fn a_day_without_a_year_is_never_in_the_past(today in 0_u64..100_000, text in "(mon|tue|fri|sun|eom|eoq|1\\.1\\.|31\\.12\\.|29\\.2\\.)") {
            let today = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap() + Days::new(today);
            prop_assert!(parse_day(&text, today).unwrap() >= today);
        }
    }
}
