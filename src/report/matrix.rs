//! Who can read what, as a table: for people as wide as their terminal, for spreadsheets, for a wiki, as JSON.

use std::collections::BTreeMap;
use std::io;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};
use serde::Serialize;

use super::holders::{self, Unseen, VERSION, WrittenHolder};
use super::human::Style;
use super::summary::count;
use super::who::reach_word;
use crate::access::{Access, File, Mark, State};
use crate::source::visible::clean_line;

/// The columns and rows: who concerns any file, and every sealed file.
struct Matrix<'a> {
    access: &'a Access<'a>,
    /// Places of the holders.
    columns: Vec<usize>,
    /// The marks of each file, a column each.
    rows: Vec<(&'a File<'a>, Vec<Option<Mark>>)>,
}

/// One column of a block: holders of whom the same is to be said.
struct Column {
    title: String,
    marks: Vec<Option<Mark>>,
}

impl<'a> Matrix<'a> {
    fn of(access: &'a Access<'a>) -> Self {
        let columns: Vec<usize> = (0..access.holders.len()).collect();
        let marks = |file: &File<'_>| columns.iter().map(|&place| access.cell(file, place).mark).collect();
        let rows: Vec<(&File<'_>, Vec<Option<Mark>>)> = access.files.iter().map(|file| (file, marks(file))).collect();
        Matrix { access, columns, rows }
    }

    /// The titles of the columns; those of keys without a name in full or in short.
    fn titles(&self, in_short: bool) -> Vec<String> {
        let holders = self.columns.iter().filter_map(|&place| self.access.holders.get(place));
        holders.map(|holder| if in_short { holders::title(holder) } else { clean_line(&holder.title) }).collect()
    }

    /// The columns in which something stands.
    fn filled(&self) -> Vec<Column> {
        let titles = self.titles(true).into_iter().enumerate();
        let column = |(index, title): (usize, String)| {
            let marks: Vec<Option<Mark>> =
                self.rows.iter().map(|(_, marks)| marks.get(index).copied().flatten()).collect();
            marks.iter().any(Option::is_some).then_some(Column { title, marks })
        };
        titles.filter_map(column).collect()
    }

    /// The marks that stand anywhere, in the order of the legend.
    fn legend(&self) -> Vec<Mark> {
        let stands = |mark: &Mark| self.rows.iter().any(|(_, marks)| marks.contains(&Some(*mark)));
        Mark::ALL.into_iter().filter(stands).collect()
    }

    /// The files of which it is not known who reads them, with why.
    fn unread(&self) -> Vec<String> {
        let unread = self.rows.iter().filter_map(|(file, _)| match file.state {
            State::Unread(why) => Some(format!("{}: {why}", file.path)),
            _ => None,
        });
        unread.collect()
    }

    /// Who declares secrets or is a host, and whose keys are not known.
    fn unknown(&self) -> Vec<String> {
        let holders = self.access.holders.iter().filter(|holder| holder.unknown.is_some());
        holders.map(holders::title).collect()
    }
}

/// Columns between two columns' contents.
const GAP: usize = 2;
/// A path takes this much of the width at most, in percent.
const PATHS: usize = 60;

/// Writes it for people: in one table where that fits, else in blocks whose columns have letters.
pub fn write(out: &mut impl io::Write, access: &Access<'_>, style: Style) -> io::Result<()> {
    let matrix = Matrix::of(access);
    if matrix.rows.is_empty() {
        writeln!(out, "no sealed file was found")?;
        return holders::write_unseen(out, access);
    }
    let columns = matrix.filled();
    let paths: Vec<String> = matrix.rows.iter().map(|(file, _)| clean_line(&file.path)).collect();
    let widest = paths.iter().map(|path| path.chars().count()).max().unwrap_or_default();
    let titles: usize = columns.iter().map(|column| column.title.chars().count() + GAP).sum();
    if widest + GAP + titles <= style.width {
        let rows = (0..paths.len()).collect::<Vec<_>>();
        block(out, &paths, &rows, &columns, None)?;
    } else {
        blocks(out, &paths, joined(columns), style)?;
    }
    writeln!(out)?;
    for mark in matrix.legend() {
        writeln!(out, "{}  {}", mark.character(), mark.meaning())?;
    }
    let nobody = matrix.rows.iter().filter(|(file, _)| file.can.is_some());
    let nobody = nobody.filter(|(_, marks)| marks.iter().all(Option::is_none)).count();
    if nobody > 0 {
        writeln!(out, "{} open to nobody who is known", count(nobody, "file is").replace("files is", "files are"))?;
    }
    for (title, lines) in
        [("could not be read", matrix.unread()), ("keys not known (`sealnix hosts`)", matrix.unknown())]
    {
        if !lines.is_empty() {
            wrapped(out, &format!("{title}: {}", clean_line(&lines.join(", "))), style)?;
        }
    }
    holders::write_unseen(out, access)
}

/// Columns of which the same is to be said become one.
fn joined(columns: Vec<Column>) -> Vec<Column> {
    let mut joined: Vec<Column> = Vec::new();
    let mut places: BTreeMap<Vec<Option<Mark>>, usize> = BTreeMap::new();
    for column in columns {
        match places.get(&column.marks).and_then(|&place| joined.get_mut(place)) {
            Some(same) => same.title += &format!(", {}", column.title),
            None => {
                places.insert(column.marks.clone(), joined.len());
                joined.push(column);
            }
        }
    }
    joined
}

/// Several tables, each with the files that concern its columns, and who the letters are.
fn blocks(out: &mut impl io::Write, paths: &[String], columns: Vec<Column>, style: Style) -> io::Result<()> {
    let code = letters(columns.len().saturating_sub(1)).len();
    let widest = paths.iter().map(|path| path.chars().count()).max().unwrap_or_default();
    let for_paths = widest.min(style.width * PATHS / 100);
    let paths: Vec<String> = paths.iter().map(|path| cut(path, for_paths)).collect();
    let per_block = (style.width.saturating_sub(for_paths + GAP) / (code + GAP)).max(1);
    for (index, columns) in columns.chunks(per_block).enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let first = index * per_block;
        let rows: Vec<usize> = (0..paths.len())
            .filter(|&row| columns.iter().any(|column| column.marks.get(row).is_some_and(Option::is_some)))
            .collect();
        block(out, &paths, &rows, columns, Some(first))?;
        for (offset, column) in columns.iter().enumerate() {
            wrapped(out, &format!("{} = {}", letters(first + offset), column.title), style)?;
        }
    }
    Ok(())
}

