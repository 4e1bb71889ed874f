//! JSON text of strings, byte for byte as `JSON.stringify` writes it.
//!
//! Pure. Never fails: a lone surrogate becomes U+FFFD. Texts are looked at a block at a time; only what must be
//! changed is looked at alone.

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Bytes of text looked at at once where nothing is to be changed.
const BLOCK: usize = 32;
/// The same in UTF-16 units.
const UNITS: usize = BLOCK / 2;
/// The units of a block as three bytes of UTF-8 each, and the byte that the last store writes too many.
const WIDE: usize = UNITS * 3 + 1;

/// A one in each byte of a word.
const BYTES: u64 = u64::MAX / 0xff;
/// A one in each unit of a word.
const LANES: u64 = u64::MAX / 0xffff;

/// Appends Latin-1 text, escaped, without quotes.
pub fn push_latin1(out: &mut Vec<u8>, text: &[u8]) {
    push_runs(out, text, |word| escaped(word) | word);
}

/// Appends text that is UTF-8 already, escaped, without quotes.
pub fn push_utf8(out: &mut Vec<u8>, text: &[u8]) {
    push_runs(out, text, |word| escaped(word) & !word);
}

/// Appends UTF-16 text (little-endian bytes; an odd last byte is ignored), escaped, without quotes.
pub fn push_utf16(out: &mut Vec<u8>, text: &[u8]) {
    let (mut rest, _) = text.as_chunks::<2>();
    out.reserve(rest.len() + rest.len() / 2);
    let mut page = Page::default();
    while let Some((block, behind)) = rest.split_first_chunk() {
        rest = if all(block, other_than_plain) {
            page.write(&block.map(|[low, _]| low), UNITS);
            behind
        } else if all(block, other_than_wide) {
            page.write(&three_bytes_each(block), 3 * UNITS);
            behind
        } else {
            push_units(&mut page, rest, UNITS)
        };
        page.flush_if_full(out);
    }
    push_units(&mut page, rest, rest.len());
    page.flush(out);
}

/// Writes at least `units` units, and at most five more, and returns the others. There is room for a block of them.
fn push_units<'a>(page: &mut Page, text: &'a [[u8; 2]], units: usize) -> &'a [[u8; 2]] {
    let mut at = 0;
    while at < units {
        let rest = text.get(at..).unwrap_or_default();
        let mut plain = 0;
        if let Some(word) = rest.as_flattened().first_chunk() {
            let word = u64::from_le_bytes(*word);
            plain = others_of_word(word).trailing_zeros() as usize / 16;
            let pairs = (word | (word >> 8)) & 0x0000_ffff_0000_ffff;
            let [a, b, c, d, ..] = (pairs | (pairs >> 16)).to_le_bytes();
            page.write(&[a, b, c, d], plain);
            at += plain;
            if plain == 4 {
                continue;
            }
        }
        let (char, read) = decode_units(rest.get(plain..).unwrap_or_default());
        let (bytes, used) = encode(char);
        page.write(&bytes, used);
        at += read;
    }
    text.get(at..).unwrap_or_default()
}

/// Copies what may stay as it is, run by run, and the rest byte by byte. `others` sets the high bit of each byte of
/// a word that may not stay; above the lowest of them it may be wrong.
fn push_runs(out: &mut Vec<u8>, text: &[u8], others: impl Fn(u64) -> u64) {
    out.reserve(text.len());
    let mut rest = text;
    loop {
        let run = run_of(rest, &others);
        match rest.first_chunk::<BLOCK>() {
            Some(block) if run <= BLOCK => push_part(out, block, run),
            _ => out.extend_from_slice(rest.get(..run).unwrap_or_default()),
        }
        let Some((other, behind)) = rest.get(run..).and_then(<[u8]>::split_first) else {
            return;
        };
        let (bytes, used) = encode(u32::from(*other));
        push_part(out, &bytes, used);
        rest = behind;
    }
}

