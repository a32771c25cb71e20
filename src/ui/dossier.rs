//! What there is to know of an item beyond the item itself, at the end of its details: notes, products, the timeline.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::sheet::Sheet;
use super::{Screen, format, text};
use crate::domain::{
    Discount, FieldCode, FieldDef, ItemKind, ItemRef, Money, Note, OrgId, PersonId, PipelineId, Product, StageId,
    TaxMethod, TimelineEntry, TimelineEvent, UserId, html_to_text, product_sums,
};
use crate::workspace::CachedDetails;

/// How many notes are shown here; `I` has all.
const MOST_NOTES: usize = 20;
/// How much of a note's HTML is looked at here, in characters.
const LONGEST_NOTE: usize = 4_000;
/// How long a value in the timeline is, in characters.
const LONGEST_VALUE: usize = 60;
/// From this age on it is said when all this was read.
const OLD: TimeDelta = TimeDelta::minutes(30);

impl Screen<'_> {
    pub(super) fn dossier_lines(self, sheet: &mut Sheet, item: ItemRef) {
        if item.is_local() || matches!(item, ItemRef::Activity(_) | ItemRef::Note(_)) {
            return;
        }
        let known = self.workspace.dossier(item);
        self.note_lines(sheet, item, known.is_some());
        if let Some(known) = known {
            self.product_lines(sheet, &known.products);
            self.timeline_lines(sheet, item, &known.timeline);
        }
        self.freshness_lines(sheet, item, known);
    }

    fn note_lines(self, sheet: &mut Sheet, item: ItemRef, is_known: bool) {
        let theme = self.theme;
        let mut notes = self.workspace.notes_of(item).peekable();
        if notes.peek().is_none() && !is_known {
            return;
        }
        sheet.heading("Notes");
        if notes.peek().is_none() {
            sheet.line(vec![("· none; i writes one".to_owned(), theme.dim)]);
        }
        for note in notes.by_ref().take(MOST_NOTES) {
            self.one_note(sheet, note);
        }
        if notes.peek().is_some() {
            sheet.line(vec![("… more: I lists all".to_owned(), theme.dim)]);
        }
    }

    fn one_note(self, sheet: &mut Sheet, note: &Note) {
        let theme = self.theme;
        let mut head = Vec::new();
        if note.pinned {
            head.push(("★ ".to_owned(), theme.accent));
        }
        head.push((note.author.map_or_else(String::new, |author| self.user_name(author)), theme.strong));
        if self.workspace.is_pending(ItemRef::Note(note.id)) {
            head.push((" ↻ saving…".to_owned(), theme.warning));
        } else if let Some(added) = note.added {
            let edited = if note.updated > note.added { ", edited" } else { "" };
            head.push((format!(" {}{edited}", self.day_and_time(added)), theme.dim));
        }
        sheet.line(head);
        let end = note.content.char_indices().nth(LONGEST_NOTE).map_or(note.content.len(), |(end, _)| end);
        let (shown, rest) = note.content.split_at(end);
        sheet.indented(text::or_blank(&html_to_text(shown), "(empty)"), theme.text);
        if !rest.is_empty() {
            sheet.line(vec![("… it goes on".to_owned(), theme.dim)]);
        }
        sheet.gap();
    }

    fn product_lines(self, sheet: &mut Sheet, products: &[Product]) {
        let theme = self.theme;
        if products.is_empty() {
            return;
        }
        sheet.heading("Products");
        for product in products {
            let style = if product.enabled { theme.text } else { theme.dim };
            sheet.paragraph(text::or_blank(&product.name, "(no name)"), style);
            sheet.indented(&reckoning(product), theme.dim);
            if let Some(comment) = product.comment.as_deref().map(html_to_text) {
                sheet.indented(&comment, theme.dim);
            }
        }
        for sum in product_sums(products) {
            sheet.field("Sum", &sum.display(), theme.accent);
        }
    }

    fn timeline_lines(self, sheet: &mut Sheet, item: ItemRef, timeline: &[TimelineEntry]) {
        let theme = self.theme;
        let shown = timeline.iter().filter(|happening| self.workspace.shows_event(item, &happening.what));
        let mut shown = shown.peekable();
        if shown.peek().is_none() {
            return;
        }
        sheet.heading("Timeline");
        for happening in shown {
            let who = happening.by.map(|user| format!(" · {}", self.user_name(user))).unwrap_or_default();
            sheet.line(vec![(format!("{}{who}", self.day_and_time(happening.at)), theme.dim)]);
            sheet.indented(&self.event_in_words(item.kind(), &happening.what), theme.text);
        }
    }

    /// When all this was read, where that matters; and why it is not here, or not newer.
    fn freshness_lines(self, sheet: &mut Sheet, item: ItemRef, known: Option<&CachedDetails>) {
        let theme = self.theme;
        let look = &self.session.detail.loader;
        if let Some(why) = look.trouble(item) {
            sheet.gap();
            let what = if known.is_some() { "Could not be read anew" } else { "Notes and timeline could not be read" };
            sheet.paragraph(&format!("{what}: {why}"), theme.warning);
        } else if known.is_none() && look.is_on_the_way(item) {
            sheet.gap();
            sheet.line(vec![("reading notes and timeline…".to_owned(), theme.dim)]);
        }
        if let Some(known) = known.filter(|known| self.session.now.0 - known.at >= OLD) {
            sheet.gap();
            sheet.line(vec![(format!("notes and timeline as of {}", self.day_and_time(known.at)), theme.dim)]);
        }
    }

    fn event_in_words(self, of: Option<ItemKind>, event: &TimelineEvent) -> String {
        match event {
            TimelineEvent::Changed { field, from, to } => {
                let custom = of.and_then(|of| self.workspace.field(of, &FieldCode::new(field)?));
                let name = custom.map_or_else(|| field_name(field), |custom| custom.name.clone());
                let in_words = |value: &str| match custom {
                    Some(custom) => shortened(&labelled(custom, value)),
                    None => shortened(&self.value_in_words(field, value)),
                };
                let value = |value: &Option<String>| value.as_deref().map(in_words);
                match (value(from), value(to)) {
                    (Some(from), Some(to)) => format!("{name}: {from} → {to}"),
                    (None, Some(to)) => format!("{name}: {to}"),
                    (Some(from), None) => format!("{name}: {from} → none"),
                    (None, None) => format!("{name} changed"),
                }
            }
            TimelineEvent::Activity { subject, kind, done } => {
                let kind = self.workspace.activity_type(kind).map_or(kind.as_str(), |kind| kind.name.as_str());
                let mark = if *done { "✓ " } else { "" };
                format!("{mark}{kind}: {}", text::or_blank(subject, "(no subject)"))
            }
            TimelineEvent::Note(beginning) => format!("Note: {}", beginning.lines().next().unwrap_or_default()),
            TimelineEvent::File(name) => format!("File: {name}"),
            TimelineEvent::Mail(subject) => format!("Mail: {}", text::or_blank(subject, "(no subject)")),
            TimelineEvent::Deal(title) => format!("Deal: {}", text::or_blank(title, "(no title)")),
            TimelineEvent::Other(word) => word.to_string(),
        }
    }

    /// A value of a field: what an id names, and anything else as it is.
    fn value_in_words(self, field: &str, value: &str) -> String {
        let account = self.workspace;
        let named = value.trim().parse::<u64>().ok().and_then(|id| match field {
            "stage_id" => account.stage(StageId(id)).map(|stage| stage.name.clone()),
            "pipeline_id" => account.pipeline(PipelineId(id)).map(|pipeline| pipeline.name.clone()),
            "user_id" | "owner_id" => account.user(UserId(id)).map(|user| user.name.clone()),
            "person_id" => account.person(PersonId(id)).map(|person| person.name.clone()),
            "org_id" => account.org(OrgId(id)).map(|org| org.name.clone()),
            _ => None,
        });
        named.unwrap_or_else(|| value.to_owned())
    }

    fn day_and_time(self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.workspace.zone()).naive_local();
        let day = format::calendar_day(local.date(), self.session.today(self.workspace));
        format!("{day}, {}", format::time(local.time()))
    }
}

