//! Dialogs: what opens over the view and takes the keys until it is closed.

use std::cmp::Reverse;

use chrono::NaiveDate;
use tui_input::Input;

use super::actions::Action;
use super::columns::Chosen;
use super::copy::Part;
use super::filtering::{Answer, Bound};
use super::form::Form;
use super::fuzzy::{Fuzzy, Score};
use super::named::Name;
use super::notes::NoteEditor;
use super::targets::Checklist;
use super::token::TokenPrompt;
use crate::app::session::Undo;
use crate::domain::{
    ActivityId, DealId, ItemRef, LeadId, NoteId, PipelineId, StageId, UserId, format_day, parse_day, parse_when,
};
use crate::sync::JournalEntry;
use crate::workspace::{Column, EditId};

/// The dialog that is open.
#[derive(Debug)]
pub enum Dialog {
    /// All keys.
    Help {
        /// Rows scrolled.
        top: u16,
    },
    /// How the line to Pipedrive fares, in detail.
    Diagnostics {
        /// Rows scrolled.
        top: u16,
    },
    /// One of a list.
    Pick(Picker),
    /// The columns of a table.
    Columns(Chosen),
    /// One line of text.
    Prompt(Prompt),
    /// Several fields.
    Form(Form),
    /// A note.
    Note(NoteEditor),
    /// Edits that need attention: to be done again, changed or discarded.
    Attention {
        /// Which is selected.
        selected: usize,
    },
    /// Whether something is to be deleted.
    Delete {
        /// What.
        item: ItemRef,
        /// Its name.
        name: String,
        /// The creation that this takes back, if it is that.
        undo: Option<Box<Undo>>,
    },
    /// Whether something is to be done to many items.
    Confirm(Confirm),
    /// Labels to put on or take away.
    Labels(Checklist),
    /// How a bulk fares, and what of it was not done.
    Bulk {
        /// Rows scrolled.
        top: u16,
    },
    /// What is next, once nothing more is planned.
    Next {
        /// The activity that was done.
        done: ActivityId,
        /// What it was about.
        about: ItemRef,
        /// The name of that.
        name: String,
    },
    /// Whether a deal is to become a lead again.
    BackToLead {
        /// Which.
        deal: DealId,
        /// Its title.
        title: String,
        /// The conversion that this takes back, if it is that.
        undo: Option<Box<Undo>>,
    },
    /// What was edited from here.
    History {
        /// The edits, the latest first; `None` until they are there.
        edits: Option<Vec<JournalEntry>>,
        /// Which is selected.
        selected: usize,
    },
    /// A new API token.
    Token(TokenPrompt),
    /// Edits are under way and the person wants to quit.
    Quit,
}

/// What is asked before it is done to many items.
#[derive(Debug)]
pub enum Confirm {
    /// Whether they are to be deleted.
    DeleteAll {
        /// How many of what.
        what: String,
        /// The names of the first.
        names: Vec<String>,
        /// How many others there are.
        more: usize,
    },
    /// Whether a bulk is to be undone.
    UndoAll {
        /// Which.
        bulk: EditId,
        /// What it did.
        what: String,
        /// How many edits that takes.
        count: usize,
        /// Whether what it made is deleted.
        deletes: bool,
    },
}

/// What is picked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picking {
    /// A stage for a deal.
    MoveDeal(DealId),
    /// A stage for all marked deals.
    StageForAll,
    /// Who is to look after what is marked or selected.
    Owner,
    /// A stage for the deal that a lead is made into.
    ConvertLead(LeadId),
    /// The pipeline to show.
    Pipeline,
    /// Something linked, to go to.
    Linked,
    /// What Pipedrive's search has found, to be gone to.
    Found,
    /// What others have changed lately, to be gone to.
    Lately,
    /// A note of an item, to be changed.
    Note,
    /// What to sort by.
    Sort,
    /// What is asked by the filter.
    Filter,
    /// A filter by its name.
    Name,
    /// An action.
    Action,
    /// What of an item is to be copied.
    Copy(ItemRef),
}

