//! The board: moving around, and what is done to deals there.

use super::actions::Action;
use super::deed::Deed;
use super::dialogs::picker::Subject;
use super::dialogs::{Dialog, PickDialog, Request};
use super::widgets::picker::PickerItem;
use super::{Effect, layout};
use crate::app::attention;
use crate::app::dialogs::prompt as prompts;
use crate::app::dispatch;
use crate::app::edits;
use crate::app::notice::Tone;
use crate::app::session::Board;
use crate::app::{Account, Session};
use crate::domain::{
    Deal, DealId, DealPatch, DealStatus, Edit, ItemRef, LeadId, PipelineId, PipelineStage, StageId, StatusChange,
};

/// Keeps the pipeline and the focused column among those that exist.
pub(super) fn settle_board(session: &mut Session, account: &Account) {
    let board = &mut session.board;
    let exists = |id: &PipelineId| account.workspace.pipeline(*id).is_some();
    if !board.pipeline.as_ref().is_some_and(exists) {
        board.pipeline = account.workspace.pipelines().first().map(|pipeline| pipeline.id);
        board.focus = 0;
        board.first = 0;
    }
    let count = stages(session, account).len();
    let fit = layout::columns_that_fit(layout::layout(session).body);
    let board = &mut session.board;
    board.focus = board.focus.min(count.saturating_sub(1));
    board.first = board.first.min(count.saturating_sub(fit)).clamp((board.focus + 1).saturating_sub(fit), board.focus);
}

/// Goes to the first column in which anything matches the filter, unless something does where the cursor is.
pub(super) fn focus_on_match(session: &mut Session, account: &Account) {
    let has_match = |stage: &StageId| !session.cards(&account.workspace, *stage).is_empty();
    let stages = stages(session, account);
    if !stages.get(session.board.focus).is_some_and(has_match)
        && let Some(at) = stages.iter().position(has_match)
    {
        session.board.focus = at;
    }
}

/// Brings the cursors of the columns in line with their cards.
pub(super) fn settle_columns(session: &mut Session, account: &Account) {
    let fit = layout::cards_that_fit(layout::layout(session).body);
    for stage in stages(session, account) {
        let mut cursor = session.board.cursors.remove(&stage).unwrap_or_default();
        let cards = session.cards(&account.workspace, stage);
        cursor.follow(cards.len(), |id| session.card_rank(&account.workspace, stage, id), |rank| cards.get(rank));
        cursor.scroll(cursor.rank, cards.len(), fit);
        session.board.cursors.insert(stage, cursor);
    }
}

/// The stages of the pipeline that is shown, in order.
pub(super) fn stages(session: &Session, account: &Account) -> Vec<StageId> {
    let pipeline = session.board.pipeline;
    pipeline.into_iter().flat_map(|id| account.workspace.stages(id)).map(|stage| stage.id).collect()
}

pub(super) fn go_on_board(session: &mut Session, account: &Account, action: Action) {
    let count = stages(session, account).len();
    let board = &mut session.board;
    match action {
        Action::Left => board.focus = board.focus.saturating_sub(1),
        Action::Right => board.focus = (board.focus + 1).min(count.saturating_sub(1)),
        Action::FirstColumn => board.focus = 0,
        Action::LastColumn => board.focus = count.saturating_sub(1),
        _ => go_in_column(session, account, action),
    }
}

fn go_in_column(session: &mut Session, account: &Account, action: Action) {
    let Some(stage) = session.focused_stage(&account.workspace) else { return };
    let page = layout::cards_that_fit(layout::layout(session).body);
    let rank = session.board.cursors.get(&stage).map_or(0, |cursor| cursor.rank);
    let cards = session.cards(&account.workspace, stage);
    let rank = stepped(action, rank, cards.len(), page);
    let selected = cards.get(rank);
    let cursor = session.board.cursors.entry(stage).or_default();
    cursor.selected = selected;
    cursor.rank = rank;
}

