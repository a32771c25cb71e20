//! The custom fields of an item in its form, each as its type wants it: options and people are picked, the rest is typed.

use super::field::{Lookup, Offer};
use super::reading::written_money;
use super::{Field, Form, Kind, Look, Name, Pick, Wrong, offers};
use crate::domain::{CustomPatch, CustomValues, FieldDef, FieldKind, FieldValue, Item, OrgId, PersonId, UserId};

/// The most custom fields that are in a form.
const MOST: usize = 300;

/// What stands in the custom fields of an item; activities and notes have none.
pub(super) fn values(item: &Item) -> Option<&CustomValues> {
    match item {
        Item::Deal(deal) => Some(&deal.custom),
        Item::Lead(lead) => Some(&lead.custom),
        Item::Person(person) => Some(&person.custom),
        Item::Org(org) => Some(&org.custom),
        Item::Activity(_) | Item::Note(_) => None,
    }
}

fn values_mut(item: &mut Item) -> Option<&mut CustomValues> {
    match item {
        Item::Deal(deal) => Some(&mut deal.custom),
        Item::Lead(lead) => Some(&mut lead.custom),
        Item::Person(person) => Some(&mut person.custom),
        Item::Org(org) => Some(&mut org.custom),
        Item::Activity(_) | Item::Note(_) => None,
    }
}

/// Which custom fields there are. A form keeps to those that there were when it was opened.
pub(super) fn definitions(item: &Item, look: Look) -> Vec<FieldDef> {
    let kind = item.key().kind();
    kind.into_iter().flat_map(|kind| look.workspace.fields(kind)).take(MOST).cloned().collect()
}

/// The fields of an item that is there. Those that can only be looked at are left out where they are empty.
pub(super) fn fields(defs: &[FieldDef], item: &Item, look: Look) -> Vec<Field> {
    let Some(values) = values(item) else { return Vec::new() };
    let field = |(nth, def): (usize, &FieldDef)| {
        let value = values.get(&def.code);
        (def.kind.is_editable() || value.is_some())
            .then(|| field(Name::Custom(nth), def, value, look).labelled(def.name.clone()))
    };
    defs.iter().enumerate().filter_map(field).collect()
}

fn field(name: Name, def: &FieldDef, value: Option<&FieldValue>, look: Look) -> Field {
    let written = || value.map(|value| def.written(value, look.workspace)).unwrap_or_default();
    let id = || value.and_then(FieldValue::as_id);
    match &def.kind {
        FieldKind::Choice => {
            let chosen = id().map_or(Pick::Nothing, Pick::Option);
            // One that was deleted is offered as well while the item has it.
            let gone = id().filter(|id| def.option(*id).is_none());
            let gone = gone.map(|id| Offer::new(format!("#{id}"), Pick::Option(id)));
            Field::choice(name, with_nothing(options(def).chain(gone)), &chosen)
        }
        FieldKind::Flag => {
            let chosen = match value.and_then(FieldValue::as_flag) {
                None => Pick::Nothing,
                Some(true) => Pick::Yes,
                Some(false) => Pick::No,
            };
            Field::choice(name, with_nothing(offers::yes_or_no().into_iter()), &chosen)
        }
        FieldKind::Choices => {
            let ids = value.and_then(FieldValue::as_ids).unwrap_or_default();
            let chosen: Vec<Pick> = ids.iter().copied().map(Pick::Option).collect();
            Field::several(name, options(def).collect(), &chosen)
        }
        FieldKind::User => Field::pick_of(name, Kind::One(Lookup::User, false), id().map(|id| look.user(UserId(id)))),
        FieldKind::Person => {
            Field::pick_of(name, Kind::One(Lookup::Person, false), id().map(|id| look.person(PersonId(id))))
        }
        FieldKind::Org => Field::pick_of(name, Kind::One(Lookup::Org, false), id().map(|id| look.org(OrgId(id)))),
        FieldKind::Money => {
            let money = if let Some(FieldValue::Money(money)) = value { Some(money) } else { None };
            let currency = money.map_or_else(|| look.workspace.currency(), |money| money.currency.clone());
            let text = money.map(|money| written_money(money)).unwrap_or_default();
            Field::text_of(name, Kind::Money(currency), text)
        }
        FieldKind::Date => Field::text_of(name, Kind::Day, written()),
        FieldKind::LongText if value.is_some_and(FieldValue::is_truncated) => Field::cut(name, written()),
        FieldKind::LongText => Field::text_of(name, Kind::Lines, written()),
        FieldKind::Other(_) => Field::text_of(name, Kind::Shown, written()),
        FieldKind::Text
        | FieldKind::Phone
        | FieldKind::Number
        | FieldKind::DateRange
        | FieldKind::Time
        | FieldKind::TimeRange
        | FieldKind::Address => Field::text_of(name, Kind::Typed(Box::new(def.clone())), written()),
    }
}

fn options(def: &FieldDef) -> impl Iterator<Item = Offer> {
    def.options.iter().map(|option| Offer::new(option.label.clone(), Pick::Option(option.id)))
}

fn with_nothing(offers: impl Iterator<Item = Offer>) -> Vec<Offer> {
    std::iter::once(Offer::new("–", Pick::Nothing)).chain(offers).collect()
}

/// What somebody has changed.
pub(super) fn patch(form: &Form, look: Look) -> Result<CustomPatch, Wrong> {
    let mut patch = CustomPatch::new();
    for (nth, def) in form.custom.iter().enumerate().filter(|(_, def)| def.kind.is_editable()) {
        if let Some(value) = form.read(Name::Custom(nth), |field| read(field, def, look))? {
            patch.set(def.code.clone(), value);
        }
    }
    Ok(patch)
}

fn read(field: &Field, def: &FieldDef, look: Look) -> Result<Option<FieldValue>, String> {
    let picked = |of: fn(&Pick) -> Option<u64>| Ok(field.picked(of)?.map(FieldValue::id));
    match def.kind {
        FieldKind::Choice => picked(Pick::option),
        FieldKind::Choices => Ok(FieldValue::options(field.picks(Pick::option)?)),
        FieldKind::User => picked(|pick| pick.user().map(|id| id.0)),
        FieldKind::Person => picked(|pick| pick.person().map(|id| id.0)),
        FieldKind::Org => picked(|pick| pick.org().map(|id| id.0)),
        FieldKind::Flag => Ok(match field.linked() {
            Some(Pick::Yes) => Some(FieldValue::Flag(true)),
            Some(Pick::No) => Some(FieldValue::Flag(false)),
            _ => None,
        }),
        FieldKind::Money => Ok(field.money()?.map(|money| FieldValue::Money(Box::new(money)))),
        _ => def.parse(field.text(), look.today, look.workspace).map_err(|error| error.to_string()),
    }
}

/// Leaves what stands in one of the custom fields of an item as it was.
pub(super) fn keep(def: &FieldDef, was: &Item, now: &mut Item) {
    let value = values(was).and_then(|values| values.get(&def.code)).cloned();
    if let Some(now) = values_mut(now) {
        CustomPatch::from_iter([(def.code.clone(), value)]).apply(now);
    }
}
