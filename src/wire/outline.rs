//! Finds what of an encoded event may be shortened, without parsing it into values.
//!
//! Owns the cursor a wire format looks for its members with. Never: changes the event, allocates for anything but
//! the places it found, or recurses (a deep event costs no stack).

use std::ops::Range;

/// What of an event may be shortened. All places are offsets in its JSON text; no two texts overlap, and no two
/// members.
#[derive(Debug, Default)]
pub struct Outline {
    /// Texts that may be shortened, without their quotes.
    pub texts: Vec<Range<usize>>,
    /// Members that may be emptied when shorter texts are not enough.
    pub members: Vec<Member>,
    /// What an event that was shortened says about it.
    pub notice: Option<Notice>,
}

/// A member that can be emptied as a whole.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its value.
    pub range: Range<usize>,
    /// What takes the value's place.
    pub emptied: Emptied,
}

impl Member {
    pub(super) fn holds(&self, text: &Range<usize>) -> bool {
        self.range.start <= text.start && text.end <= self.range.end
    }
}

/// What is left of a member that was emptied.
#[derive(Clone, Copy, Debug)]
pub enum Emptied {
    /// The mark that says how much is gone, between these two.
    Marked(&'static str, &'static str),
    /// This.
    As(&'static str),
}

/// A text that is put into the event at one place.
#[derive(Debug)]
pub struct Notice {
    /// The place.
    pub at: usize,
    /// The text.
    pub text: String,
}

/// A cursor over JSON text that trusts its structure: the encoder wrote it. On text that is not
/// JSON it ends with `None` or finds nothing to shorten.
#[derive(Debug)]
pub struct Scan<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// At the start of `json`.
    #[must_use]
    pub fn new(json: &'a [u8]) -> Self {
        Self { json, at: 0 }
    }

    /// Behind what was taken.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next byte that is not white space, without taking it.
    pub fn next_byte(&mut self) -> Option<u8> {
        loop {
            let byte = *self.json.get(self.at)?;
            if !byte.is_ascii_whitespace() {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn take(&mut self, expected: u8) -> Option<()> {
        (self.next_byte()? == expected).then(|| self.at += 1)
    }

    /// Walks the members of an object; `member` must take the value.
    pub fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &'a [u8]) -> Option<()>,
    ) -> Option<()> {
        self.take(b'{')?;
        if self.next_byte()? == b'}' {
            return self.take(b'}');
        }
        loop {
            let key = self.text()?;
            self.take(b':')?;
            member(self, self.json.get(key)?)?;
            if self.next_byte()? == b'}' {
                return self.take(b'}');
            }
            self.take(b',')?;
        }
    }

    /// Takes a string and returns where its text is.
    fn text(&mut self) -> Option<Range<usize>> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            let rest = self.json.get(self.at..)?;
            self.at += rest.iter().position(|b| matches!(b, b'"' | b'\\'))?;
            if self.json.get(self.at)? == &b'"' {
                self.at += 1;
                return Some(start..self.at - 1);
            }
            self.at += 2;
        }
    }

    /// Takes one value of any kind, tells `found` of every text in it that is not a key, and
    /// returns its place.
    pub fn value(&mut self, mut found: impl FnMut(Range<usize>)) -> Option<Range<usize>> {
        self.next_byte()?;
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.next_byte()? {
                b'"' => {
                    let text = self.text()?;
                    // Only a key is followed by a colon.
                    if depth == 0 || self.next_byte()? != b':' {
                        found(text);
                    }
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                _ => {
                    let rest = self.json.get(self.at..)?;
                    self.at += rest
                        .iter()
                        .position(|b| b",:]}".contains(b) || b.is_ascii_whitespace())?;
                }
            }
            if depth == 0 {
                return Some(start..self.at);
            }
        }
    }
}
