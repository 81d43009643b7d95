//! Tables of text, for Markdown and for a terminal.

use comfy_table::{CellAlignment, Table, presets};

/// A header and rows of equal length; the first column reads from the left, the others are numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    left: usize,
}

impl Grid {
    /// An empty table.
    pub fn new(header: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), rows: Vec::new(), left: 1 }
    }

    /// The first so many columns read from the left.
    #[must_use]
    pub fn left(mut self, columns: usize) -> Self {
        self.left = columns;
        self
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// As a Markdown table, ending with a line break.
    pub fn markdown(&self) -> String {
        let escaped = |cells: &[String]| cells.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>();
        let mut lines = vec![format!("| {} |", escaped(&self.header).join(" | "))];
        let rule = |column: usize| if column < self.left { "---" } else { "--:" };
        lines.push(format!("|{}|", (0..self.header.len()).map(rule).collect::<Vec<_>>().join("|")));
        lines.extend(self.rows.iter().map(|row| format!("| {} |", escaped(row).join(" | "))));
        lines.join("\n") + "\n"
    }

    /// For a terminal: aligned columns without lines around them, ending with a line break.
    pub fn terminal(&self) -> String {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_header(&self.header);
        for row in &self.rows {
            table.add_row(row);
        }
        for (at, column) in table.column_iter_mut().enumerate() {
            column.set_cell_alignment(if at < self.left { CellAlignment::Left } else { CellAlignment::Right });
        }
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n") + "\n"
    }
}

/// A count with separators: `12,345`.
pub fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_a_markdown_table() {
        let mut grid = Grid::new(["model", "F1"]);
        grid.row(["a|b", "0.5"]);
        assert_eq!(grid.markdown(), "| model | F1 |\n|---|--:|\n| a\\|b | 0.5 |\n");
    }

    #[test]
    fn counts_have_separators() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }
}