/// Puts the cursor on a card, if it is on the board that is shown.
pub(super) fn select_deal(session: &mut Session, account: &Account, id: DealId) {
    let Some(deal) = account.workspace.deal(id) else { return };
    let stage = deal.stage;
    if Some(deal.pipeline) != session.board.pipeline || deal.status != session.board.status {
        return;
    }
    if let Some(at) = stages(session, account).iter().position(|other| *other == stage) {
        session.board.focus = at;
        session.board.cursors.entry(stage).or_default().selected = Some(id);
    }
}

pub(super) fn board_action(session: &mut Session, account: &mut Account, action: Action) -> Vec<Effect> {
    match action {
        Action::NextPipeline => step_pipeline(session, account, 1),
        Action::PreviousPipeline => step_pipeline(session, account, -1),
        Action::PickPipeline => open_pipelines(session, account),
        Action::Status => {
            let status = dispatch::next_status(session.board.status);
            session.board = Board { status, pipeline: session.board.pipeline, ..Board::default() };
        }
        _ => {
            let Some(deal) = deal_with_cursor(session, account) else {
                dispatch::nothing_selected(session);
                return Vec::new();
            };
            return deal_action(session, account, action, &deal);
        }
    }
    Vec::new()
}

/// The deal that actions are about: on the board or in the list.
fn deal_with_cursor(session: &Session, account: &Account) -> Option<Deal> {
    match session.selected(&account.workspace)? {
        ItemRef::Deal(id) => account.workspace.deal(id).cloned(),
        _ => None,
    }
}

fn deal_action(session: &mut Session, account: &mut Account, action: Action, deal: &Deal) -> Vec<Effect> {
    match action {
        Action::MoveLeft => return move_by(session, account, deal, -1),
        Action::MoveRight => return move_by(session, account, deal, 1),
        Action::PickStage => open_stages(session, account, StageFor::Deal(deal.id), Some(deal.stage)),
        Action::Win if deal.status != DealStatus::Won => {
            return change_status(session, account, deal, StatusChange::Win);
        }
        Action::Reopen if deal.status != DealStatus::Open => {
            return change_status(session, account, deal, StatusChange::Reopen);
        }
        Action::Lose if deal.status != DealStatus::Lost => {
            prompts::open_prompt(session, account, action, ItemRef::Deal(deal.id));
        }
        Action::Probability => {
            if account.workspace.shows_probability(deal.id) {
                prompts::open_prompt(session, account, action, ItemRef::Deal(deal.id));
            } else {
                session.tell(Tone::Info, "This pipeline has deal probability turned off.");
            }
        }
        _ => session.tell(Tone::Info, "The deal is so already."),
    }
    Vec::new()
}

fn move_by(session: &mut Session, account: &mut Account, deal: &Deal, by: isize) -> Vec<Effect> {
    let stages: Vec<StageId> = account.workspace.stages(deal.pipeline).map(|stage| stage.id).collect();
    let to = stages
        .iter()
        .position(|stage| *stage == deal.stage)
        .and_then(|at| at.checked_add_signed(by))
        .and_then(|at| stages.get(at));
    if let Some(to) = to {
        return move_deal(session, account, deal.id, *to);
    }
    let end = if by < 0 { "first" } else { "last" };
    session.tell(Tone::Info, format!("The deal is in the {end} stage."));
    Vec::new()
}

/// Moves a deal to a stage; the cursor goes with it.
pub(super) fn move_deal(session: &mut Session, account: &mut Account, id: DealId, to: StageId) -> Vec<Effect> {
    let Some(place) = place_or_tell(session, account, to) else { return Vec::new() };
    let patch = DealPatch { stage: Some(place), ..DealPatch::default() };
    let effects = attention::edit_from_dialog(session, account, Edit::UpdateDeal { id, patch });
    if !effects.is_empty() {
        select_deal(session, account, id);
    }
    effects
}

