//! Custom fields in the details, and in conflicts.

use super::sheet::Sheet;
use super::{Screen, text};
use crate::domain::{CustomPatch, CustomValues, FieldCode, FieldDef, FieldKind, FieldValue, ItemKind, WebLink};

/// How many fields are listed.
const MOST: usize = 200;
/// How much is told of the code of a field that has no name here.
const CODE: usize = 8;

impl Screen<'_> {
    /// What stands in the custom fields of an item, in Pipedrive's order; those of which nothing is known at the end.
    pub(super) fn custom_lines(self, sheet: &mut Sheet, of: ItemKind, values: &CustomValues) {
        if values.is_empty() {
            return;
        }
        sheet.heading("Fields");
        for field in self.workspace.fields(of).filter(|field| values.get(&field.code).is_some()).take(MOST) {
            let Some(value) = values.get(&field.code) else { continue };
            sheet.field_in_full(text::or_blank(&field.name, "(no name)"), &self.custom_value(field, value));
            if field.kind == FieldKind::Phone {
                sheet.link(WebLink::call(&value.flat()));
            }
        }
        let unknown = values.iter().filter(|(code, _)| self.workspace.field(of, code).is_none());
        for (code, value) in unknown.take(MOST) {
            sheet.field_in_full(&short(code), &value.flat());
        }
    }

    /// What an update makes of custom fields, each with its name: of these there may be any number of one type.
    pub(super) fn custom_changes(self, of: ItemKind, patch: &CustomPatch) -> Vec<Option<String>> {
        let change = |(code, value): (&FieldCode, Option<&FieldValue>)| {
            let field = self.workspace.field(of, code);
            let name = field.map_or_else(|| short(code), |field| field.name.clone());
            let value = match (field, value) {
                (_, None) => "none".to_owned(),
                (Some(field), Some(value)) => self.custom_value(field, value),
                (None, Some(value)) => value.flat().into_owned(),
            };
            Some(format!("{name}: {value}"))
        };
        patch.iter().map(change).collect()
    }

    fn custom_value(self, field: &FieldDef, value: &FieldValue) -> String {
        let day = (field.kind == FieldKind::Date).then(|| value.flat().parse().ok()).flatten();
        day.map_or_else(|| field.display(value, self.workspace), |day| self.day_in_full(day))
    }
}

fn short(code: &FieldCode) -> String {
    format!("{}…", code.to_string().chars().take(CODE).collect::<String>())
}