/// A line, broken where it does not fit.
fn wrapped(out: &mut impl io::Write, text: &str, style: Style) -> io::Result<()> {
    let options = textwrap::Options::new(style.width).subsequent_indent("    ").break_words(false);
    textwrap::wrap(text, options).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// A path of so many characters at most: its end.
fn cut(path: &str, width: usize) -> String {
    match path.chars().count().checked_sub(width) {
        None | Some(0) => path.to_owned(),
        Some(more) => std::iter::once('…').chain(path.chars().skip(more + 1)).collect(),
    }
}

/// One table. With a first number, its columns have letters.
fn block(
    out: &mut impl io::Write,
    paths: &[String],
    rows: &[usize],
    columns: &[Column],
    first: Option<usize>,
) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING.header_separator(LineStyle::none().fill('─')));
    table.set_content_arrangement(ContentArrangement::Disabled);
    let titles = columns.iter().enumerate().map(|(index, column)| match first {
        Some(first) => letters(first + index),
        None => column.title.clone(),
    });
    table.set_header(std::iter::once("FILE".to_owned()).chain(titles));
    for &row in rows {
        let mark = |column: &Column| {
            column.marks.get(row).copied().flatten().map_or(String::new(), |mark| mark.character().to_string())
        };
        let path = paths.get(row).cloned().unwrap_or_default();
        table.add_row(std::iter::once(path).chain(columns.iter().map(mark)));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, u16::try_from(GAP).unwrap_or_default()));
        if index > 0 {
            column.set_cell_alignment(CellAlignment::Center);
        }
    }
    table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

