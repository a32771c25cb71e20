//! Products on deals, <https://developers.pipedrive.com/docs/api/v1/Deals#getDealProducts>.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::{EditContext, Editable, record};
use crate::sandbox::response::ErrorResponse;
use crate::sandbox::schema::{Field, Kind, field};
use crate::sandbox::store::Store;

/// The names of all products, by their ids from 1.
pub const CATALOG: &[&str] = &["Consulting, day", "Licence, year", "Support, month", "Training, half a day"];

/// A product on a deal as API v2 shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DealProduct {
    pub id: u64,
    pub deal_id: u64,
    pub product_id: u64,
    pub product_variation_id: Option<u64>,
    pub name: String,
    pub item_price: Number,
    pub quantity: Number,
    pub sum: Number,
    pub currency: String,
    pub tax: Number,
    pub tax_method: String,
    pub discount: Number,
    pub discount_type: String,
    pub is_enabled: bool,
    pub comments: Option<String>,
    pub order_nr: u64,
    pub billing_frequency: String,
    pub billing_frequency_cycles: Option<u64>,
    pub billing_start_date: Option<NaiveDate>,
    pub add_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

record!(DealProduct, u64, "deal_product", products);

impl Editable for DealProduct {
    const NAME: &'static str = "Deal product";
    const REQUIRED: &'static [&'static str] = &["product_id", "item_price", "quantity"];
    const FIELDS: &'static [Field] = &[
        // Set from the path.
        field("deal_id", Kind::Integer),
        field("product_id", Kind::Integer),
        field("item_price", Kind::Number),
        field("quantity", Kind::Number),
        field("tax", Kind::Number),
        field("tax_method", Kind::OneOf(&["exclusive", "inclusive", "none"])),
        field("discount", Kind::Number),
        field("discount_type", Kind::OneOf(&["percentage", "amount"])),
        field("is_enabled", Kind::Boolean),
        field("comments", Kind::Text),
        field(
            "billing_frequency",
            Kind::OneOf(&["one-time", "weekly", "monthly", "quarterly", "semi-annually", "annually"]),
        ),
    ];

    fn blank(store: &Store, now: DateTime<Utc>) -> Self {
        Self {
            id: store.products.next_id(),
            deal_id: 0,
            product_id: 0,
            product_variation_id: None,
            name: String::new(),
            item_price: 0.into(),
            quantity: 1.into(),
            sum: 0.into(),
            currency: String::new(),
            tax: 0.into(),
            tax_method: "exclusive".to_owned(),
            discount: 0.into(),
            discount_type: "percentage".to_owned(),
            is_enabled: true,
            comments: None,
            order_nr: 1,
            billing_frequency: "one-time".to_owned(),
            billing_frequency_cycles: None,
            billing_start_date: None,
            add_time: now,
            update_time: now,
        }
    }

    fn validate(&mut self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        let at = usize::try_from(self.product_id).unwrap_or_default().wrapping_sub(1);
        let name = CATALOG.get(at).ok_or_else(|| ErrorResponse::not_found("Product not found"))?;
        (*name).clone_into(&mut self.name);
        let deal = edit.store.deals.get(self.deal_id).ok_or_else(|| ErrorResponse::not_found("Deal not found"))?;
        self.currency = deal.currency.to_string();
        if edit.before.is_none() {
            let others = edit.store.products.iter().filter(|other| other.deal_id == self.deal_id);
            self.order_nr = others.map(|other| other.order_nr).max().unwrap_or_default() + 1;
        }
        self.compute_sum();
        Ok(())
    }
}

impl DealProduct {
    /// Computes the sum: the price minus the discount, plus a tax that is not included.
    pub fn compute_sum(&mut self) {
        let of = |number: &Number| number.as_f64().unwrap_or_default();
        let price = of(&self.item_price) * of(&self.quantity);
        let off = if self.discount_type == "amount" { of(&self.discount) } else { price * of(&self.discount) / 100.0 };
        let rest = price - off;
        let sum = if self.tax_method == "exclusive" { rest * (1.0 + of(&self.tax) / 100.0) } else { rest };
        self.sum = Number::from_f64((sum * 100.0).round() / 100.0).unwrap_or_else(|| 0.into());
    }
}
