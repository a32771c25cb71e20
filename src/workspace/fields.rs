//! Custom fields: which there are, whom they lead to, and what may be written into them.

use super::Workspace;
use crate::domain::{
    Currency, CustomPatch, CustomValues, FieldCode, FieldDef, FieldKind, FieldValue, ItemKind, ItemRef, NameResolver,
    OrgId, PersonId, RuleError, UserId,
};

/// The largest number of names with a prefix that are compared with the full name.
const LOOKED_AT: usize = 50;

impl Workspace {
    /// The custom fields of a kind of items, in Pipedrive's order. Leads have those of deals, activities none.
    pub fn fields(&self, of: ItemKind) -> impl Iterator<Item = &FieldDef> {
        let of = if of == ItemKind::Lead { ItemKind::Deal } else { of };
        self.fields.iter().filter(move |field| field.of == of)
    }

    /// One custom field.
    pub fn field(&self, of: ItemKind, code: &FieldCode) -> Option<&FieldDef> {
        self.fields(of).find(|field| field.code == *code)
    }

    /// A text in which codes of fields are replaced by their names, such as Pipedrive's words for what it refused.
    pub fn with_field_names(&self, text: &str) -> String {
        self.fields.iter().fold(text.to_owned(), |text, field| {
            let code = field.code.to_string();
            if text.contains(&code) { text.replace(&code, &field.name) } else { text }
        })
    }

    /// Checks a change of custom fields against their definitions and present values. While the fields are not known, Pipedrive has
    /// to tell.
    pub(super) fn check_custom(
        &self,
        of: ItemKind,
        patch: &CustomPatch,
        before: &CustomValues,
    ) -> Result<(), RuleError> {
        patch.iter().try_for_each(|(code, value)| {
            self.check_field(of, code, value)?;
            let is_whole = !before.get(code).is_some_and(FieldValue::is_truncated);
            let name = || self.field(of, code).map_or_else(|| code.to_string(), |field| field.name.clone());
            if is_whole { Ok(()) } else { Err(RuleError::TooLongText(name())) }
        })
    }

    /// The same for what is to stand in the fields of something new.
    pub(super) fn check_customs(&self, of: ItemKind, values: &CustomValues) -> Result<(), RuleError> {
        values.iter().try_for_each(|(code, value)| self.check_field(of, code, Some(value)))
    }

    fn check_field(&self, of: ItemKind, code: &FieldCode, value: Option<&FieldValue>) -> Result<(), RuleError> {
        if self.fields.is_empty() {
            return Ok(());
        }
        let field = self.field(of, code).ok_or(RuleError::NoSuchField)?;
        let no_option = |id: &u64| field.option(*id).is_none();
        let id = |value: &FieldValue| value.flat().parse().ok();
        match (&field.kind, value) {
            (FieldKind::Other(_), _) => Err(RuleError::FieldReadOnly(field.name.clone())),
            (FieldKind::Choice, Some(value)) if id(value).as_ref().is_none_or(no_option) => {
                Err(RuleError::NoSuchOption(field.name.clone()))
            }
            (FieldKind::Choices, Some(FieldValue::Options(ids))) if ids.iter().any(no_option) => {
                Err(RuleError::NoSuchOption(field.name.clone()))
            }
            (FieldKind::Person, Some(value)) if id(value).is_some_and(|id| PersonId(id).is_local()) => {
                Err(RuleError::LinkNotYetCreated)
            }
            (FieldKind::Org, Some(value)) if id(value).is_some_and(|id| OrgId(id).is_local()) => {
                Err(RuleError::LinkNotYetCreated)
            }
            _ => Ok(()),
        }
    }
}

impl NameResolver for Workspace {
    fn user_name(&self, id: UserId) -> Option<&str> {
        self.user(id).map(|user| user.name.as_str())
    }

    fn contact_name(&self, item: ItemRef) -> Option<&str> {
        match item {
            ItemRef::Person(id) => self.person(id).map(|person| person.name.as_str()),
            ItemRef::Org(id) => self.org(id).map(|org| org.name.as_str()),
            ItemRef::Deal(_) | ItemRef::Activity(_) | ItemRef::Lead(_) | ItemRef::Note(_) => None,
        }
    }

    fn users_named(&self, name: &str) -> Vec<UserId> {
        self.users.values().filter(|user| is_called(&user.name, name)).map(|user| user.id).take(2).collect()
    }

    fn people_named_exactly(&self, name: &str) -> Vec<PersonId> {
        let found = self.people_named(name, LOOKED_AT).into_iter();
        found.filter(|person| is_called(&person.name, name)).map(|person| person.id).take(2).collect()
    }

    fn orgs_named_exactly(&self, name: &str) -> Vec<OrgId> {
        let found = self.orgs_named(name, LOOKED_AT).into_iter();
        found.filter(|org| is_called(&org.name, name)).map(|org| org.id).take(2).collect()
    }

    fn default_currency(&self) -> Currency {
        self.currency()
    }
}

fn is_called(name: &str, asked: &str) -> bool {
    name.trim().to_lowercase() == asked.trim().to_lowercase()
}