/// Appends the first `used` bytes. All are stored first: a length that is known takes an instruction or two, another
/// one a call.
fn push_part<const N: usize>(out: &mut Vec<u8>, bytes: &[u8; N], used: usize) {
    out.extend_from_slice(bytes);
    out.truncate(out.len() - N + used.min(N));
}

/// How many bytes from the start on may stay.
fn run_of(text: &[u8], others: impl Fn(u64) -> u64) -> usize {
    // A run is short or very long: blocks are looked at once one is full.
    let (head, rest) = text.split_at(BLOCK.min(text.len()));
    let run = short_run_of(head, &others);
    if run < BLOCK {
        return run;
    }
    let is_clean = |block: &&[u8; BLOCK]| {
        let words = block.as_chunks().0.iter();
        let found = words.fold(0, |found, word| found | others(u64::from_le_bytes(*word)));
        found & (BYTES << 7) == 0
    };
    let run = rest.as_chunks().0.iter().take_while(is_clean).count() * BLOCK;
    BLOCK + run + short_run_of(rest.get(run..).unwrap_or_default(), &others)
}

/// The same, a word at a time.
fn short_run_of(text: &[u8], others: impl Fn(u64) -> u64) -> usize {
    let staying = |word: u64| (others(word) & (BYTES << 7)).trailing_zeros() as usize / 8;
    let (words, tail) = text.as_chunks();
    let mut run = 0;
    for word in words {
        let stay = staying(u64::from_le_bytes(*word));
        run += stay;
        if stay < 8 {
            return run;
        }
    }
    // Zeros may never stay: the run ends with the text.
    let word = match text.last_chunk() {
        Some(_) if tail.is_empty() => return run,
        Some(last) => u64::from_le_bytes(*last) >> (64 - 8 * tail.len()),
        None => tail
            .iter()
            .rev()
            .fold(0, |word, byte| (word << 8) | u64::from(*byte)),
    };
    run + staying(word)
}

/// Where JSON wants an escape, if the byte is ASCII. In the high bits; a borrow goes to higher bytes only. With one
/// bit turned, a quote stands right behind the control characters.
fn escaped(word: u64) -> u64 {
    let control_or_quote = (word ^ (BYTES * 2)).wrapping_sub(BYTES * 0x21);
    let backslash = (word ^ (BYTES * 0x5c)).wrapping_sub(BYTES);
    control_or_quote | backslash
}

/// The high bit of each unit that is not one byte that may stay; above the lowest of them it may be wrong.
fn others_of_word(word: u64) -> u64 {
    let control_or_quote = (word ^ (LANES * 2)).wrapping_sub(LANES * 0x21);
    let backslash = (word ^ (LANES * 0x5c)).wrapping_sub(LANES);
    let above = word.wrapping_add(LANES * 0x7f80);
    (control_or_quote | backslash | above | word) & (LANES << 15)
}

/// True when `other` sets the high bit for none. Without branches, so that all units are looked at at once.
fn all(block: &[[u8; 2]; UNITS], other: impl Fn(u16) -> u16) -> bool {
    let others = block
        .iter()
        .fold(0, |others, unit| others | other(u16::from_le_bytes(*unit)));
    others & 0x8000 == 0
}

/// The high bit says that the unit is not one byte that may stay.
fn other_than_plain(unit: u16) -> u16 {
    let control_or_quote = (unit ^ 2).wrapping_sub(0x21);
    let backslash = (unit ^ 0x5c).wrapping_sub(1);
    control_or_quote | backslash | unit.wrapping_add(0x7f80) | unit
}

/// The high bit says that the unit is not a character of three bytes.
fn other_than_wide(unit: u16) -> u16 {
    let head = unit >> 11;
    head.wrapping_sub(1) | (head ^ 0x1b).wrapping_sub(1)
}

