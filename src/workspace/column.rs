//! The sides of an item: what a table has columns for, and what a list can be sorted by.

use serde::{Deserialize, Serialize};

use super::{RowId, Workspace};
use crate::domain::{FieldCode, FieldDef, FieldKey, FieldKind, FieldValue, ItemKind, ItemRef};

/// A side of a deal, lead, person, organization or user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Column {
    /// The title of a deal or lead, or the name of anything else.
    Title,
    /// What it is worth.
    Value,
    /// What it is worth times its probability.
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
    /// When something is to be done next.
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
    /// How many open deals there are.
    OpenDeals,
    /// How many people an organization has.
    People,
    /// Where a lead came from.
    Source,
    /// Whether somebody has looked at a lead.
    Seen,
    /// A custom field.
    Custom(FieldKey),
}

impl Column {
    /// Its name at the head of a column, where there is little room.
    const fn head(self) -> &'static str {
        match self {
            Self::ExpectedClose => "Expected",
            Self::NextActivity => "Next",
            Self::Probability => "Prob.",
            Self::OpenDeals => "Deals",
            other => other.name(),
        }
    }

    /// Whether people want to see the largest or latest first.
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

    /// Its name.
    const fn name(self) -> &'static str {
        match self {
            Self::Title => "Title",
            Self::Value => "Value",
            Self::Weighted => "Weighted",
            Self::Stage => "Stage",
            Self::Pipeline => "Pipeline",
            Self::Status => "Status",
            Self::Probability => "Probability",
            Self::Person => "Person",
            Self::Org => "Organization",
            Self::Owner => "Owner",
            Self::ExpectedClose => "Expected close",
            Self::NextActivity => "Next activity",
            Self::Labels => "Labels",
            Self::StageAge => "In stage",
            Self::Added => "Added",
            Self::Updated => "Updated",
            Self::LostReason => "Lost because",
            Self::Phone => "Phone",
            Self::Email => "E-mail",
            Self::Address => "Address",
            Self::OpenDeals => "Open deals",
            Self::People => "People",
            Self::Source => "Source",
            Self::Seen => "Seen",
            Self::Custom(_) => "Field",
        }
    }
}

impl Workspace {
    /// The name of a side.
    pub fn column_name(&self, column: Column) -> &str {
        self.column_field(column).map_or(column.name(), |field| field.name.as_str())
    }

    /// Its name at the head of a column, where there is little room.
    pub fn column_head(&self, column: Column) -> &str {
        self.column_field(column).map_or(column.head(), |field| field.name.as_str())
    }

    /// Whether it is a side that there is: a custom field may have been deleted since it was chosen, and no pipeline may
    /// have probabilities.
    pub fn has_column(&self, column: Column) -> bool {
        match column {
            Column::Custom(_) => self.column_field(column).is_some(),
            Column::Probability | Column::Weighted => self.has_any_probability(),
            _ => true,
        }
    }

    /// The custom field that a side is.
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

    /// Whether lists can be sorted by a side. What a field says by the name of another item changes with that item,
    /// which no list follows.
    pub fn can_sort_by(&self, column: Column) -> bool {
        let field = self.column_field(column);
        field.is_none_or(|field| !matches!(field.kind, FieldKind::Person | FieldKind::Org))
    }

    /// What stands in a custom field of a row.
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