/// A stage with its pipeline. It may have been deleted while the person chose it: then that is told.
pub(super) fn place_or_tell(session: &mut Session, account: &Account, stage: StageId) -> Option<PipelineStage> {
    let place = account.workspace.pipeline_stage(stage);
    if place.is_none() {
        session.retrying = None;
        session.tell(Tone::Bad, "That stage no longer exists.");
    }
    place
}

pub(super) fn change_status(
    session: &mut Session,
    account: &mut Account,
    deal: &Deal,
    status: StatusChange,
) -> Vec<Effect> {
    edits::apply(
        session,
        account,
        Edit::UpdateDeal { id: deal.id, patch: DealPatch { status: Some(status), ..DealPatch::default() } },
    )
}

fn step_pipeline(session: &mut Session, account: &Account, by: isize) {
    let pipelines = account.workspace.pipelines();
    let at = pipelines.iter().position(|pipeline| Some(pipeline.id) == session.board.pipeline);
    let next = at.map(|at| (at + pipelines.len()).saturating_add_signed(by) % pipelines.len());
    if let Some(pipeline) = next.and_then(|at| pipelines.get(at)) {
        show_pipeline(session, pipeline.id);
    }
}

/// Shows another pipeline from its first column on.
pub(super) fn show_pipeline(session: &mut Session, id: PipelineId) {
    session.board.pipeline = Some(id);
    session.board.focus = 0;
    session.board.first = 0;
}

fn open_pipelines(session: &mut Session, account: &Account) {
    let pipelines = account.workspace.pipelines().iter();
    let lines = pipelines.map(|pipeline| PickerItem::new(&pipeline.name, "", Request::ShowPipeline(pipeline.id)));
    let picker = PickDialog::new("Pipeline", lines.collect());
    let current = session.board.pipeline.map(Request::ShowPipeline);
    session.dialog = Some(Dialog::Pick(match &current {
        Some(current) => picker.at(current),
        None => picker,
    }));
}

/// The change that picking a stage makes.
#[derive(Debug, Clone, Copy)]
pub(super) enum StageFor {
    /// Move a deal.
    Deal(DealId),
    /// Move all targets.
    Targets,
    /// Convert a lead to a deal.
    Lead(LeadId),
}

impl StageFor {
    fn request(self, stage: StageId) -> Request {
        match self {
            Self::Deal(deal) => Request::MoveDeal(deal, stage),
            Self::Targets => Request::Apply(Deed::Stage(stage)),
            Self::Lead(lead) => Request::ConvertLead(lead, stage),
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Deal(_) => "Move to stage",
            Self::Targets => "Move all selected to stage",
            Self::Lead(_) => "Convert to a deal in",
        }
    }

    const fn subject(self) -> Subject {
        match self {
            Self::Deal(deal) => Subject::Item(ItemRef::Deal(deal)),
            Self::Targets => Subject::Targets,
            Self::Lead(lead) => Subject::Item(ItemRef::Lead(lead)),
        }
    }
}

/// Opens the list of stages, those of the pipeline on the board first.
pub(super) fn open_stages(session: &mut Session, account: &Account, stage_for: StageFor, current: Option<StageId>) {
    let mine = session.board.pipeline;
    let (first, rest): (Vec<_>, Vec<_>) =
        account.workspace.pipelines().iter().partition(|pipeline| Some(pipeline.id) == mine);
    let mut lines = Vec::new();
    for pipeline in first.into_iter().chain(rest) {
        lines.extend(
            account
                .workspace
                .stages(pipeline.id)
                .map(|stage| PickerItem::new(&stage.name, &pipeline.name, stage_for.request(stage.id)).found_by_hint()),
        );
    }
    let picker = PickDialog::new(stage_for.title(), lines).about(stage_for.subject());
    session.dialog = Some(Dialog::Pick(match current {
        Some(stage) => picker.at(&stage_for.request(stage)),
        None => picker,
    }));
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
