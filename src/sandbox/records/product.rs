//! Products on deals, <https://developers.pipedrive.com/docs/api/v1/Deals#getDealProducts>.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::{Edit, Editable, kept};
use crate::sandbox::answer::Refusal;
use crate::sandbox::schema::{Field, Kind, field};
use crate::sandbox::store::Store;

/// What there is to sell, by its number from 1 on.
pub const CATALOGUE: &[&str] = &["Consulting, day", "Licence, year", "Support, month", "Training, half a day"];

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

kept!(DealProduct, u64, "deal_product", products);

impl Editable for DealProduct {
    const NAME: &'static str = "Deal product";
    const REQUIRED: &'static [&'static str] = &["product_id", "item_price", "quantity"];
    const FIELDS: &'static [Field] = &[
        // The path says it.
        field("deal_id", Kind::Whole),
        field("product_id", Kind::Whole),
        field("item_price", Kind::Number),
        field("quantity", Kind::Number),
        field("tax", Kind::Number),
        field("tax_method", Kind::Word(&["exclusive", "inclusive", "none"])),
        field("discount", Kind::Number),
        field("discount_type", Kind::Word(&["percentage", "amount"])),
        field("is_enabled", Kind::Flag),
        field("comments", Kind::Text),
        field(
            "billing_frequency",
            Kind::Word(&["one-time", "weekly", "monthly", "quarterly", "semi-annually", "annually"]),
        ),
    ];

    fn fresh(store: &Store, now: DateTime<Utc>) -> Self {
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

    fn admit(&mut self, edit: &Edit<'_, Self>) -> Result<(), Refusal> {
        let at = usize::try_from(self.product_id).unwrap_or_default().wrapping_sub(1);
        let name = CATALOGUE.get(at).ok_or_else(|| Refusal::not_found("Product not found"))?;
        (*name).clone_into(&mut self.name);
        let deal = edit.store.deals.get(self.deal_id).ok_or_else(|| Refusal::not_found("Deal not found"))?;
        self.currency = deal.currency.to_string();
        if edit.before.is_none() {
            let others = edit.store.products.iter().filter(|other| other.deal_id == self.deal_id);
            self.order_nr = others.map(|other| other.order_nr).max().unwrap_or_default() + 1;
        }
        self.reckon();
        Ok(())
    }
}

impl DealProduct {
    /// Reckons the sum: what is taken off first, then a tax that comes on top.
    pub fn reckon(&mut self) {
        let of = |number: &Number| number.as_f64().unwrap_or_default();
        let whole = of(&self.item_price) * of(&self.quantity);
        let off = if self.discount_type == "amount" { of(&self.discount) } else { whole * of(&self.discount) / 100.0 };
        let rest = whole - off;
        let sum = if self.tax_method == "exclusive" { rest * (1.0 + of(&self.tax) / 100.0) } else { rest };
        self.sum = Number::from_f64((sum * 100.0).round() / 100.0).unwrap_or_else(|| 0.into());
    }
}
