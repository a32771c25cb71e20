//! Columns: the fields that tables show and lists are sorted by.

use serde::{Deserialize, Serialize};

use super::{RowId, Workspace};
use crate::domain::{FieldCode, FieldDef, FieldKey, FieldKind, FieldValue, ItemKind, ItemRef};

/// A column of deals, leads, people, organizations or users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Column {
    /// The title of a deal or lead, or the name of anything else.
    Title,
    /// Its value.
    Value,
    /// Its value times its probability.
    Weighted,
    /// The stage.
    Stage,
    /// The pipeline.
    Pipeline,
    /// Open, won or lost; of a user, whether they can sign in.
    Status,
    /// The probability that counts, where the pipeline has any.
    Probability,
    /// The person's name.
    Person,
    /// The organization's name.
    Org,
    /// The owner's name.
    Owner,
    /// When it is expected to close.
    ExpectedClose,
    /// The next activity.
    NextActivity,
    /// Labels by name.
    Labels,
    /// Since when it is in its stage.
    StageAge,
    /// When it was added.
    Added,
    /// When it last changed.
    Updated,
    /// Why it was lost.
    LostReason,
    /// The first phone number.
    Phone,
    /// The first e-mail address.
    Email,
    /// The address in one line.
    Address,
    /// The number of open deals.
    OpenDeals,
    /// The number of people of an organization.
    People,
    /// The source of a lead.
    Source,
    /// Seen or unseen, for a lead.
    Seen,
    /// A custom field.
    Custom(FieldKey),
}

impl Column {
    /// Returns `true` if the largest or latest comes first by default.
    pub const fn is_largest_first(self) -> bool {
        matches!(
            self,
            Self::Value
                | Self::Weighted
                | Self::Probability
                | Self::StageAge
                | Self::Added
                | Self::Updated
                | Self::OpenDeals
                | Self::People
        )
    }

    /// Its name, and a shorter one for the head of a narrow column.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Title => ("Title", "Title"),
            Self::Value => ("Value", "Value"),
            Self::Weighted => ("Weighted", "Weighted"),
            Self::Stage => ("Stage", "Stage"),
            Self::Pipeline => ("Pipeline", "Pipeline"),
            Self::Status => ("Status", "Status"),
            Self::Probability => ("Probability", "Prob."),
            Self::Person => ("Person", "Person"),
            Self::Org => ("Organization", "Organization"),
            Self::Owner => ("Owner", "Owner"),
            Self::ExpectedClose => ("Expected close", "Expected"),
            Self::NextActivity => ("Next activity", "Next"),
            Self::Labels => ("Labels", "Labels"),
            Self::StageAge => ("In stage", "In stage"),
            Self::Added => ("Added", "Added"),
            Self::Updated => ("Updated", "Updated"),
            Self::LostReason => ("Lost because", "Lost because"),
            Self::Phone => ("Phone", "Phone"),
            Self::Email => ("E-mail", "E-mail"),
            Self::Address => ("Address", "Address"),
            Self::OpenDeals => ("Open deals", "Deals"),
            Self::People => ("People", "People"),
            Self::Source => ("Source", "Source"),
            Self::Seen => ("Seen", "Seen"),
            Self::Custom(_) => ("Field", "Field"),
        }
    }
}

impl Workspace {
    /// Returns the name of a column.
    pub fn column_name(&self, column: Column) -> &str {
        self.column_field(column).map_or(column.names().0, |field| field.name.as_str())
    }

    /// Its name at the head of a column, where there is little room.
    pub fn column_head(&self, column: Column) -> &str {
        self.column_field(column).map_or(column.names().1, |field| field.name.as_str())
    }

    /// Returns `true` if the column exists: a custom field may have been deleted since it was chosen, and no pipeline may
    /// have probabilities.
    pub fn has_column(&self, column: Column) -> bool {
        match column {
            Column::Custom(_) => self.column_field(column).is_some(),
            Column::Probability | Column::Weighted => self.has_any_probability(),
            Column::Title
            | Column::Value
            | Column::Stage
            | Column::Pipeline
            | Column::Status
            | Column::Person
            | Column::Org
            | Column::Owner
            | Column::ExpectedClose
            | Column::NextActivity
            | Column::Labels
            | Column::StageAge
            | Column::Added
            | Column::Updated
            | Column::LostReason
            | Column::Phone
            | Column::Email
            | Column::Address
            | Column::OpenDeals
            | Column::People
            | Column::Source
            | Column::Seen => true,
        }
    }

    /// Returns the custom field of a column.
    pub fn column_field(&self, column: Column) -> Option<&FieldDef> {
        let Column::Custom(key) = column else { return None };
        let code = FieldCode::from(key);
        let kinds = [ItemKind::Deal, ItemKind::Person, ItemKind::Org];
        kinds.into_iter().find_map(|kind| self.field(kind, &code))
    }

    /// The custom fields of a kind of items as sides, at most `most`.
    pub fn custom_columns(&self, of: ItemKind, most: usize) -> impl Iterator<Item = Column> {
        self.fields(of).filter_map(|field| field.code.key()).map(Column::Custom).take(most)
    }

    /// Returns `true` if lists can be sorted by a column. A field that shows the name of another item changes with that item,
    /// which no list follows.
    pub fn can_sort_by(&self, column: Column) -> bool {
        let field = self.column_field(column);
        field.is_none_or(|field| !matches!(field.kind, FieldKind::Person | FieldKind::Org))
    }

    /// Returns the value of a custom field of a row.
    pub fn custom_value(&self, row: RowId, field: &FieldDef) -> Option<&FieldValue> {
        let RowId::Item(item) = row else { return None };
        let values = match item {
            ItemRef::Deal(id) => &self.deal(id)?.custom,
            ItemRef::Lead(id) => &self.lead(id)?.custom,
            ItemRef::Person(id) => &self.person(id)?.custom,
            ItemRef::Org(id) => &self.org(id)?.custom,
            ItemRef::Activity(_) | ItemRef::Note(_) => return None,
        };
        values.get(&field.code)
    }
}
