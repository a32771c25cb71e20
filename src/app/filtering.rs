//! The filter by fields: a list of what can be asked in the view that is shown, from which each is answered by a pick,
//! a line of text or at once. What is asked holds as soon as it is chosen.

use crate::app::{Account, Session};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::dialogs::{Dialog, PickDialog, Prompt, PromptKind, Request};
use super::widgets::picker::PickerItem;
use crate::app::notice::Tone;
use crate::app::view::View;
use crate::domain::{LabelColor, Money, PipelineId, StageId, parse_day};
use crate::workspace::{Conditions, LabelRef, OwnerFilter};

/// What can be asked in a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Whose it is.
    Whose,
    /// Its labels.
    Labels,
    /// Its pipeline.
    Pipeline,
    /// Its stage.
    Stage,
    /// A bound of its value or expected close.
    Bound(Bound),
    /// Something that it is or is not.
    Flag(Flag),
    /// Words in what it is called.
    Words,
    /// Nothing any more.
    Nothing,
}

/// A bound that is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The least value.
    ValueFrom,
    /// The highest value.
    ValueTo,
    /// The first day on which it may be expected to close.
    CloseFrom,
    /// The last one.
    CloseTo,
}

impl Bound {
    /// Whether it is a day.
    pub const fn is_day(self) -> bool {
        matches!(self, Self::CloseFrom | Self::CloseTo)
    }

    /// What is asked for.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ValueFrom => "Value at least",
            Self::ValueTo => "Value at most",
            Self::CloseFrom => "Expected to close from",
            Self::CloseTo => "Expected to close until",
        }
    }

    /// How to answer.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::ValueFrom | Self::ValueTo => "an amount, with a currency's code to see only that: 5000 or 5000 USD",
            Self::CloseFrom | Self::CloseTo => "a day: 2026-12-24, fri, +2w, eom; empty for any",
        }
    }
}

/// Something that an item is or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// Untouched for longer than its stage allows.
    Rotting,
    /// Nothing is planned for it.
    NothingNext,
    /// Something is overdue.
    Overdue,
}

/// An answer that was picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// What is to be answered next.
    Asking(Asking),
    /// Whose; `None` for anybody's.
    Whose(Option<OwnerFilter>),
    /// A label, in addition or no longer.
    Label(LabelRef),
    /// A pipeline; `None` for all.
    Pipeline(Option<PipelineId>),
    /// A stage; `None` for all.
    Stage(Option<StageId>),
}

/// What can be asked in a view, in order.
fn askable(view: View) -> Vec<Asking> {
    let value = [Asking::Bound(Bound::ValueFrom), Asking::Bound(Bound::ValueTo)];
    let close = [Asking::Bound(Bound::CloseFrom), Asking::Bound(Bound::CloseTo)];
    let rotting = Asking::Flag(Flag::Rotting);
    let next = [Asking::Flag(Flag::NothingNext), Asking::Flag(Flag::Overdue)];
    let whose = [Asking::Whose, Asking::Labels];
    match view {
        View::Board => [&whose[..], &value, &close, &[rotting], &next].concat(),
        View::Deals => [&whose[..], &[Asking::Pipeline, Asking::Stage], &value, &close, &[rotting], &next].concat(),
        View::Leads => [&whose[..], &value, &close, &next].concat(),
        View::People | View::Orgs => [&whose[..], &next].concat(),
        View::Activities => vec![Asking::Whose, Asking::Flag(Flag::Overdue)],
        View::Users => Vec::new(),
    }
}

/// Opens the list of what can be asked.
pub(super) fn open_filters(session: &mut Session, account: &Account) {
    open_asking(session, account, None);
}

/// Opens it again at what was answered last.
fn open_asking(session: &mut Session, account: &Account, at: Option<Asking>) {
    let view = session.view;
    let asked = session.filter.conditions(view);
    let all = askable(view).into_iter().chain([Asking::Words, Asking::Nothing]);
    let lines: Vec<_> = all
        .map(|asking| {
            let (label, hint) = asking_line(session, account, asking, &asked);
            PickerItem::new(label, hint, Request::Filter(Answer::Asking(asking)))
        })
        .collect();
    open_answers(session, lines, at.map(Answer::Asking));
}