/// Characters of three bytes.
fn three_bytes_each(block: &[[u8; 2]; UNITS]) -> [u8; WIDE] {
    let chars = block.map(|unit| {
        let unit = u32::from(u16::from_le_bytes(unit));
        let tails = ((unit << 2) & 0x3f00) | ((unit & 0x3f) << 16);
        0x0080_80e0 | (unit >> 12) | tails
    });
    let mut bytes = [0; WIDE];
    for (index, char) in chars.iter().enumerate() {
        // A fourth byte is written too, and then written over.
        if let Some(room) = bytes.get_mut(3 * index..3 * index + 4) {
            room.copy_from_slice(&char.to_le_bytes());
        }
    }
    bytes
}

/// The first character, and how many units it has.
fn decode_units(text: &[[u8; 2]]) -> (u32, usize) {
    let at = |index: usize| text.get(index).map(|unit| u16::from_le_bytes(*unit));
    match (at(0).unwrap_or_default(), at(1)) {
        (high @ 0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) => {
            let (high, low) = (u32::from(high) - 0xd800, u32::from(low) - 0xdc00);
            (0x1_0000 + (high << 10) + low, 2)
        }
        (0xd800..0xe000, _) => (0xfffd, 1),
        (unit, _) => (u32::from(unit), 1),
    }
}

/// A character, escaped, in UTF-8, and how many bytes that are.
#[expect(
    clippy::cast_possible_truncation,
    reason = "each arm knows how many bits are left"
)]
#[inline]
fn encode(char: u32) -> ([u8; 8], usize) {
    let tail = |shift: u32| 0x80 | ((char >> shift) & 0x3f);
    let letters = match char {
        0x22 | 0x5c => [b'\\', char as u8],
        0x08 => *b"\\b",
        0x09 => *b"\\t",
        0x0a => *b"\\n",
        0x0c => *b"\\f",
        0x0d => *b"\\r",
        0..0x20 => {
            let digit = |at: u32| HEX.get((at & 15) as usize).copied().unwrap_or(b'0');
            let digits = [digit(char >> 4), digit(char)];
            return ([b'\\', b'u', b'0', b'0', digits[0], digits[1], 0, 0], 6);
        }
        _ => {
            let (number, used) = match char {
                0..0x80 => (char, 1),
                0x80..0x800 => (0xc0 | (char >> 6) | (tail(0) << 8), 2),
                0x800..0x1_0000 => (0xe0 | (char >> 12) | (tail(6) << 8) | (tail(0) << 16), 3),
                _ => {
                    let tails = (tail(12) << 8) | (tail(6) << 16) | (tail(0) << 24);
                    (0xf0 | (char >> 18) | tails, 4)
                }
            };
            return (u64::from(number).to_le_bytes(), used);
        }
    };
    (u64::from(u16::from_le_bytes(letters)).to_le_bytes(), 2)
}

/// Text that was written but is not yet where it belongs: more bytes are stored here than are used.
struct Page {
    bytes: [u8; Page::BYTES],
    used: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            bytes: [0; Self::BYTES],
            used: 0,
        }
    }
}

impl Page {
    const BYTES: usize = 512;
    /// A block of escapes and a few, and what the last store writes too many.
    const ROOM: usize = (UNITS + 5) * 6 + 8;

    /// Stores all of `bytes` and uses the first `used`. There is room for a block.
    fn write<const N: usize>(&mut self, bytes: &[u8; N], used: usize) {
        let rest = self.bytes.get_mut(self.used..).unwrap_or_default();
        if let Some(room) = rest.first_chunk_mut() {
            *room = *bytes;
            self.used += used;
        }
    }

