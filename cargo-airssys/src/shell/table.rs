//! Tables: rows with their columns lined up.

/// Rows with their columns lined up, two blanks between; the last column is as long as it is.
pub(crate) fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lined_up() {
        let rows = [["NAME", "V"], ["a", "1"], ["longer-name", "2"]].map(|row| row.map(str::to_owned));
        assert_eq!(aligned(&rows), "NAME         V\na            1\nlonger-name  2");
    }
}