/// What can be asked, and what is asked now.
fn asking_line(session: &Session, account: &Account, asking: Asking, asked: &Conditions) -> (&'static str, String) {
    let yes = |on: bool| if on { "✓ only those".to_owned() } else { String::new() };
    let day = |day: Option<NaiveDate>| day.map(crate::domain::format_day).unwrap_or_default();
    let amount = |amount: Option<Decimal>| match (amount, &asked.currency) {
        (None, _) => String::new(),
        (Some(amount), None) => amount.normalize().to_string(),
        (Some(amount), Some(currency)) => format!("{} {currency}", amount.normalize()),
    };
    match asking {
        Asking::Whose => ("Owner…", whose_name(account, asked.whose)),
        Asking::Labels => {
            let names =
                asked.labels.iter().filter_map(|label| account.workspace.label_of(*label)).map(|(name, _)| name);
            ("Labels…", names.collect::<Vec<_>>().join(", "))
        }
        Asking::Pipeline => {
            let pipeline = asked.pipeline.and_then(|id| account.workspace.pipeline(id));
            ("Pipeline…", pipeline.map(|pipeline| pipeline.name.clone()).unwrap_or_default())
        }
        Asking::Stage => {
            let stage = asked.stage.and_then(|id| account.workspace.stage(id));
            ("Stage…", stage.map(|stage| stage.name.clone()).unwrap_or_default())
        }
        Asking::Bound(bound) => (
            match bound {
                Bound::ValueFrom => "Value at least…",
                Bound::ValueTo => "Value at most…",
                Bound::CloseFrom => "Expected to close from…",
                Bound::CloseTo => "Expected to close until…",
            },
            match bound {
                Bound::ValueFrom => amount(asked.value.from),
                Bound::ValueTo => amount(asked.value.to),
                Bound::CloseFrom => day(asked.close.from),
                Bound::CloseTo => day(asked.close.to),
            },
        ),
        Asking::Flag(Flag::Rotting) => ("Rotting", yes(asked.rotting)),
        Asking::Flag(Flag::NothingNext) => ("Nothing planned", yes(asked.nothing_next)),
        Asking::Flag(Flag::Overdue) => ("Overdue", yes(asked.overdue)),
        Asking::Words => ("Text contains…", session.filter.input.value().to_owned()),
        Asking::Nothing => ("Clear all filters", String::new()),
    }
}

fn whose_name(account: &Account, whose: Option<OwnerFilter>) -> String {
    match whose {
        None => String::new(),
        Some(OwnerFilter::Mine) => "mine".to_owned(),
        Some(OwnerFilter::Of(id)) => account.workspace.user(id).map(|user| user.name.clone()).unwrap_or_default(),
    }
}

/// An answer was picked.
pub(super) fn answered(session: &mut Session, account: &Account, answer: Answer) {
    let view = session.view;
    let mut asked = session.filter.conditions(view);
    let at = match answer {
        Answer::Asking(Asking::Flag(flag)) => {
            let on = match flag {
                Flag::Rotting => &mut asked.rotting,
                Flag::NothingNext => &mut asked.nothing_next,
                Flag::Overdue => &mut asked.overdue,
            };
            *on = !*on;
            Asking::Flag(flag)
        }
        Answer::Asking(asking) => return ask_for(session, account, asking),
        Answer::Whose(whose) => {
            asked.whose = whose;
            Asking::Whose
        }
        Answer::Label(label) => {
            match asked.labels.iter().position(|other| *other == label) {
                Some(at) => drop(asked.labels.remove(at)),
                None => asked.labels.push(label),
            }
            session.filter.ask(view, asked);
            return open_asked_labels(session, account, Some(label));
        }
        Answer::Pipeline(pipeline) => {
            asked.pipeline = pipeline;
            asked.stage = None;
            Asking::Pipeline
        }
        Answer::Stage(stage) => {
            asked.stage = stage;
            Asking::Stage
        }
    };
    session.filter.ask(view, asked);
    open_asking(session, account, Some(at));
}

fn ask_for(session: &mut Session, account: &Account, asking: Asking) {
    let view = session.view;
    match asking {
        Asking::Whose => open_whose(session, account),
        Asking::Labels => open_asked_labels(session, account, None),
        Asking::Pipeline => open_place(session, account, Asking::Pipeline),
        Asking::Stage => open_place(session, account, Asking::Stage),
        Asking::Bound(bound) => {
            let (_, now) = asking_line(session, account, asking, &session.filter.conditions(view));
            // A day is shown with its weekday, which is not typed.
            let now = now.rsplit_once(' ').filter(|_| bound.is_day()).map_or(now.clone(), |(_, day)| day.to_owned());
            session.dialog = Some(Dialog::Prompt(Prompt::new(PromptKind::Bound(bound), now)));
        }
        Asking::Words => session.filter.typing = true,
        Asking::Nothing => {
            session.filter.clear_words();
            session.filter.clear(view);
        }
        Asking::Flag(_) => {}
    }
}

fn open_whose(session: &mut Session, account: &Account) {
    let now = session.filter.conditions(session.view).whose;
    let line = |label: &str, hint: &str, whose| PickerItem::new(label, hint, Request::Filter(Answer::Whose(whose)));
    let mut lines = vec![line("anybody", "", None)];
    lines.extend(account.workspace.me().map(|me| line(&me.name, "you", Some(OwnerFilter::Mine))));
    let users = account.workspace.users().iter().filter_map(|key| account.workspace.user(key.id));
    lines
        .extend(users.map(|user| {
            line(&user.name, if user.active { "" } else { "deactivated" }, Some(OwnerFilter::Of(user.id)))
        }));
    open_answers(session, lines, Some(Answer::Whose(now)));
}

