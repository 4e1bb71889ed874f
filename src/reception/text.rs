//! JSON text of strings and numbers, byte for byte as `JSON.stringify` writes it.
//!
//! Pure. Never fails: a lone surrogate becomes U+FFFD, a number that is none becomes `null`.

const HEX: &[u8; 16] = b"0123456789abcdef";
const CHUNK: usize = 32;

/// Largest exponent that JavaScript writes without `e`.
const PLAIN_EXPONENT_MAX: i32 = 20;
/// Smallest.
const PLAIN_EXPONENT_MIN: i32 = -7;

/// Appends Latin-1 text, escaped, without quotes.
pub fn push_latin1(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len());
    let (chunks, rest) = text.as_chunks::<CHUNK>();
    for chunk in chunks {
        if chunk
            .iter()
            .fold(false, |found, byte| found | !is_plain(*byte))
        {
            for byte in chunk {
                push_char(out, u32::from(*byte));
            }
        } else {
            out.extend_from_slice(chunk);
        }
    }
    for byte in rest {
        push_char(out, u32::from(*byte));
    }
}

/// Appends UTF-16 text (little-endian bytes; an odd last byte is ignored), escaped, without quotes.
pub fn push_utf16(out: &mut Vec<u8>, text: &[u8]) {
    let (units, _) = text.as_chunks::<2>();
    out.reserve(units.len() + units.len() / 2);
    let mut lead = None;
    let (chunks, rest) = units.as_chunks::<CHUNK>();
    for chunk in chunks {
        let other = chunk.iter().fold(0, |other, [low, high]| {
            other | *high | u8::from(!is_plain(*low))
        });
        if other == 0 && lead.is_none() {
            let mut bytes = [0; CHUNK];
            for (byte, [low, _]) in bytes.iter_mut().zip(chunk) {
                *byte = *low;
            }
            out.extend_from_slice(&bytes);
        } else {
            push_units(out, chunk, &mut lead);
        }
    }
    push_units(out, rest, &mut lead);
    if lead.is_some() {
        push_char(out, 0xfffd);
    }
}

/// Appends text that is UTF-8 already, escaped, without quotes.
pub fn push_utf8(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len());
    let (chunks, rest) = text.as_chunks::<CHUNK>();
    let is_safe = |byte: u8| byte >= 0x80 || is_plain(byte);
    let mut push = |bytes: &[u8]| {
        for byte in bytes {
            if is_safe(*byte) {
                out.push(*byte);
            } else {
                push_char(out, u32::from(*byte));
            }
        }
    };
    for chunk in chunks {
        push(chunk);
    }
    push(rest);
}

/// Appends a number as JavaScript prints it.
pub fn push_number(out: &mut Vec<u8>, number: f64) {
    if !number.is_finite() {
        return out.extend_from_slice(b"null");
    }
    if number == 0.0 {
        return out.push(b'0');
    }
    if number < 0.0 {
        out.push(b'-');
    }
    let mut buffer = zmij::Buffer::new();
    Digits::of(buffer.format_finite(number.abs())).lay_out(out);
}

/// Appends an integer.
pub fn push_integer(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0; 20];
    let mut rest = number;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// What neither JSON nor UTF-8 changes. Without branches, so that a chunk is looked at all at once.
#[expect(
    clippy::needless_bitwise_bool,
    clippy::manual_range_contains,
    reason = "branches would keep the loop over a chunk from being vectorised"
)]
fn is_plain(byte: u8) -> bool {
    (byte >= 0x20) & (byte < 0x80) & (byte != b'"') & (byte != b'\\')
}

