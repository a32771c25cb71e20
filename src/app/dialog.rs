//! Dialogs: what opens over the view and takes the keys until it is closed.

use chrono::NaiveDate;
use tui_input::Input;

use super::actions::Action;
use super::copy::Part;
use super::form::Form;
use super::notes::NoteEditor;
use super::state::Undo;
use super::token::TokenPrompt;
use crate::domain::{
    ActivityId, DealId, ItemRef, LeadId, NoteId, PipelineId, StageId, parse_day, parse_when, spelled_out,
};
use crate::sync::KeptEdit;

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
        edits: Option<Vec<KeptEdit>>,
        /// Which is selected.
        selected: usize,
    },
    /// A new API token.
    Token(TokenPrompt),
    /// Edits are under way and the person wants to quit.
    Quit,
}

/// What is picked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picking {
    /// A stage for a deal.
    MoveDeal(DealId),
    /// A stage for the deal that a lead is made into.
    ConvertLead(LeadId),
    /// The pipeline to show.
    Pipeline,
    /// Something linked, to go to.
    Linked,
    /// A note of an item, to be changed.
    Note,
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
    /// An item.
    Item(ItemRef),
    /// A note.
    Note(NoteId),
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
            Picking::ConvertLead(_) => "Convert to a deal in",
            Picking::Pipeline => "Pipeline",
            Picking::Linked => "Go to",
            Picking::Note => "Notes: enter changes one, X deletes it",
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

    /// Keeps the lines in which every typed word occurs, a stage's pipeline included; those with the words as they
    /// were typed come first.
    pub(super) fn narrow(&mut self) {
        let typed = self.input.value().trim().to_lowercase();
        let mut matching: Vec<(bool, usize)> = self
            .all
            .iter()
            .enumerate()
            .map(|(at, line)| (line.label.to_lowercase(), line.pipeline().to_lowercase(), at))
            .filter(|(label, pipeline, _)| {
                typed.split_whitespace().all(|word| label.contains(word) || pipeline.contains(word))
            })
            .map(|(label, _, at)| (!label.contains(&typed), at))
            .collect();
        matching.sort_unstable();
        self.matching = matching.into_iter().map(|(_, at)| at).collect();
        self.selected = 0;
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
    /// Another day for an activity.
    Day(ActivityId),
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
            Ask::Day(_) => "Due date",
        }
    }

    /// What a typed day means, shown back as it is typed.
    pub fn means(&self, today: NaiveDate) -> Option<String> {
        let text = self.input.value();
        match self.ask {
            Ask::ExpectedClose(_) => parse_day(text, today).ok().map(spelled_out),
            Ask::Day(_) => parse_when(text, today).ok().map(|(day, time)| match time {
                Some(time) => format!("{} {}", spelled_out(day), time.format("%H:%M")),
                None => spelled_out(day),
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
            Ask::ExpectedClose(_) => "2026-12-24, 24.12., fri, +2w, eom; empty for none",
            Ask::LostReason(_) => "may be left empty",
            Ask::Day(_) => "tomorrow, fri 14:30, +3d, 2026-12-24; without a time it stays",
        }
    }
}