/// What can be picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// A stage.
    Stage(StageId),
    /// A pipeline.
    Pipeline(PipelineId),
    /// A user.
    User(UserId),
    /// An item.
    Item(ItemRef),
    /// A note.
    Note(NoteId),
    /// What to sort by; `None` for the usual order.
    Sort(Option<Column>),
    /// A filter by its name.
    Name(Name),
    /// An answer for the filter.
    Answer(Answer),
    /// All that can be asked by the filter.
    Filters,
    /// An action.
    Action(Action),
    /// A part of an item.
    Copy(Part),
}

/// A line of a picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pickable {
    /// What it says.
    pub label: String,
    /// What is said at its right, such as a key.
    pub hint: String,
    /// What it stands for.
    pub choice: Choice,
}

impl Pickable {
    /// The name of the pipeline that a stage is in.
    fn pipeline(&self) -> &str {
        if matches!(self.choice, Choice::Stage(_)) { &self.hint } else { "" }
    }
}

/// A list to pick from, narrowed by typing.
#[derive(Debug)]
pub struct Picker {
    /// What for.
    pub picking: Picking,
    /// What is typed.
    pub input: Input,
    /// All lines.
    pub all: Vec<Pickable>,
    /// Which lines match, in order.
    pub matching: Vec<usize>,
    /// Which of the matching ones is selected.
    pub selected: usize,
}

impl Picker {
    /// A list with nothing typed; `selected` is the line to start at.
    pub fn new(picking: Picking, all: Vec<Pickable>, selected: usize) -> Self {
        let matching = (0..all.len()).collect();
        Self { picking, input: Input::default(), all, matching, selected }
    }

    /// What it asks, for the frame.
    pub fn title(&self) -> &'static str {
        match self.picking {
            Picking::MoveDeal(_) => "Move to stage",
            Picking::StageForAll => "Move all marked to stage",
            Picking::Owner => "Owner",
            Picking::ConvertLead(_) => "Convert to a deal in",
            Picking::Pipeline => "Pipeline",
            Picking::Linked => "Go to",
            Picking::Found => "Found in Pipedrive",
            Picking::Lately => "Changed lately by others: enter goes there",
            Picking::Note => "Notes: enter changes one, X deletes it",
            Picking::Sort => "Sort by",
            Picking::Filter => "Filter",
            Picking::Name => "Filters by name",
            Picking::Action => "Command",
            Picking::Copy(_) => "Copy",
        }
    }

    /// The first of the matching lines that is on the screen, where `seen` of them fit.
    pub fn top(&self, seen: usize) -> usize {
        (self.selected + 1).saturating_sub(seen).min(self.matching.len().saturating_sub(seen))
    }

    /// What the matching line of this rank stands for.
    pub(super) fn choice(&self, rank: usize) -> Option<Choice> {
        Some(self.all.get(*self.matching.get(rank)?)?.choice)
    }

    /// The lines that match, in order.
    pub fn lines(&self) -> impl Iterator<Item = &Pickable> {
        self.matching.iter().filter_map(|at| self.all.get(*at))
    }

    /// Keeps the lines that match what is typed, the best first; a stage also by its pipeline, after those that match
    /// without.
    pub(super) fn narrow(&mut self) {
        let mut fuzzy = Fuzzy::new(self.input.value());
        let mut matching: Vec<(bool, Reverse<Score>, usize)> = Vec::new();
        for (at, line) in self.all.iter().enumerate() {
            if let Some(score) = fuzzy.score(&line.label) {
                matching.push((false, Reverse(score), at));
            } else if let Some(score) = fuzzy.score(&format!("{} {}", line.label, line.pipeline())) {
                matching.push((true, Reverse(score), at));
            }
        }
        matching.sort_unstable();
        self.matching = matching.into_iter().map(|(.., at)| at).collect();
        self.selected = 0;
    }

    /// Other lines, narrowed by what is typed.
    pub(super) fn replace(&mut self, all: Vec<Pickable>) {
        let selected = self.selected;
        self.all = all;
        self.narrow();
        self.selected = selected.min(self.matching.len().saturating_sub(1));
    }

    /// Moves the selection, staying in the list.
    pub(super) fn step(&mut self, by: isize) {
        let last = self.matching.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }
}