/// A, B, …, Z, AA, AB, ….
fn letters(mut number: usize) -> String {
    let mut letters = Vec::new();
    loop {
        let digit = u8::try_from(number % 26).unwrap_or_default();
        letters.push(char::from(b'A' + digit));
        match (number / 26).checked_sub(1) {
            Some(rest) => number = rest,
            None => return letters.into_iter().rev().collect(),
        }
    }
}

/// Writes it as CSV: a line a file, a column a holder, a word a cell.
pub fn write_csv(out: &mut impl io::Write, access: &Access<'_>) -> io::Result<()> {
    let matrix = Matrix::of(access);
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(std::iter::once("file".to_owned()).chain(matrix.titles(false)))?;
    for (file, marks) in &matrix.rows {
        let words = marks.iter().map(|mark| mark.map_or("", Mark::word));
        writer.write_record(std::iter::once(file.path.as_str()).chain(words))?;
    }
    writer.flush()
}

/// Writes it as a Markdown table, for a wiki.
pub fn write_markdown(out: &mut impl io::Write, access: &Access<'_>) -> io::Result<()> {
    let matrix = Matrix::of(access);
    let columns = matrix.filled();
    let titles: Vec<String> = columns.iter().map(|column| escaped(&column.title)).collect();
    writeln!(out, "| File | {} |", titles.join(" | "))?;
    writeln!(out, "|---|{}", ":-:|".repeat(titles.len()))?;
    for (row, (file, _)) in matrix.rows.iter().enumerate() {
        let marks: Vec<String> = columns
            .iter()
            .map(|column| column.marks.get(row).copied().flatten().map_or(String::new(), |mark| code(mark.character())))
            .collect();
        writeln!(out, "| {} | {} |", escaped(&clean_line(&file.path)), marks.join(" | "))?;
    }
    let legend = matrix.legend();
    if !legend.is_empty() {
        writeln!(out)?;
    }
    legend.iter().try_for_each(|mark| writeln!(out, "- {} {}", code(mark.character()), mark.meaning()))
}

fn code(character: char) -> String {
    format!("`{character}`")
}

/// A text in which Markdown sees nothing of its own.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!')
        {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    version: u32,
    holders: Vec<WrittenHolder<'a>>,
    files: Vec<WrittenFile<'a>>,
    not_looked: Vec<Unseen<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenFile<'a> {
    path: &'a str,
    why_unread: Option<&'a str>,
    config: Option<&'a str>,
    rule: Option<u32>,
    cells: Vec<WrittenCell<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenCell<'a> {
    holder: &'a str,
    mark: &'static str,
    declares: bool,
    in_rule: Option<bool>,
    reach: Option<&'static str>,
}

/// Writes it as JSON (`docs/access.md`): of each file the cells in which something is to be said.
pub fn write_json(out: &mut impl io::Write, access: &Access<'_>) -> io::Result<()> {
    let cell = |file: &File<'_>, place: usize| {
        let cell = access.cell(file, place);
        Some(WrittenCell {
            holder: &access.holders.get(place)?.title,
            mark: cell.mark?.word(),
            declares: cell.declares,
            in_rule: cell.named,
            reach: cell.reach.map(reach_word),
        })
    };
    let file = |file| {
        let File { path, state, .. }: &File<'_> = file;
        WrittenFile {
            path,
            why_unread: if let State::Unread(why) = state { Some(why) } else { None },
            config: file.rules_path(),
            rule: file.rule_line(),
            cells: (0..access.holders.len()).filter_map(|place| cell(file, place)).collect(),
        }
    };
    let holders = access.holders.iter().map(holders::written).collect();
    let files = access.files.iter().map(file).collect();
    let written = Written { version: VERSION, holders, files, not_looked: holders::unseen(access) };
    serde_json::to_writer_pretty(&mut *out, &written)?;
    writeln!(out)
}
