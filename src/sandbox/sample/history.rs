//! Sample change logs and products of deals.

use chrono::TimeDelta;
use serde_json::{Number, Value};

use super::{Generator, pick};
use crate::sandbox::records::{CATALOG, Deal, DealProduct, Editable, FieldChange};

/// The number of deals with a history: the newest ones.
const MAX_DEALS: usize = 1_000;

impl Generator<'_> {
    pub(super) fn history(&mut self) {
        let old = self.store.deals.len().saturating_sub(MAX_DEALS);
        let deals: Vec<Deal> = self.store.deals.iter().skip(old).cloned().collect();
        for deal in deals {
            self.moves(&deal);
            if self.chance(35) {
                self.products(&deal);
            }
        }
    }

    /// Logs the moves of a deal from the first stage of its pipeline to its current one.
    fn moves(&mut self, deal: &Deal) {
        let of_pipeline = self.store.stages.iter().filter(|stage| stage.pipeline_id == deal.pipeline_id);
        let mut stages: Vec<u64> = of_pipeline.map(|stage| stage.id).take_while(|id| *id < deal.stage_id).collect();
        stages.push(deal.stage_id);
        let Some(end) = deal.stage_change_time.filter(|_| stages.len() > 1) else { return };
        let step = (end - deal.add_time) / i32::try_from(stages.len() - 1).unwrap_or(1);
        let mut at = deal.add_time;
        for pair in stages.windows(2) {
            at += step;
            let values = [Value::from(pair[0]), Value::from(pair[1])];
            let mut change = FieldChange::new(self.store, ("deal", deal.id), "stage_id", values, at);
            change.user_id = deal.owner_id;
            self.store.change_log.put(change);
        }
    }

    fn products(&mut self, deal: &Deal) {
        for order_nr in 1..=self.rng.u64(1..=3) {
            let product_id = self.rng.u64(1..=CATALOG.len() as u64);
            let mut product = DealProduct {
                deal_id: deal.id,
                product_id,
                name: CATALOG[usize::try_from(product_id - 1).unwrap_or_default()].to_owned(),
                item_price: Number::from_f64(f64::from(self.rng.u32(400..90_000)) / 100.0)
                    .unwrap_or_else(|| 100.into()),
                quantity: self.rng.u64(1..=12).into(),
                currency: deal.currency.to_string(),
                tax: (*pick(&mut self.rng, &[0_u64, 9, 22])).into(),
                discount: (*pick(&mut self.rng, &[0_u64, 0, 5, 10])).into(),
                order_nr,
                add_time: deal.add_time + TimeDelta::hours(1),
                update_time: deal.add_time + TimeDelta::hours(1),
                ..DealProduct::blank(self.store, self.now)
            };
            product.compute_sum();
            self.store.products.put(product);
        }
    }
}