/// What a field is called, by Pipedrive's key of it.
fn field_name(key: &str) -> String {
    let name = match key {
        "stage_id" => "Stage",
        "pipeline_id" => "Pipeline",
        "user_id" | "owner_id" => "Owner",
        "person_id" => "Person",
        "org_id" => "Organization",
        "expected_close_date" => "Expected close",
        "lost_reason" => "Lost because",
        "add_time" => "Added",
        "label" | "label_ids" => "Labels",
        "is_archived" => "Archived",
        key => {
            let is_hash = key.len() >= 40 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
            let words = if is_hash { "a field".to_owned() } else { key.replace('_', " ") };
            let mut letters = words.chars();
            return letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
        }
    };
    name.to_owned()
}

/// A value of a custom field with the labels of its options in place of their ids.
fn labelled(field: &FieldDef, value: &str) -> String {
    let label = |id: &str| {
        let option = id.trim().parse::<u64>().ok().and_then(|id| field.options.iter().find(|option| option.id == id));
        option.map(|option| option.label.as_str())
    };
    let labels: Option<Vec<&str>> = value.split(',').map(label).collect();
    labels.map_or_else(|| value.to_owned(), |labels| labels.join(", "))
}

fn shortened(value: &str) -> String {
    if value.chars().nth(LONGEST_VALUE).is_none() {
        return value.to_owned();
    }
    value.chars().take(LONGEST_VALUE - 1).chain(['…']).collect()
}

/// How a product's sum comes about.
fn reckoning(product: &Product) -> String {
    let money = |amount: Decimal| Money { amount, currency: product.sum.currency.clone() }.display();
    let discount = match product.discount {
        Some(Discount::Percent(percent)) => format!(" − {} %", percent.normalize()),
        Some(Discount::Amount(amount)) => format!(" − {}", money(amount)),
        None => String::new(),
    };
    let tax = match product.tax_method {
        TaxMethod::Exclusive if !product.tax.is_zero() => format!(" + {} % tax", product.tax.normalize()),
        TaxMethod::Inclusive if !product.tax.is_zero() => format!(", {} % tax included", product.tax.normalize()),
        _ => String::new(),
    };
    let often = product.billing.as_deref().map(|often| format!(", {often}")).unwrap_or_default();
    let counted = if product.enabled { "" } else { ", not counted" };
    let whole = format!("{} × {}", product.quantity.normalize(), money(product.price));
    format!("{whole}{discount}{tax} = {}{often}{counted}", product.sum.display())
}
