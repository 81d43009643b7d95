//! Files of other formats that are refused, and places that are taken.

mod brat;
mod conll;
mod label_studio;
mod lines;
mod place;

use crate::cli::desk::Desk;
use snapbox::IntoData;

/// An import of one file into a new corpus.
fn file(content: &str, options: &str, message: impl IntoData) {
    let desk = Desk::new();
    desk.write("input", content);
    desk.refuses(&format!("gold import input --into corpus --from {options}"), message);
}
