//! What was tried on a split for tuning, and what came of it.

use super::{CellKey, Stored, Table, TableError};

/// Why a setting is in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The evaluation's own options, without any tuning.
    Untuned,
    /// A setting of the grid.
    Grid,
    /// The best setting of the grid, with the temperature that was fitted for it.
    Fitted,
}

impl Role {
    const ALL: [Self; 3] = [Self::Untuned, Self::Grid, Self::Fitted];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Untuned => "untuned",
            Self::Grid => "grid",
            Self::Fitted => "fitted",
        }
    }
}

/// A setting of a cell that was decoded and scored.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepRow {
    /// Which cell.
    pub key: CellKey,
    /// Why it was decoded.
    pub role: Role,
    /// The setting, as the rule that decides answers.
    pub setting: String,
    /// The headline metric on the split for tuning; None where undefined.
    pub dev: Option<f64>,
    /// The headline metric on the evaluation's own split, of the chosen setting, of the one that it was fitted from, and of
    /// the untuned one; None of all others, which were not decoded there.
    pub test: Option<f64>,
    /// True for the one setting that the evaluation's answers were decoded with.
    pub chosen: bool,
}

impl SweepRow {
    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        Table::keyed(rows.iter().map(|row| &row.key))
            .text("role", rows.iter().map(|row| Some(row.role.name())))
            .text("setting", rows.iter().map(|row| Some(row.setting.as_str())))
            .number("dev", rows.iter().map(|row| row.dev))
            .number("test", rows.iter().map(|row| row.test))
            .flag("chosen", rows.iter().map(|row| row.chosen))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing or a role is unknown.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let (roles, settings) = (stored.text("role")?, stored.text("setting")?);
        let (dev, test, chosen) = (stored.number("dev")?, stored.number("test")?, stored.flag("chosen")?);
        let mut rows = Vec::with_capacity(stored.rows());
        for (at, key) in stored.keys()?.into_iter().enumerate() {
            let role = Role::ALL.into_iter().find(|role| roles[at].as_deref() == Some(role.name()));
            rows.push(Self {
                key,
                role: role.ok_or_else(|| stored.lacks("role", "roles of settings"))?,
                setting: settings[at].clone().unwrap_or_default(),
                dev: dev[at],
                test: test[at],
                chosen: chosen[at],
            });
        }
        Ok(rows)
    }
}