fn push_units(out: &mut Vec<u8>, units: &[[u8; 2]], lead: &mut Option<u32>) {
    for unit in units {
        let unit = u32::from(u16::from_le_bytes(*unit));
        if let Some(high) = lead.take() {
            if let 0xdc00..0xe000 = unit {
                push_char(out, 0x1_0000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
                continue;
            }
            push_char(out, 0xfffd);
        }
        match unit {
            0xd800..0xdc00 => *lead = Some(unit),
            0xdc00..0xe000 => push_char(out, 0xfffd),
            _ => push_char(out, unit),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "each arm knows how many bits are left"
)]
fn push_char(out: &mut Vec<u8>, char: u32) {
    let tail = |shift: u32| 0x80 | ((char >> shift) & 0x3f) as u8;
    match char {
        0x22 => out.extend_from_slice(b"\\\""),
        0x5c => out.extend_from_slice(b"\\\\"),
        0x20..0x80 => out.push(char as u8),
        0x08 => out.extend_from_slice(b"\\b"),
        0x09 => out.extend_from_slice(b"\\t"),
        0x0a => out.extend_from_slice(b"\\n"),
        0x0c => out.extend_from_slice(b"\\f"),
        0x0d => out.extend_from_slice(b"\\r"),
        0..0x20 => {
            let digit = |at: u32| HEX.get((at & 15) as usize).copied().unwrap_or(b'0');
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(char >> 4), digit(char)]);
        }
        0x80..0x800 => out.extend_from_slice(&[0xc0 | (char >> 6) as u8, tail(0)]),
        0x800..0x1_0000 => out.extend_from_slice(&[0xe0 | (char >> 12) as u8, tail(6), tail(0)]),
        _ => out.extend_from_slice(&[0xf0 | (char >> 18) as u8, tail(12), tail(6), tail(0)]),
    }
}

/// The shortest digits that read back as the same number, and the exponent of the first of them.
struct Digits {
    digits: Vec<u8>,
    exponent: i32,
}

impl Digits {
    /// Takes a positive number apart: `123.4`, `0.05` or `1.5e-7`.
    fn of(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..zeros);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let places = |count: usize| i32::try_from(count).unwrap_or_default();
        Self {
            digits,
            exponent: places(whole.len()) - 1 - places(zeros) + exponent.parse().unwrap_or(0),
        }
    }

    /// Lays the digits out as ECMAScript's `Number::toString` does.
    fn lay_out(&self, out: &mut Vec<u8>) {
        let exponent = self.exponent;
        let zeros = |count: usize| std::iter::repeat_n(b'0', count);
        let (first, others) = self.digits.split_at(self.digits.len().min(1));
        if !(PLAIN_EXPONENT_MIN < exponent && exponent <= PLAIN_EXPONENT_MAX) {
            out.extend_from_slice(first);
            if !others.is_empty() {
                out.push(b'.');
                out.extend_from_slice(others);
            }
            out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
            return push_integer(out, u64::from(exponent.unsigned_abs()));
        }
        let Ok(whole) = usize::try_from(exponent + 1) else {
            out.extend_from_slice(b"0.");
            out.extend(zeros(exponent.unsigned_abs() as usize - 1));
            return out.extend_from_slice(&self.digits);
        };
        if whole == 0 {
            out.extend_from_slice(b"0.");
            return out.extend_from_slice(&self.digits);
        }
        let (before, after) = self.digits.split_at(whole.min(self.digits.len()));
        out.extend_from_slice(before);
        out.extend(zeros(whole - before.len()));
        if !after.is_empty() {
            out.push(b'.');
            out.extend_from_slice(after);
        }
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
    fn numbers_are_written_as_javascript_does() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (123_456.789, "123456.789"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.7e18, "1700000000000000000"),
            (123e-20, "1.23e-18"),
            (1e-6, "0.000001"),
            (1.5e-6, "0.0000015"),
            (1e-7, "1e-7"),
            (-1.25e-7, "-1.25e-7"),
            // Of two equally near ones the even digits.
            (f64::from_bits(0x4063_dc79_4000_0000), "158.88980102539062"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (f64::NAN, "null"),
            (f64::NEG_INFINITY, "null"),
        ] {
            assert_eq!(written(|out| push_number(out, number)), text);
        }
        assert_eq!(written(|out| push_integer(out, 0)), "0");
        assert_eq!(
            written(|out| push_integer(out, u64::MAX)),
            "18446744073709551615"
        );
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

    proptest! {
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

        #[test]
        fn a_number_reads_back_as_itself(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            let text = written(|out| push_number(out, number));
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), (number + 0.0).to_bits());
        }
    }
}
