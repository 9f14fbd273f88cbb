//! Utilization labels.

use crate::world::Organization;
use crate::world::table::{Kind, Stored, Table};

/// A label of interactions, of which agents may have a maximum.
#[derive(Debug)]
pub(crate) enum UtilizationLabel {}

impl Kind for UtilizationLabel {
    const NAME: &'static str = "utilization label";
    const PATH: &'static str = "/api/v2/routing/utilization/labels";
    const FIELDS: &'static [&'static str] = &[];
}

impl Stored for UtilizationLabel {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.acd.labels
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.acd.labels
    }
}
