//! How a patch is written down where a field can also be cleared: left out, `null` and a value are three things.

use serde::{Deserialize, Deserializer};

/// Reads a field that is there: `null` is the change that clears it. One that is left out stays as it is.
pub(super) fn given<'de, T, D>(field: D) -> Result<Option<T>, D::Error>
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
    fn clearing_a_field_is_not_leaving_it_as_it_is() {
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
