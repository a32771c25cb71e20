//! Decides if probabilities and weighted values may be shown. Everything that shows one asks here: if a deal's present
//! pipeline has probability turned off, none is shown anywhere, also not what was there before.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::Workspace;
use crate::domain::{
    Deal, DealId, DealPatch, DealStatus, Edit, Item, ItemRef, Money, PipelineId, Probability, TimelineEvent,
};

impl Workspace {
    /// Returns `true` if deals of this pipeline have probabilities.
    pub fn has_probability(&self, pipeline: PipelineId) -> bool {
        self.pipeline(pipeline).is_some_and(|pipeline| pipeline.has_probability)
    }

    /// Returns `true` if any pipeline has probabilities.
    pub fn has_any_probability(&self) -> bool {
        self.pipelines().iter().any(|pipeline| pipeline.has_probability)
    }

    /// Returns `true` if the deal's present pipeline has probabilities. The pipeline is the one of its stage, so that a
    /// column agrees with its cards whatever the deal itself says. `false` if it is not known.
    fn may_show(&self, deal: &Deal) -> bool {
        self.stage(deal.stage).is_some_and(|stage| self.has_probability(stage.pipeline))
    }

    /// The same for a deal by its id; `false` if the deal is not known.
    pub fn shows_probability(&self, deal: DealId) -> bool {
        self.deal(deal).is_some_and(|deal| self.may_show(deal))
    }

    /// The probability that counts for a deal: its own, else its stage's; `None` if its pipeline has none.
    pub fn deal_probability(&self, deal: &Deal) -> Option<Probability> {
        let stage = self.stage(deal.stage).filter(|_| self.may_show(deal))?;
        Some(deal.probability.unwrap_or(stage.probability))
    }

    /// The value of an open deal times its probability; `None` if its pipeline has none.
    pub fn weighted_value(&self, deal: &Deal) -> Option<Money> {
        let probability = self.deal_probability(deal).filter(|_| deal.status == DealStatus::Open)?;
        let percent = Decimal::new(i64::from(probability.percent()), 2);
        let amount = deal.countable_value().checked_mul(percent).unwrap_or_default();
        Some(Money { amount, currency: deal.currency().clone() })
    }

    /// Returns `true` if an edit changes a probability that may not be shown.
    pub fn hides_probability_of(&self, edit: &Edit) -> bool {
        let Edit::UpdateDeal { id, patch } = edit else { return false };
        patch.probability.is_some() && !self.shows_probability(*id)
    }

    /// An edit without the probability, if that may not be shown.
    pub fn as_shown<'a>(&self, edit: &'a Edit) -> Cow<'a, Edit> {
        if let Edit::UpdateDeal { id, patch } = edit
            && self.hides_probability_of(edit)
        {
            Cow::Owned(Edit::UpdateDeal { id: *id, patch: DealPatch { probability: None, ..patch.clone() } })
        } else {
            Cow::Borrowed(edit)
        }
    }

    /// Returns `true` if what has change to an item may be shown. Whose deal's probability has changed is known only of
    /// what change to a deal itself.
    pub fn shows_event(&self, item: ItemRef, event: &TimelineEvent) -> bool {
        match event {
            TimelineEvent::Changed { field, .. } if is_of_probability(field) => {
                matches!(item, ItemRef::Deal(id) if self.shows_probability(id))
            }
            TimelineEvent::Changed { .. }
            | TimelineEvent::Activity { .. }
            | TimelineEvent::Note(_)
            | TimelineEvent::File(_)
            | TimelineEvent::Mail(_)
            | TimelineEvent::Deal(_)
            | TimelineEvent::Other(_) => true,
        }
    }

    /// A deal as it was before, with the probability that it has now if a change of that may not be shown.
    pub(super) fn before_as_shown<'a>(&self, before: &'a Item, after: &Item) -> Cow<'a, Item> {
        if let (Item::Deal(was), Item::Deal(is)) = (before, after)
            && was.probability != is.probability
            && !self.may_show(is)
        {
            Cow::Owned(Item::Deal(Deal { probability: is.probability, ..was.clone() }))
        } else {
            Cow::Borrowed(before)
        }
    }
}

/// Returns `true` if a field, by Pipedrive's key of it, says something of a probability.
fn is_of_probability(field: &str) -> bool {
    field.contains("probability") || field.contains("weighted_value")
}
