//! One value of a record as JSON text.
//!
//! Pure. Reads bytes that JavaScript wrote and trusts none of them: every length is checked, nesting and output
//! are bounded, nothing panics.

use crate::ingest::number::{push_hex, push_integer, push_number};
use crate::ingest::symbols::Symbols;
use crate::ingest::text::{push_latin1, push_utf8, push_utf16};

/// Deepest nesting of one value. The encoder stops at 200 levels.
const LEVELS_MAX: usize = 256;

/// What the bytes of a record mean. `lib/record/ops.js` is the other half.
pub mod op {
    /// Nothing; between parts that must be aligned.
    pub const PAD: u8 = 0;
    /// Keys and values up to `END`.
    pub const OBJECT: u8 = 1;
    /// Values up to `END`.
    pub const ARRAY: u8 = 2;
    /// The end of the innermost object or array.
    pub const END: u8 = 3;
    /// u16: a key by number.
    pub const KEY_SYMBOL: u8 = 4;
    /// A string follows: a key.
    pub const KEY: u8 = 5;
    /// u16: a string by number.
    pub const SYMBOL: u8 = 6;
    /// u16: a piece of JSON by number, in an array.
    pub const JSON: u8 = 7;
    /// u8 length, Latin-1 bytes.
    pub const SHORT: u8 = 8;
    /// u32 length, Latin-1 bytes.
    pub const LATIN1: u8 = 9;
    /// u32 length in units, padding to an even offset, UTF-16 units.
    pub const UTF16: u8 = 10;
    /// i32.
    pub const INT: u8 = 11;
    /// f64.
    pub const DOUBLE: u8 = 12;
    /// True.
    pub const TRUE: u8 = 13;
    /// False.
    pub const FALSE: u8 = 14;
    /// Null.
    pub const NULL: u8 = 15;
    /// No value, where one may be missing.
    pub const ABSENT: u8 = 16;
    /// A value follows: it is written as a string that holds its JSON text.
    pub const TEXT: u8 = 17;
    /// Two strings follow: they are joined by a colon.
    pub const TAG: u8 = 18;
    /// u64.
    pub const U64: u8 = 19;
    /// u64: a string of its decimal digits.
    pub const SPAN_ID: u8 = 20;
    /// Three u32: a string of 32 hex digits, the second eight of them zeros.
    pub const TRACE_ID: u8 = 21;
}

/// Why a record could not be read. It is a fault of ours, and the event counts as `internal_error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It ends in the middle of something.
    #[error("a record ends too early")]
    Truncated,
    /// Its version or kind is unknown.
    #[error("a record of an unknown version or kind")]
    UnknownRecord,
    /// A byte that stands for nothing.
    #[error("an unknown op {0}")]
    UnknownOp(u8),
    /// A number nobody defined.
    #[error("an unknown symbol {0}")]
    UnknownSymbol(u16),
    /// Something where it cannot stand.
    #[error("op {0} where it has no place")]
    Misplaced(u8),
    /// Nested too deeply.
    #[error("nested too deeply")]
    TooDeep,
}

impl DecodeError {
    /// The stable code of the error.
    #[must_use]
    pub fn code(self) -> &'static str {
        "SPANLANE_INTERNAL"
    }
}

/// A container that is open.
#[derive(Debug)]
enum Container {
    Object {
        is_empty: bool,
    },
    Array {
        is_empty: bool,
    },
    /// A text whose value starts at this offset of the output.
    Text {
        start: usize,
    },
}

/// Reads a record from its start.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    symbols: &'a Symbols,
    /// The containers around what is read, kept for the memory.
    containers: Vec<Container>,
}

impl<'a> Reader<'a> {
    /// A reader that continues at offset `at`.
    #[must_use]
    pub fn new(bytes: &'a [u8], at: usize, symbols: &'a Symbols) -> Self {
        Self {
            bytes,
            at,
            symbols,
            containers: Vec::new(),
        }
    }

