//! Finds what of an encoded event may be shortened, without parsing it into values.
//!
//! Owns the knowledge which members hold content and which hold names. Never: changes the event,
//! allocates for anything but the places it found, or recurses (a deep event costs no stack).

use std::ops::Range;

/// Members of an evaluation whose texts may be shortened. A span's are those of `meta`.
const EVALUATION_CONTENT: [&[u8]; 4] = [b"metadata", b"reasoning", b"json_value", b"text_value"];

/// Members of `meta` that name things, and are not content.
const META_NAMES: [&[u8]; 5] = [
    b"span.kind",
    b"model_name",
    b"model_provider",
    b"error.type",
    b"agent_attribution",
];

/// A member that can be emptied as a whole.
pub(super) struct Member {
    pub(super) range: Range<usize>,
    /// `input` and `output` keep a text that says what happened; `metadata` has no place for one.
    pub(super) holds_value: bool,
}

impl Member {
    pub(super) fn holds(&self, text: &Range<usize>) -> bool {
        self.range.start <= text.start && text.end <= self.range.end
    }
}

/// What a scan of the event found.
#[derive(Default)]
pub(super) struct Outline {
    /// Texts that may be shortened, without their quotes.
    pub(super) texts: Vec<Range<usize>>,
    pub(super) members: Vec<Member>,
    pub(super) is_span: bool,
    pub(super) collection_errors: Option<Range<usize>>,
    /// Place of the last brace.
    pub(super) end: usize,
}

impl Outline {
    pub(super) fn of(json: &[u8]) -> Option<Self> {
        let mut outline = Self::default();
        let mut scan = Scan { json, at: 0 };
        scan.object(|scan, key| match key {
            b"meta" => {
                outline.is_span = true;
                outline.meta(scan)
            }
            b"collection_errors" => {
                outline.collection_errors = Some(scan.value(|_| ())?);
                Some(())
            }
            key if EVALUATION_CONTENT.contains(&key) => outline.content(scan, key),
            _ => scan.value(|_| ()).map(drop),
        })?;
        outline.end = scan.at.checked_sub(1)?;
        Some(outline)
    }

    fn meta(&mut self, scan: &mut Scan<'_>) -> Option<()> {
        if scan.next_byte()? != b'{' {
            return scan.value(|_| ()).map(drop);
        }
        scan.object(|scan, key| {
            if META_NAMES.contains(&key) {
                scan.value(|_| ()).map(drop)
            } else {
                self.content(scan, key)
            }
        })
    }

    fn content(&mut self, scan: &mut Scan<'_>, key: &[u8]) -> Option<()> {
        let range = scan.value(|text| self.texts.push(text))?;
        let holds_value = matches!(key, b"input" | b"output");
        if holds_value || key == b"metadata" {
            self.members.push(Member { range, holds_value });
        }
        Some(())
    }
}

/// A cursor over JSON text that trusts its structure: the encoder wrote it. On text that is not
/// JSON it ends with `None` or finds nothing to shorten.
struct Scan<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// The next byte that is not white space, without taking it.
    fn next_byte(&mut self) -> Option<u8> {
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
    fn object(&mut self, mut member: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
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
    fn value(&mut self, mut found: impl FnMut(Range<usize>)) -> Option<Range<usize>> {
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
