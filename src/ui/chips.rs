//! What is asked in the filter line beside the words, a few words each.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Screen, format, text};
use crate::domain::UserId;
use crate::workspace::{Conditions, OwnerFilter};

/// How much of a filter's name is shown.
const LONGEST_NAME: u16 = 18;

impl Screen<'_> {
    /// What is asked in the view that is shown, beside the words.
    pub(super) fn chips(self) -> Vec<String> {
        let asked = self.session.filter.conditions(self.session.view);
        let account = self.workspace;
        let mut chips: Vec<String> = asked.whose.map(|whose| self.whose(whose)).into_iter().collect();
        chips.extend(self.labels_asked(&asked));
        chips.extend(asked.pipeline.and_then(|id| account.pipeline(id)).map(|pipeline| pipeline.name.clone()));
        chips.extend(asked.stage.and_then(|id| account.stage(id)).map(|stage| stage.name.clone()));
        let currency = asked.currency.as_ref().map(|currency| currency.code().to_owned());
        chips.extend(between(asked.value.from, asked.value.to, |amount: Decimal| amount.normalize().to_string()).map(
            |span| match &currency {
                Some(currency) => format!("value {span} {currency}"),
                None => format!("value {span}"),
            },
        ));
        chips.extend(currency.filter(|_| !asked.value.is_any()).map(|currency| format!("in {currency}")));
        let today = self.session.today(account);
        let day = |day: NaiveDate| format::calendar_day(day, today);
        chips.extend(between(asked.close.from, asked.close.to, day).map(|span| format!("closes {span}")));
        let flags = [(asked.rotting, "rotting"), (asked.nothing_next, "nothing planned"), (asked.overdue, "overdue")];
        chips.extend(flags.into_iter().filter(|(on, _)| *on).map(|(_, name)| name.to_owned()));
        chips.extend(asked.among.map(|among| {
            let clock = among.at.with_timezone(&account.zone()).format("%H:%M");
            format!("{} as of {clock}", text::fit(&among.name, LONGEST_NAME).0)
        }));
        chips
    }

    /// Whose items are shown.
    pub(super) fn whose(self, whose: OwnerFilter) -> String {
        match whose {
            OwnerFilter::Mine => "mine".to_owned(),
            OwnerFilter::Of(id) => self.user_name(id),
        }
    }

    pub(super) fn user_name(self, id: UserId) -> String {
        self.workspace.user(id).map_or_else(|| format!("user {id}"), |user| user.name.clone())
    }

    fn labels_asked(self, asked: &Conditions) -> Option<String> {
        let known = asked.labels.iter().filter_map(|label| self.workspace.label_of(*label));
        let names: Vec<&str> = known.map(|(name, _)| name).collect();
        (!asked.labels.is_empty()).then(|| format!("labelled {}", names.join(" or ")))
    }
}

/// A span in words.
fn between<T: Copy + PartialEq>(from: Option<T>, to: Option<T>, shown: impl Fn(T) -> String) -> Option<String> {
    match (from, to) {
        (None, None) => None,
        (Some(from), None) => Some(format!("≥ {}", shown(from))),
        (None, Some(to)) => Some(format!("≤ {}", shown(to))),
        (Some(from), Some(to)) if from == to => Some(shown(from)),
        (Some(from), Some(to)) => Some(format!("{} – {}", shown(from), shown(to))),
    }
}
