//! Responses about an item's notes, products and timeline.

use chrono::{DateTime, Utc};
use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::lenient::{Loose, Structured};
use super::{Key, Object};
use crate::domain::{
    Currency, DealId, Discount, ItemRef, LeadId, Money, Note, NoteId, OrgId, PersonId, Product, TaxMethod,
    TimelineEntry, TimelineEvent, UserId, html_to_text,
};

/// The length to which a note in the timeline is cut, in characters.
const BEGINNING: usize = 200;

/// A note (`GET /api/v1/notes`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct NoteObject {
    id: Loose<u64>,
    content: Loose<String>,
    active_flag: Loose<bool>,
    user_id: Loose<u64>,
    deal_id: Loose<u64>,
    lead_id: Loose<Uuid>,
    person_id: Loose<u64>,
    org_id: Loose<u64>,
    pinned_to_deal_flag: Loose<bool>,
    pinned_to_lead_flag: Loose<bool>,
    pinned_to_person_flag: Loose<bool>,
    pinned_to_organization_flag: Loose<bool>,
    add_time: Loose<DateTime<Utc>>,
    update_time: Loose<DateTime<Utc>>,
}

impl Object for NoteObject {
    type Domain = Note;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Number)
    }

    fn is_deleted(&self) -> bool {
        self.active_flag.0 == Some(false)
    }

    fn into_domain(self) -> Option<Note> {
        let on = [
            self.deal_id.0.map(|id| ItemRef::Deal(DealId(id))),
            self.lead_id.0.map(|id| ItemRef::Lead(LeadId(id))),
            self.person_id.0.map(|id| ItemRef::Person(PersonId(id))),
            self.org_id.0.map(|id| ItemRef::Org(OrgId(id))),
        ];
        let pins = [
            self.pinned_to_deal_flag,
            self.pinned_to_lead_flag,
            self.pinned_to_person_flag,
            self.pinned_to_organization_flag,
        ];
        Some(Note {
            id: NoteId(self.id.0?),
            on: on.into_iter().flatten().collect(),
            content: self.content.0.unwrap_or_default(),
            author: self.user_id.0.map(UserId),
            pinned: pins.iter().any(|pin| pin.0 == Some(true)),
            added: self.add_time.0,
            updated: self.update_time.0,
        })
    }
}

/// The number of notes and products of an item, if the API includes it (`include_fields` of API v2).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct CountsObject {
    pub(in super::super) notes_count: Loose<u64>,
    pub(in super::super) products_count: Loose<u64>,
    pub(in super::super) update_time: Loose<DateTime<Utc>>,
}

/// A product on a deal (`GET /api/v2/deals/{id}/products`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct ProductObject {
    name: Loose<String>,
    quantity: Loose<Decimal>,
    item_price: Loose<Decimal>,
    sum: Loose<Decimal>,
    currency: Loose<String>,
    discount: Loose<Decimal>,
    discount_type: Loose<String>,
    tax: Loose<Decimal>,
    tax_method: Loose<String>,
    is_enabled: Loose<bool>,
    billing_frequency: Loose<CompactString>,
    comments: Loose<String>,
}

impl Object for ProductObject {
    type Domain = Product;

    fn into_domain(self) -> Option<Product> {
        let quantity = self.quantity.0.unwrap_or(Decimal::ONE);
        let price = self.item_price.0.unwrap_or_default();
        let discount = self.discount.0.filter(|discount| !discount.is_zero()).map(|discount| {
            if self.discount_type.0.as_deref() == Some("amount") {
                Discount::Amount(discount)
            } else {
                Discount::Percent(discount)
            }
        });
        let tax = self.tax.0.unwrap_or_default();
        let tax_method = match self.tax_method.0.as_deref() {
            Some("inclusive") => TaxMethod::Inclusive,
            Some("none") => TaxMethod::None,
            _ => TaxMethod::Exclusive,
        };
        let amount = self.sum.0.or_else(|| Product::computed_sum(price, quantity, discount, (tax, tax_method)))?;
        Some(Product {
            name: self.name.0.unwrap_or_default(),
            quantity,
            price,
            discount,
            tax,
            tax_method,
            sum: Money { amount, currency: Currency::new(self.currency.0.as_deref().unwrap_or_default()) },
            enabled: self.is_enabled.0 != Some(false),
            billing: self.billing_frequency.0.filter(|often| often != "one-time"),
            comment: self.comments.0.filter(|comment| !comment.trim().is_empty()),
        })
    }
}

/// Something that has happened (`GET /api/v1/deals/{id}/flow` and its like).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct HappeningObject {
    object: Loose<CompactString>,
    timestamp: Loose<DateTime<Utc>>,
    data: Structured<Box<Happened>>,
}

/// All that is read of any kind of happening.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Happened {
    user_id: Loose<u64>,
    field_key: Loose<CompactString>,
    old_value: Loose<String>,
    new_value: Loose<String>,
    additional_data: Structured<Formatted>,
    subject: Loose<String>,
    #[serde(rename = "type")]
    kind: Loose<CompactString>,
    done: Loose<bool>,
    content: Loose<String>,
    name: Loose<String>,
    file_name: Loose<String>,
    title: Loose<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Formatted {
    old_value_formatted: Loose<String>,
    new_value_formatted: Loose<String>,
}

impl Object for HappeningObject {
    type Domain = TimelineEntry;

    fn into_domain(self) -> Option<TimelineEntry> {
        let kind = self.object.0?;
        let data = *self.data.0?;
        let by = data.user_id.0.map(UserId);
        let formatted = data.additional_data.0.unwrap_or_default();
        let what = match kind.as_str() {
            "dealChange" | "personChange" | "organizationChange" | "change" => TimelineEvent::Changed {
                field: data.field_key.0?,
                from: filled(formatted.old_value_formatted.0.or(data.old_value.0)),
                to: filled(formatted.new_value_formatted.0.or(data.new_value.0)),
            },
            "activity" | "plannedActivity" => TimelineEvent::Activity {
                subject: data.subject.0.unwrap_or_default(),
                kind: data.kind.0.unwrap_or_default(),
                done: data.done.0 == Some(true),
            },
            "note" => {
                let text = html_to_text(&data.content.0.unwrap_or_default());
                TimelineEvent::Note(text.chars().take(BEGINNING).collect())
            }
            "file" | "document" => TimelineEvent::File(data.name.0.or(data.file_name.0).unwrap_or_default()),
            "mailMessage" | "mailMessageWithAttachment" => TimelineEvent::Mail(data.subject.0.unwrap_or_default()),
            "deal" => TimelineEvent::Deal(data.title.0.unwrap_or_default()),
            _ => TimelineEvent::Other(kind),
        };
        Some(TimelineEntry { at: self.timestamp.0?, by, what })
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}