fn open_asked_labels(session: &mut Session, account: &Account, at: Option<LabelRef>) {
    let asked = session.filter.conditions(session.view).labels;
    let mut labels: Vec<(String, LabelRef)> = labels_of_view(session, account)
        .into_iter()
        .filter_map(|label| {
            account.workspace.label_of(label).map(|(name, _): (&str, LabelColor)| (name.to_owned(), label))
        })
        .collect();
    labels.sort();
    let mut lines: Vec<_> = labels
        .into_iter()
        .map(|(label, id)| {
            let hint = if asked.contains(&id) { "✓" } else { "" };
            PickerItem::new(label, hint, Request::Filter(Answer::Label(id)))
        })
        .collect();
    if lines.is_empty() {
        session.tell(Tone::Info, "There are no labels.");
        return;
    }
    lines.push(PickerItem::new("Done", "", Request::OpenFilters));
    open_answers(session, lines, at.map(Answer::Label));
}

fn labels_of_view(session: &Session, account: &Account) -> Vec<LabelRef> {
    match session.view {
        View::Board | View::Deals => account.workspace.labels().map(|label| LabelRef::Deal(label.id)).collect(),
        View::Leads => account.workspace.lead_labels().map(|label| LabelRef::Lead(label.id)).collect(),
        View::People => account.workspace.person_labels().map(|label| LabelRef::Person(label.id)).collect(),
        View::Orgs => account.workspace.org_labels().map(|label| LabelRef::Org(label.id)).collect(),
        View::Activities | View::Users => Vec::new(),
    }
}

fn open_place(session: &mut Session, account: &Account, asking: Asking) {
    let asked = session.filter.conditions(session.view);
    let line = |label: &str, hint: &str, answer| PickerItem::new(label, hint, Request::Filter(answer));
    let pipelines = account.workspace.pipelines().iter();
    let (lines, now) = if asking == Asking::Pipeline {
        let all = pipelines.map(|pipeline| line(&pipeline.name, "", Answer::Pipeline(Some(pipeline.id))));
        let first = line("all pipelines", "", Answer::Pipeline(None));
        (std::iter::once(first).chain(all).collect::<Vec<_>>(), Answer::Pipeline(asked.pipeline))
    } else {
        let mut lines = vec![line("all stages", "", Answer::Stage(None))];
        for pipeline in pipelines.filter(|pipeline| asked.pipeline.is_none_or(|id| id == pipeline.id)) {
            let stages = account.workspace.stages(pipeline.id);
            lines.extend(stages.map(|stage| line(&stage.name, &pipeline.name, Answer::Stage(Some(stage.id)))));
        }
        (lines, Answer::Stage(asked.stage))
    };
    open_answers(session, lines, Some(now));
}

/// Opens a list of answers at one of them.
fn open_answers(session: &mut Session, lines: Vec<PickerItem<Request>>, at: Option<Answer>) {
    let picker = PickDialog::new("Filter", lines);
    session.dialog = Some(Dialog::Pick(match at {
        Some(answer) => picker.at(&Request::Filter(answer)),
        None => picker,
    }));
}

/// A bound was typed.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn answer_bound(session: &mut Session, account: &Account, bound: Bound, text: &str) -> Result<(), String> {
    let view = session.view;
    let mut asked = session.filter.conditions(view);
    let today = session.today(&account.workspace);
    if bound.is_day() {
        let day = (!text.is_empty()).then(|| parse_day(text, today)).transpose();
        let day = day.map_err(|error| error.to_string())?;
        *(if bound == Bound::CloseFrom { &mut asked.close.from } else { &mut asked.close.to }) = day;
    } else {
        let amount = (!text.is_empty()).then(|| Money::parse(text, &account.workspace.currency())).transpose();
        let amount = amount.map_err(|error| error.to_string())?;
        // Only a currency that was written is asked for.
        let is_written = text.contains(|c: char| !c.is_ascii_digit() && !" .,'-".contains(c));
        if let Some(money) = amount.as_ref().filter(|_| is_written) {
            asked.currency = Some(money.currency.clone());
        }
        let amount = amount.map(|money| money.amount);
        *(if bound == Bound::ValueFrom { &mut asked.value.from } else { &mut asked.value.to }) = amount;
        if !asked.value.is_any() {
            asked.currency = None;
        }
    }
    session.filter.ask(view, asked);
    open_asking(session, account, Some(Asking::Bound(bound)));
    Ok(())
}