    /// Takes `N` bytes.
    pub fn take<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.first_chunk().ok_or(DecodeError::Truncated)?;
        self.at += N;
        Ok(*taken)
    }

    /// Appends the next value. False where `ABSENT` stands for it.
    pub fn value(&mut self, out: &mut Vec<u8>) -> Result<bool, DecodeError> {
        self.containers.clear();
        loop {
            let mut op = self.op()?;
            let closing = match self.containers.last_mut() {
                Some(Container::Object { .. }) if op == op::END => Some(b'}'),
                Some(Container::Array { .. }) if op == op::END => Some(b']'),
                Some(Container::Object { is_empty }) => {
                    separate(is_empty, out);
                    self.key(op, out)?;
                    op = self.op()?;
                    None
                }
                Some(Container::Array { is_empty }) => {
                    separate(is_empty, out);
                    None
                }
                _ => None,
            };
            match (closing, op) {
                (Some(bracket), _) => {
                    out.push(bracket);
                    self.containers.pop();
                }
                (None, op::OBJECT | op::ARRAY | op::TEXT) => {
                    Self::open(op, &mut self.containers, out)?;
                    continue;
                }
                (None, op::ABSENT) if self.containers.is_empty() => return Ok(false),
                // It may be several values, for which there is room in an array alone.
                (None, op::JSON)
                    if !matches!(self.containers.last(), Some(Container::Array { .. })) =>
                {
                    return Err(DecodeError::Misplaced(op));
                }
                (None, _) => self.scalar(op, out)?,
            }
            while let Some(Container::Text { start }) = self.containers.last() {
                quote_from(*start, out);
                self.containers.pop();
            }
            if self.containers.is_empty() {
                return Ok(true);
            }
        }
    }

    fn key(&mut self, op: u8, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        match op {
            op::KEY_SYMBOL => out.extend_from_slice(self.symbol()?),
            op::KEY => {
                let op = self.op()?;
                self.string(op, out)?;
            }
            _ => return Err(DecodeError::Misplaced(op)),
        }
        out.push(b':');
        Ok(())
    }

    fn open(op: u8, containers: &mut Vec<Container>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        if containers.len() >= LEVELS_MAX {
            return Err(DecodeError::TooDeep);
        }
        containers.push(match op {
            op::OBJECT => Container::Object { is_empty: true },
            op::ARRAY => Container::Array { is_empty: true },
            // Quoting doubles what quoting made: a text within a text could grow without end.
            _ if containers
                .iter()
                .any(|around| matches!(around, Container::Text { .. })) =>
            {
                return Err(DecodeError::Misplaced(op));
            }
            _ => Container::Text { start: out.len() },
        });
        match op {
            op::OBJECT => out.push(b'{'),
            op::ARRAY => out.push(b'['),
            _ => {}
        }
        Ok(())
    }

    fn scalar(&mut self, op: u8, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        match op {
            op::JSON => {
                let id = u16::from_le_bytes(self.take()?);
                let json = self
                    .symbols
                    .json(id)
                    .ok_or(DecodeError::UnknownSymbol(id))?;
                out.extend_from_slice(json);
            }
            op::SYMBOL => out.extend_from_slice(self.symbol()?),
            op::INT => {
                let number = i32::from_le_bytes(self.take()?);
                push_number(out, f64::from(number));
            }
            op::U64 => push_integer(out, u64::from_le_bytes(self.take()?)),
            op::DOUBLE => push_number(out, f64::from_le_bytes(self.take()?)),
            op::TRUE => out.extend_from_slice(b"true"),
            op::FALSE => out.extend_from_slice(b"false"),
            op::NULL => out.extend_from_slice(b"null"),
            op::SPAN_ID => {
                out.push(b'"');
                push_integer(out, u64::from_le_bytes(self.take()?));
                out.push(b'"');
            }
            op::TRACE_ID => {
                out.push(b'"');
                push_hex(out, u32::from_le_bytes(self.take()?));
                out.extend_from_slice(b"00000000");
                push_hex(out, u32::from_le_bytes(self.take()?));
                push_hex(out, u32::from_le_bytes(self.take()?));
                out.push(b'"');
            }
            op::TAG => {
                out.push(b'"');
                let name = self.op()?;
                self.characters(name, out)?;
                out.push(b':');
                let value = self.op()?;
                self.characters(value, out)?;
                out.push(b'"');
            }
            _ => self.string(op, out)?,
        }
        Ok(())
    }

    fn string(&mut self, op: u8, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        out.push(b'"');
        self.characters(op, out)?;
        out.push(b'"');
        Ok(())
    }

    /// The characters of a string, escaped, without quotes.
    fn characters(&mut self, op: u8, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        match op {
            op::SYMBOL => {
                let json = self.symbol()?;
                out.extend_from_slice(json.get(1..json.len() - 1).unwrap_or_default());
            }
            op::SHORT => {
                let [length] = self.take()?;
                push_latin1(out, self.slice(usize::from(length))?);
            }
            op::LATIN1 => {
                let length = self.length()?;
                push_latin1(out, self.slice(length)?);
            }
            op::UTF16 => {
                let units = self.length()?;
                self.at += self.at & 1;
                push_utf16(
                    out,
                    self.slice(units.checked_mul(2).ok_or(DecodeError::Truncated)?)?,
                );
            }
            op::PAD..=op::TRACE_ID => return Err(DecodeError::Misplaced(op)),
            _ => return Err(DecodeError::UnknownOp(op)),
        }
        Ok(())
    }

    fn op(&mut self) -> Result<u8, DecodeError> {
        loop {
            let [op] = self.take()?;
            if op != op::PAD {
                return Ok(op);
            }
        }
    }

    fn symbol(&mut self) -> Result<&'a [u8], DecodeError> {
        let id = u16::from_le_bytes(self.take()?);
        self.symbols
            .string(id)
            .ok_or(DecodeError::UnknownSymbol(id))
    }

    fn length(&mut self) -> Result<usize, DecodeError> {
        usize::try_from(u32::from_le_bytes(self.take()?)).map_err(|_| DecodeError::Truncated)
    }

    fn slice(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(length).ok_or(DecodeError::Truncated)?;
        let slice = self.bytes.get(self.at..end).ok_or(DecodeError::Truncated)?;
        self.at = end;
        Ok(slice)
    }
}

fn separate(is_empty: &mut bool, out: &mut Vec<u8>) {
    if !std::mem::take(is_empty) {
        out.push(b',');
    }
}

/// Turns the JSON text from `start` on into a string that holds it.
fn quote_from(start: usize, out: &mut Vec<u8>) {
    let text = out.split_off(start.min(out.len()));
    out.push(b'"');
    push_utf8(out, &text);
    out.push(b'"');
}
