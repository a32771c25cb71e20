//! The board: moving around, and what is done to deals there.

use super::actions::Action;
use super::dialog::{Choice, Dialog, Pickable, Picker, Picking};
use super::state::{Board, Tone};
use super::{App, Effect, layout};
use crate::domain::{
    Deal, DealId, DealPatch, DealStatus, Edit, ItemRef, PipelineId, PipelineStage, StageId, StatusChange,
};

impl App {
    /// Keeps the pipeline and the focused column among those that exist.
    pub(super) fn settle_board(&mut self) {
        let board = &mut self.state.board;
        let exists = |id: &PipelineId| self.workspace.pipeline(*id).is_some();
        if !board.pipeline.as_ref().is_some_and(exists) {
            board.pipeline = self.workspace.pipelines().first().map(|pipeline| pipeline.id);
            board.focus = 0;
            board.first = 0;
        }
        let count = self.stages().len();
        let fit = layout::columns_that_fit(layout::layout(&self.state).body);
        let board = &mut self.state.board;
        board.focus = board.focus.min(count.saturating_sub(1));
        board.first =
            board.first.min(count.saturating_sub(fit)).clamp((board.focus + 1).saturating_sub(fit), board.focus);
    }

    /// Goes to the first column in which anything matches the filter, unless something does where the cursor is.
    pub(super) fn focus_on_match(&mut self) {
        let has_match = |stage: &StageId| !self.state.cards(&self.workspace, *stage).is_empty();
        let stages = self.stages();
        if !stages.get(self.state.board.focus).is_some_and(has_match)
            && let Some(at) = stages.iter().position(has_match)
        {
            self.state.board.focus = at;
        }
    }

    /// Brings the cursors of the columns in line with their cards.
    pub(super) fn settle_columns(&mut self) {
        let fit = layout::cards_that_fit(layout::layout(&self.state).body);
        for stage in self.stages() {
            let mut cursor = self.state.board.cursors.remove(&stage).unwrap_or_default();
            let cards = self.state.cards(&self.workspace, stage);
            cursor.follow(cards.len(), |id| self.state.card_rank(&self.workspace, stage, id), |rank| cards.get(rank));
            cursor.scroll(cursor.rank, cards.len(), fit);
            self.state.board.cursors.insert(stage, cursor);
        }
    }

    /// The stages of the pipeline that is shown, in order.
    pub(super) fn stages(&self) -> Vec<StageId> {
        let pipeline = self.state.board.pipeline;
        pipeline.into_iter().flat_map(|id| self.workspace.stages(id)).map(|stage| stage.id).collect()
    }

    pub(super) fn go_on_board(&mut self, action: Action) {
        let count = self.stages().len();
        let board = &mut self.state.board;
        match action {
            Action::Left => board.focus = board.focus.saturating_sub(1),
            Action::Right => board.focus = (board.focus + 1).min(count.saturating_sub(1)),
            Action::FirstColumn => board.focus = 0,
            Action::LastColumn => board.focus = count.saturating_sub(1),
            _ => self.go_in_column(action),
        }
    }

    fn go_in_column(&mut self, action: Action) {
        let Some(stage) = self.state.focused_stage(&self.workspace) else { return };
        let page = layout::cards_that_fit(layout::layout(&self.state).body);
        let rank = self.state.board.cursors.get(&stage).map_or(0, |cursor| cursor.rank);
        let cards = self.state.cards(&self.workspace, stage);
        let rank = stepped(action, rank, cards.len(), page);
        let selected = cards.get(rank);
        let cursor = self.state.board.cursors.entry(stage).or_default();
        cursor.selected = selected;
        cursor.rank = rank;
    }

    /// Puts the cursor on a card, if it is on the board that is shown.
    pub(super) fn select_deal(&mut self, id: DealId) {
        let Some(deal) = self.workspace.deal(id) else { return };
        let stage = deal.stage;
        if Some(deal.pipeline) != self.state.board.pipeline || deal.status != self.state.board.status {
            return;
        }
        if let Some(at) = self.stages().iter().position(|other| *other == stage) {
            self.state.board.focus = at;
            self.state.board.cursors.entry(stage).or_default().selected = Some(id);
        }
    }

