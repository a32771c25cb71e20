//! Dates as Pipedrive writes them.

use chrono::NaiveDate;

/// Why a text is not a date. A date is written `YYYY-MM-DD`, as Pipedrive's expected closing dates are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not of the form `YYYY-MM-DD`.
    #[error("'{0}' is not a date: write it as YYYY-MM-DD, such as 2026-12-24")]
    Form(String),
    /// Of the form, but no day of the calendar.
    #[error("{0} is not a day of the calendar")]
    NoSuchDay(String),
}

/// Reads a date of the strict form `YYYY-MM-DD`: four, two and two digits.
///
/// # Errors
/// [`DateError`] tells a wrong form from a day that does not exist, such as 31 June.
pub fn parse_date(text: &str) -> Result<NaiveDate, DateError> {
    let text = text.trim();
    let form = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    if !form {
        return Err(DateError::Form(text.to_owned()));
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| DateError::NoSuchDay(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_days_in_the_strict_form_are_dates() {
        for good in ["2026-12-24", "2028-02-29", "1900-01-01", "9999-12-31", " 2026-01-02 "] {
            assert!(parse_date(good).is_ok(), "{good}");
        }
        for bad in ["", "24.12.2026", "2026-1-2", "+026-01-02", "2026/12/24", "20261224", "２０26-12-24", "tomorrow"]
        {
            assert!(matches!(parse_date(bad), Err(DateError::Form(_))), "{bad}");
        }
        for bad in ["2026-02-29", "2026-06-31", "2026-13-01", "2026-00-10"] {
            assert!(matches!(parse_date(bad), Err(DateError::NoSuchDay(_))), "{bad}");
        }
    }
}
