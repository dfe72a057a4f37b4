//! Tables of the page: numbers to the right, columns without a single text left out, room to scroll where they are wider
//! than the screen, and for each number the value that it is sorted by.

use maud::{Markup, html};

/// A cell.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    text: String,
    /// What stands before the text.
    mark: Option<Markup>,
    /// What it is sorted by.
    value: Option<f64>,
    is_number: bool,
    is_long: bool,
    is_bad: bool,
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// A text that may be broken into lines.
    pub fn long(text: impl Into<String>) -> Cell {
        Cell { is_long: true, ..Cell::text(text) }
    }

    /// A number as it is written; nothing without one.
    pub fn number(value: Option<f64>, written: impl Fn(f64) -> String) -> Cell {
        Cell { text: value.map(written).unwrap_or_default(), value, is_number: true, ..Cell::default() }
    }

    /// A text that is sorted by a number.
    pub fn sorted_by(text: impl Into<String>, value: Option<f64>) -> Cell {
        Cell { value, is_number: true, ..Cell::text(text) }
    }

    /// With something before the text.
    pub fn marked(self, mark: Markup) -> Cell {
        Cell { mark: Some(mark), ..self }
    }

    /// Whether it tells of something that went wrong.
    pub fn bad_if(self, is_bad: bool) -> Cell {
        Cell { is_bad, ..self }
    }

    fn class(&self) -> String {
        let words = [(self.is_number, "number"), (self.is_long, "long"), (self.is_bad, "bad")];
        let words: Vec<&str> = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
        words.join(" ")
    }
}

/// A table.
#[derive(Debug, Default)]
pub struct Grid {
    header: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

impl Grid {
    /// An empty table with these columns.
    pub fn new<T: Into<String>>(header: impl IntoIterator<Item = T>) -> Grid {
        Grid { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row, as long as the header.
    pub fn add(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// The table, without columns that have no text; nothing without rows.
    pub fn markup(&self) -> Markup {
        let has_text = |column: &usize| self.rows.iter().any(|row| !row[*column].text.is_empty());
        let columns: Vec<usize> = (0..self.header.len()).filter(has_text).collect();
        let is_number = |column: usize| self.rows.iter().any(|row| row[column].is_number);
        html! {
            @if !self.rows.is_empty() {
                div.table tabindex="0" {
                    table.sortable {
                        thead {
                            tr {
                                @for column in &columns {
                                    th scope="col" class=[is_number(*column).then_some("number")] { (self.header[*column]) }
                                }
                            }
                        }
                        tbody {
                            @for row in &self.rows {
                                tr { @for column in &columns { (cell(&row[*column])) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cell(cell: &Cell) -> Markup {
    let class = cell.class();
    html! {
        td class=[(!class.is_empty()).then_some(class)] data-value=[cell.value] {
            @if let Some(mark) = &cell.mark { (mark) }
            @for (index, line) in cell.text.lines().enumerate() { @if index > 0 { br; } (line) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_columns_are_left_out_and_numbers_stand_right() {
        let mut grid = Grid::new(["name", "nothing", "time"]);
        grid.add(vec![Cell::text("<a>"), Cell::text(""), Cell::number(Some(1.5), |value| format!("{value} s"))]);
        grid.add(vec![Cell::text("b"), Cell::text(""), Cell::number(None, |value| format!("{value} s"))]);
        let text = grid.markup().into_string();
        assert!(!text.contains("nothing") && text.contains("&lt;a&gt;"), "{text}");
        assert!(text.contains("<td class=\"number\" data-value=\"1.5\">1.5 s</td>"), "{text}");
        assert!(text.contains("<th scope=\"col\" class=\"number\">time</th>"), "{text}");
        assert_eq!(Grid::new(["a"]).markup().into_string(), "");
    }
}