    pub(super) fn board_action(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::NextPipeline => self.step_pipeline(1),
            Action::PreviousPipeline => self.step_pipeline(-1),
            Action::PickPipeline => self.open_pipelines(),
            Action::Status => {
                let status = Self::next_status(self.state.board.status);
                self.state.board = Board { status, pipeline: self.state.board.pipeline, ..Board::default() };
            }
            _ => {
                let Some(deal) = self.deal_with_cursor() else {
                    self.nothing_selected();
                    return Vec::new();
                };
                return self.deal_action(action, &deal);
            }
        }
        Vec::new()
    }

    /// The deal that actions are about: on the board or in the list.
    fn deal_with_cursor(&self) -> Option<Deal> {
        match self.state.selected(&self.workspace)? {
            ItemRef::Deal(id) => self.workspace.deal(id).cloned(),
            _ => None,
        }
    }

    fn deal_action(&mut self, action: Action, deal: &Deal) -> Vec<Effect> {
        match action {
            Action::MoveLeft => return self.move_by(deal, -1),
            Action::MoveRight => return self.move_by(deal, 1),
            Action::PickStage => self.open_stages(Picking::MoveDeal(deal.id), Some(deal.stage)),
            Action::Win if deal.status != DealStatus::Won => return self.change_status(deal, StatusChange::Win),
            Action::Reopen if deal.status != DealStatus::Open => {
                return self.change_status(deal, StatusChange::Reopen);
            }
            Action::Lose if deal.status != DealStatus::Lost => self.open_prompt(action, ItemRef::Deal(deal.id)),
            Action::Probability => {
                if self.workspace.shows_probability(deal.id) {
                    self.open_prompt(action, ItemRef::Deal(deal.id));
                } else {
                    self.state.tell(Tone::Info, "This pipeline has deal probability turned off.");
                }
            }
            _ => self.state.tell(Tone::Info, "The deal is so already."),
        }
        Vec::new()
    }

    fn move_by(&mut self, deal: &Deal, by: isize) -> Vec<Effect> {
        let stages: Vec<StageId> = self.workspace.stages(deal.pipeline).map(|stage| stage.id).collect();
        let to = stages
            .iter()
            .position(|stage| *stage == deal.stage)
            .and_then(|at| at.checked_add_signed(by))
            .and_then(|at| stages.get(at));
        if let Some(to) = to {
            return self.move_deal(deal.id, *to);
        }
        let end = if by < 0 { "first" } else { "last" };
        self.state.tell(Tone::Info, format!("The deal is in the {end} stage."));
        Vec::new()
    }

    /// Moves a deal to a stage; the cursor goes with it.
    pub(super) fn move_deal(&mut self, id: DealId, to: StageId) -> Vec<Effect> {
        let Some(place) = self.place_or_tell(to) else { return Vec::new() };
        let patch = DealPatch { stage: Some(place), ..DealPatch::default() };
        let effects = self.edit_from_dialog(Edit::UpdateDeal { id, patch });
        if !effects.is_empty() {
            self.select_deal(id);
        }
        effects
    }

    /// A stage with its pipeline. It may have been deleted while the person chose it: then that is told.
    pub(super) fn place_or_tell(&mut self, stage: StageId) -> Option<PipelineStage> {
        let place = self.workspace.pipeline_stage(stage);
        if place.is_none() {
            self.state.changing = None;
            self.state.tell(Tone::Bad, "That stage no longer exists.");
        }
        place
    }

    pub(super) fn change_status(&mut self, deal: &Deal, status: StatusChange) -> Vec<Effect> {
        self.edit(Edit::UpdateDeal { id: deal.id, patch: DealPatch { status: Some(status), ..DealPatch::default() } })
    }

    fn step_pipeline(&mut self, by: isize) {
        let pipelines = self.workspace.pipelines();
        let at = pipelines.iter().position(|pipeline| Some(pipeline.id) == self.state.board.pipeline);
        let next = at.map(|at| (at + pipelines.len()).saturating_add_signed(by) % pipelines.len());
        if let Some(pipeline) = next.and_then(|at| pipelines.get(at)) {
            self.show_pipeline(pipeline.id);
        }
    }

    /// Shows another pipeline from its first column on.
    pub(super) fn show_pipeline(&mut self, id: PipelineId) {
        self.state.board.pipeline = Some(id);
        self.state.board.focus = 0;
        self.state.board.first = 0;
    }

    fn open_pipelines(&mut self) {
        let lines: Vec<Pickable> = self
            .workspace
            .pipelines()
            .iter()
            .map(|pipeline| Pickable {
                label: pipeline.name.clone(),
                hint: String::new(),
                choice: Choice::Pipeline(pipeline.id),
            })
            .collect();
        let current = self.state.board.pipeline.map(Choice::Pipeline);
        self.open_picker(Picking::Pipeline, lines, current);
    }

    /// Opens the list of stages: for a deal those of its pipeline first, then all others.
    pub(super) fn open_stages(&mut self, picking: Picking, current: Option<StageId>) {
        let mine = self.state.board.pipeline;
        let (first, rest): (Vec<_>, Vec<_>) =
            self.workspace.pipelines().iter().partition(|pipeline| Some(pipeline.id) == mine);
        let mut lines = Vec::new();
        for pipeline in first.into_iter().chain(rest) {
            lines.extend(self.workspace.stages(pipeline.id).map(|stage| Pickable {
                label: stage.name.clone(),
                hint: pipeline.name.clone(),
                choice: Choice::Stage(stage.id),
            }));
        }
        self.open_picker(picking, lines, current.map(Choice::Stage));
    }

    pub(super) fn open_picker(&mut self, picking: Picking, lines: Vec<Pickable>, current: Option<Choice>) {
        let at = lines.iter().position(|line| Some(line.choice) == current).unwrap_or(0);
        self.state.dialog = Some(Dialog::Pick(Picker::new(picking, lines, at)));
    }
}

/// Where a cursor at `rank` of `len` goes.
pub(super) fn stepped(action: Action, rank: usize, len: usize, page: usize) -> usize {
    let last = len.saturating_sub(1);
    match action {
        Action::Up => rank.saturating_sub(1),
        Action::Down => rank + 1,
        Action::PageUp => rank.saturating_sub(page),
        Action::PageDown => rank.saturating_add(page),
        Action::Top => 0,
        Action::Bottom => last,
        _ => rank,
    }
    .min(last)
}
