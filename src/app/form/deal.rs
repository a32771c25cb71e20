//! The form of a deal.

use super::reading::written_money;
use super::{Field, Form, Kind, Look, Name, Pick, Wrong, custom, offers};
use crate::domain::{Deal, DealPatch, DealStatus, Edit, Money, NewDeal, PipelineStage, RuleError, StatusChange};

pub(super) fn fields(deal: &Deal, is_new: bool, look: Look) -> Vec<Field> {
    let has_value = !is_new || !deal.value.amount.is_zero();
    let value = if has_value { written_money(&deal.value) } else { String::new() };
    let probability = deal.probability.map(|own| own.percent().to_string()).unwrap_or_default();
    let close = deal.expected_close.map(|date| date.to_string()).unwrap_or_default();
    let labels: Vec<Pick> = deal.labels.iter().copied().map(Pick::Label).collect();
    let mut fields = vec![
        Field::text_of(Name::Title, Kind::Text, &deal.title),
        offers::person(deal.person, is_new, look),
        offers::org(deal.org, is_new, look),
        Field::text_of(Name::Value, Kind::Money(deal.value.currency.clone()), value),
        Field::choice(Name::Stage, offers::stages(deal.pipeline, look), &Pick::Stage(deal.stage)),
        Field::text_of(Name::Probability, Kind::Percent, probability),
        Field::text_of(Name::ExpectedClose, Kind::Day, close),
        offers::owner(deal.owner, look),
        Field::several(Name::Labels, offers::labels(look.workspace.labels()), &labels),
    ];
    if !is_new {
        fields.push(Field::choice(Name::Status, offers::statuses(), &Pick::Status(deal.status)));
        let reason = deal.lost_reason.as_deref().unwrap_or_default();
        fields.push(Field::text_of(Name::LostReason, Kind::Text, reason));
    }
    fields
}

/// Probability has a place only where the pipeline of the stage has it, a reason only where the deal is lost.
pub(super) fn settle(form: &mut Form, look: Look) {
    let place = chosen_place(form, look);
    let has_probability = place.is_some_and(|place| look.workspace.has_probability(place.pipeline));
    let is_lost = form.field(Name::Status).and_then(Field::linked) == Some(Pick::Status(DealStatus::Lost));
    for field in &mut form.fields {
        match field.name {
            Name::Probability => field.hidden = !has_probability,
            Name::LostReason => field.hidden = !is_lost,
            _ => {}
        }
    }
}

fn chosen_place(form: &Form, look: Look) -> Option<PipelineStage> {
    look.workspace.pipeline_stage(form.field(Name::Stage)?.linked()?.stage()?)
}

pub(super) fn edit(form: &Form, deal: &Deal, look: Look) -> Result<Edit, Wrong> {
    let title = form.read(Name::Title, |field| field.filled(&RuleError::EmptyTitle))?;
    let value = form.read(Name::Value, Field::money)?;
    let value = value.map(|value| value.unwrap_or_else(|| Money::zero(deal.value.currency.clone())));
    let place =
        form.read(Name::Stage, |_| chosen_place(form, look).ok_or_else(|| RuleError::NoSuchStage.to_string()))?;
    let probability = form.read(Name::Probability, Field::percent)?;
    let expected_close = form.read(Name::ExpectedClose, |field| field.day(look.today))?;
    let owner = form.read(Name::Owner, |field| field.picked(Pick::user))?.flatten();
    let labels = form.read(Name::Labels, |field| field.picks(Pick::label))?;
    if form.is_new {
        let new = NewDeal {
            title: title.unwrap_or_default(),
            contact: form.contact(&RuleError::DealUnlinked)?,
            stage: place.unwrap_or(PipelineStage { pipeline: deal.pipeline, stage: deal.stage }),
            value: value.unwrap_or_else(|| deal.value.clone()),
            probability: probability.flatten(),
            expected_close: expected_close.flatten(),
            owner: owner.filter(|owner| !look.is_me(*owner)),
            labels: labels.unwrap_or_default(),
            custom: deal.custom.clone(),
        };
        return Ok(Edit::CreateDeal { id: deal.id, new });
    }
    let patch = DealPatch {
        title,
        stage: place,
        value,
        status: status(form, deal)?,
        probability,
        expected_close,
        owner,
        person: form.read(Name::Person, |field| field.picked(Pick::person))?,
        org: form.read(Name::Org, |field| field.picked(Pick::org))?,
        labels,
        custom: custom::patch(form, look)?,
    };
    let mut after = deal.clone();
    patch.apply(&mut after);
    if patch.person.is_some() || patch.org.is_some() {
        after.check_link().map_err(|rule| Wrong(Name::Person, rule.to_string()))?;
    }
    Ok(Edit::UpdateDeal { id: deal.id, patch })
}

fn status(form: &Form, deal: &Deal) -> Result<Option<StatusChange>, Wrong> {
    let reason = form.read(Name::LostReason, |field| Ok(field.some_text()))?;
    let status = form.read(Name::Status, |field| field.picked(Pick::status))?;
    let lose = |reason: Option<Option<String>>| StatusChange::Lose { reason: reason.flatten() };
    Ok(match status.flatten() {
        Some(DealStatus::Open) => Some(StatusChange::Reopen),
        Some(DealStatus::Won) => Some(StatusChange::Win),
        Some(DealStatus::Lost) => Some(lose(reason)),
        _ => reason.filter(|_| deal.status == DealStatus::Lost).map(|reason| lose(Some(reason))),
    })
}

pub(super) fn keep(name: Name, was: &Deal, now: &mut Deal) {
    match name {
        Name::Title => now.title.clone_from(&was.title),
        Name::Person => now.person = was.person,
        Name::Org => now.org = was.org,
        Name::Value => now.value = was.value.clone(),
        Name::Stage => (now.pipeline, now.stage) = (was.pipeline, was.stage),
        Name::Probability => now.probability = was.probability,
        Name::ExpectedClose => now.expected_close = was.expected_close,
        Name::Owner => now.owner = was.owner,
        Name::Labels => now.labels.clone_from(&was.labels),
        Name::Status | Name::LostReason => {
            now.status = was.status;
            now.lost_reason.clone_from(&was.lost_reason);
        }
        _ => {}
    }
}
