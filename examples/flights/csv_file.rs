//! Reading a CSV file with errors that say where: file, line and column.

use std::error::Error;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use csv::StringRecord;

/// A CSV file of the folder `examples/data`.
pub struct CsvFile {
    path: PathBuf,
    headers: StringRecord,
    records: Vec<StringRecord>,
}

impl CsvFile {
    pub fn read(name: &str) -> Result<Self, Box<dyn Error>> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data").join(name);
        let failed = |error: csv::Error| format!("{}: {error}", path.display());
        // A line that is too short or too long is let through here and found below, where its number is known.
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(&path).map_err(failed)?;
        let headers = reader.headers().map_err(failed)?.clone();
        let records = reader.records().collect::<Result<_, _>>().map_err(failed)?;
        let file = CsvFile { path, headers, records };
        if let Some(row) = file.rows().find(|row| row.record.len() != file.headers.len()) {
            return Err(row.error("this line has more or fewer columns than the first").into());
        }
        Ok(file)
    }

    pub fn rows(&self) -> impl Iterator<Item = CsvRow<'_>> {
        // In these files a record is a line; the first line has the headers, and lines count from 1.
        self.records.iter().zip(2..).map(|(record, line)| CsvRow { file: self, record, line })
    }
}

/// One line of a file.
#[derive(Clone, Copy)]
pub struct CsvRow<'f> {
    file: &'f CsvFile,
    record: &'f StringRecord,
    line: usize,
}

impl<'f> CsvRow<'f> {
    /// The text in a column.
    pub fn text(self, column: &str) -> Result<&'f str, String> {
        let position = self.file.headers.iter().position(|header| header == column);
        let text = position.and_then(|position| self.record.get(position));
        text.ok_or_else(|| self.error(&format!("there is no column `{column}`")))
    }

    /// The value in a column.
    pub fn value<T: FromStr<Err: Display>>(self, column: &str) -> Result<T, String> {
        let text = self.text(column)?;
        text.parse().map_err(|error| self.error(&format!("`{column}` is `{text}`: {error}")))
    }

    /// The value in a column where `NA` stands for none.
    pub fn value_or_na<T: FromStr<Err: Display>>(self, column: &str) -> Result<Option<T>, String> {
        match self.text(column)? {
            "NA" => Ok(None),
            _ => self.value(column).map(Some),
        }
    }

    /// A message that says where something is wrong.
    pub fn error(self, what: &str) -> String {
        format!("{}:{}: {what}", self.file.path.display(), self.line)
    }
}
