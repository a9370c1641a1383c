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
        // The message of the `csv` crate has the line, and not the file.
        let failed = |error: csv::Error| format!("{}: {error}", path.display());
        let mut reader = csv::Reader::from_path(&path).map_err(failed)?;
        let headers = reader.headers().map_err(failed)?.clone();
        let records = reader.records().collect::<Result<_, _>>().map_err(failed)?;
        Ok(CsvFile { path, headers, records })
    }

    pub fn rows(&self) -> impl Iterator<Item = CsvRow<'_>> {
        self.records.iter().map(|record| CsvRow { file: self, record })
    }
}

/// One line of a file.
#[derive(Clone, Copy)]
pub struct CsvRow<'f> {
    file: &'f CsvFile,
    record: &'f StringRecord,
}

impl<'f> CsvRow<'f> {
    /// The text in a column.
    pub fn text(self, column: &str) -> Result<&'f str, String> {
        let position = self.file.headers.iter().position(|header| header == column);
        position.and_then(|position| self.record.get(position)).ok_or_else(|| self.error(column, "it is not there"))
    }

    /// The value in a column.
    pub fn value<T: FromStr<Err: Display>>(self, column: &str) -> Result<T, String> {
        let text = self.text(column)?;
        text.parse().map_err(|error| self.error(column, &format!("`{text}`: {error}")))
    }

    /// The value in a column where `NA` stands for none.
    pub fn value_or_na<T: FromStr<Err: Display>>(self, column: &str) -> Result<Option<T>, String> {
        match self.text(column)? {
            "NA" => Ok(None),
            _ => self.value(column).map(Some),
        }
    }

    /// A message that says where something is wrong.
    pub fn error(self, column: &str, what: &str) -> String {
        let line = self.record.position().map_or(0, csv::Position::line);
        format!("{}:{line}: column `{column}`: {what}", self.file.path.display())
    }
}