/// What a prompt asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A title for a deal or lead.
    Title(ItemRef),
    /// A value for a deal or lead.
    Value(ItemRef),
    /// A probability for a deal.
    Probability(DealId),
    /// An expected closing date for a deal or lead.
    ExpectedClose(ItemRef),
    /// Why a deal was lost.
    LostReason(DealId),
    /// What an action needs to know to be done to all marked items.
    ForAll(Action),
    /// Another day for an activity.
    Day(ActivityId),
    /// Words to search for in Pipedrive.
    Search,
    /// A bound for the filter.
    Bound(Bound),
    /// A name for what is asked by the filter.
    FilterName,
}

/// One line of text to type.
#[derive(Debug)]
pub struct Prompt {
    /// What it asks for.
    pub ask: Ask,
    /// What is typed.
    pub input: Input,
    /// Whether all of it is marked: what is typed next replaces it.
    pub marked: bool,
    /// What is wrong with it, once it was tried.
    pub error: Option<String>,
}

impl Prompt {
    /// A prompt that holds what is there now. A title is mostly changed in part, anything else replaced.
    pub fn new(ask: Ask, now: String) -> Self {
        let marked = !now.is_empty() && !matches!(ask, Ask::Title(_));
        Self { ask, input: Input::new(now), marked, error: None }
    }

    /// What it asks, for the frame.
    pub fn title(&self) -> &'static str {
        match self.ask {
            Ask::Title(_) => "Title",
            Ask::Value(_) => "Value",
            Ask::Probability(_) => "Probability in percent",
            Ask::ExpectedClose(_) => "Expected closing date",
            Ask::LostReason(_) => "Lost: why?",
            Ask::ForAll(Action::Lose) => "All marked lost: why?",
            Ask::ForAll(Action::ExpectedClose) => "Expected closing date of all marked",
            Ask::ForAll(_) => "Due date of all marked",
            Ask::Day(_) => "Due date",
            Ask::Search => "Search Pipedrive for",
            Ask::Bound(bound) => bound.title(),
            Ask::FilterName => "Save the filter as",
        }
    }

    /// What a typed day means, shown back as it is typed.
    pub fn means(&self, today: NaiveDate) -> Option<String> {
        let text = self.input.value();
        match self.ask {
            Ask::Bound(bound) if bound.is_day() => parse_day(text, today).ok().map(format_day),
            Ask::ExpectedClose(_) | Ask::ForAll(Action::ExpectedClose | Action::Reschedule) => {
                parse_day(text, today).ok().map(format_day)
            }
            Ask::Day(_) => parse_when(text, today).ok().map(|(day, time)| match time {
                Some(time) => format!("{} {}", format_day(day), time.format("%H:%M")),
                None => format_day(day),
            }),
            _ => None,
        }
    }

    /// How to answer it.
    pub fn hint(&self) -> &'static str {
        match self.ask {
            Ask::Title(_) => "enter saves, esc leaves it as it is, ctrl-u clears it",
            Ask::Value(_) => "an amount, with another currency's code if need be: 12500 or 12500 USD",
            Ask::Probability(_) => "0 to 100; empty for the stage's own",
            Ask::ExpectedClose(_) | Ask::ForAll(Action::ExpectedClose) => {
                "2026-12-24, 24.12., fri, +2w, eom; empty for none"
            }
            Ask::LostReason(_) | Ask::ForAll(Action::Lose) => "may be left empty",
            Ask::ForAll(_) => "tomorrow, fri, +3d, 2026-12-24; the time of day stays",
            Ask::Search => "also finds what is archived; costs 20 tokens",
            Ask::Day(_) => "tomorrow, fri 14:30, +3d, 2026-12-24; without a time it stays",
            Ask::Bound(bound) => bound.hint(),
            Ask::FilterName => "a name; one that is taken is replaced",
        }
    }
}
