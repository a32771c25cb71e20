//! The stored form of `Option<Option<T>>`: a field that is left out, `null` and a value are three different things.

use serde::{Deserialize, Deserializer};

/// Deserializes a field that is present: `null` clears it. A field that is left out stays as it is.
pub(super) fn double_option<'de, T, D>(field: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(field).map(Some)
}

#[cfg(test)]
mod tests {
    use crate::domain::{ActivityPatch, DealPatch, LeadPatch};

    #[test]
    fn a_cleared_field_differs_from_an_unchanged_one() {
        let deal = DealPatch { expected_close: Some(None), ..DealPatch::default() };
        let lead = LeadPatch { value: Some(None), expected_close: Some(None), ..LeadPatch::default() };
        let activity = ActivityPatch { due: Some(None), ..ActivityPatch::default() };
        let written = serde_json::to_string(&(&deal, &lead, &activity)).unwrap();
        assert_eq!(
            serde_json::from_str::<(DealPatch, LeadPatch, ActivityPatch)>(&written).unwrap(),
            (deal, lead, activity)
        );
        assert_eq!(serde_json::from_str::<DealPatch>("{}").unwrap(), DealPatch::default());
    }
}
