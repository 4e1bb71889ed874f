//! Strings that recur, named by number: field names, roles, models, whole runs of tags.
//!
//! Owns their JSON text. Never forgets one: a record may name it long after.

use crate::ingest::text::push_utf8;

/// Symbols of one producer at most; the JavaScript side writes further strings out.
pub const SYMBOLS_MAX: usize = 4_096;

/// A string to be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The string, or a piece of JSON.
    pub text: String,
    /// True for a piece of JSON: values with commas between them.
    pub is_json: bool,
}

#[derive(Debug)]
struct Symbol {
    json: Box<[u8]>,
    is_json: bool,
}

/// What the numbers stand for.
#[derive(Debug, Default)]
pub struct Symbols(Vec<Symbol>);

impl Symbols {
    /// Names the next number.
    pub fn define(&mut self, definition: Definition) {
        let json = if definition.is_json {
            definition.text.into_bytes()
        } else {
            let mut json = vec![b'"'];
            push_utf8(&mut json, definition.text.as_bytes());
            json.push(b'"');
            json
        };
        self.0.push(Symbol {
            json: json.into_boxed_slice(),
            is_json: definition.is_json,
        });
    }

    /// The JSON text of a string, quotes included.
    #[must_use]
    pub fn string(&self, id: u16) -> Option<&[u8]> {
        self.get(id, false)
    }

    /// A piece of JSON.
    #[must_use]
    pub fn json(&self, id: u16) -> Option<&[u8]> {
        self.get(id, true)
    }

    fn get(&self, id: u16, is_json: bool) -> Option<&[u8]> {
        let symbol = self.0.get(usize::from(id))?;
        (symbol.is_json == is_json).then_some(&*symbol.json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_what_it_was_defined_as_and_nothing_else() {
        let mut symbols = Symbols::default();
        for (text, is_json) in [("say \"hi\"", false), ("\"a\",\"b\"", true)] {
            symbols.define(Definition {
                text: text.to_owned(),
                is_json,
            });
        }
        assert_eq!(symbols.string(0), Some(br#""say \"hi\"""#.as_slice()));
        assert_eq!(symbols.json(1), Some(br#""a","b""#.as_slice()));
        assert_eq!(
            (symbols.json(0), symbols.string(1), symbols.string(2)),
            (None, None, None)
        );
    }
}