    fn flush_if_full(&mut self, out: &mut Vec<u8>) {
        if self.used > Self::BYTES - Self::ROOM {
            self.flush(out);
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.bytes.get(..self.used).unwrap_or_default());
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn units(text: &[u16]) -> Vec<u8> {
        text.iter().flat_map(|unit| unit.to_le_bytes()).collect()
    }

    #[test]
    fn a_lone_surrogate_becomes_a_replacement_character_wherever_it_stands() {
        let long = vec![u16::from(b'x'); 31];
        for (text, expected) in [
            (vec![0xd800], "\u{fffd}".to_owned()),
            (vec![0xdc00, 0x41], "\u{fffd}A".to_owned()),
            (vec![0xd83d, 0xde00], "\u{1f600}".to_owned()),
            (vec![0xd83d, 0xd83d, 0xde00], "\u{fffd}\u{1f600}".to_owned()),
            // A pair across the border of two chunks.
            (
                [long.clone(), vec![0xd83d, 0xde00], long.clone()].concat(),
                format!("{0}\u{1f600}{0}", "x".repeat(31)),
            ),
            (
                [long.clone(), vec![0xd83d], long.clone(), long].concat(),
                format!("{0}\u{fffd}{0}{0}", "x".repeat(31)),
            ),
        ] {
            assert_eq!(written(|out| push_utf16(out, &units(&text))), expected);
        }
    }

    /// Runs of each kind of character, shorter and longer than what is looked at at once.
    fn runs() -> impl Strategy<Value = String> {
        let kind = prop_oneof![
            Just("plain text"),
            Just("\"\\"),
            Just("\n\u{1}\u{8}\u{c}\r\t\u{1f}"),
            Just("\u{7f}\u{80}\u{ff}\u{7ff}"),
            Just("契約は\u{800}\u{d7ff}\u{e000}\u{ffff}"),
            Just("\u{1f642}\u{10ffff}"),
        ];
        let run = (kind, 0..70_usize)
            .prop_map(|(kind, length)| kind.chars().cycle().take(length).collect::<String>());
        prop::collection::vec(run, 0..12).prop_map(|runs| runs.concat())
    }

    proptest! {
        #[test]
        fn runs_of_any_length_give_the_same_json(text in runs()) {
            let json = serde_json::to_string(&text).unwrap();
            let body = &json[1..json.len() - 1];
            let utf16: Vec<u16> = text.encode_utf16().collect();
            prop_assert_eq!(written(|out| push_utf16(out, &units(&utf16))), body);
            prop_assert_eq!(written(|out| push_utf8(out, text.as_bytes())), body);
            let latin1 = text.chars().map(|char| u8::try_from(u32::from(char)));
            if let Ok(latin1) = latin1.collect::<Result<Vec<u8>, _>>() {
                prop_assert_eq!(written(|out| push_latin1(out, &latin1)), body);
            }
        }

        #[test]
        fn any_units_give_what_the_standard_library_makes_of_them(
            runs in prop::collection::vec((prop_oneof![any::<u16>(), 0xd7f0..0xe010_u16, 0..0x90_u16], 1..40_usize), 0..20)
        ) {
            let text: Vec<u16> = runs.iter().flat_map(|(unit, count)| vec![*unit; *count]).collect();
            let json = serde_json::to_string(&String::from_utf16_lossy(&text)).unwrap();
            prop_assert_eq!(written(|out| push_utf16(out, &units(&text))), &json[1..json.len() - 1]);
        }

        #[test]
        fn every_encoding_of_a_text_gives_the_same_json(text in ".{0,120}") {
            let json = serde_json::to_string(&text).unwrap();
            let body = &json[1..json.len() - 1];
            let utf16: Vec<u16> = text.encode_utf16().collect();
            prop_assert_eq!(written(|out| push_utf16(out, &units(&utf16))), body);
            prop_assert_eq!(written(|out| push_utf8(out, text.as_bytes())), body);
        }

        #[test]
        fn latin1_gives_the_same_json_as_its_characters(text in prop::collection::vec(any::<u8>(), 0..120)) {
            let string: String = text.iter().map(|byte| char::from(*byte)).collect();
            let json = serde_json::to_string(&string).unwrap();
            prop_assert_eq!(written(|out| push_latin1(out, &text)), &json[1..json.len() - 1]);
        }
    }
}
