//! Keys, sites and labels: what is taken, what is refused, and that no text shows a key.

use std::collections::HashSet;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn key() -> ApiKey {
    ApiKey::parse(KEY).unwrap()
}

fn allowed(site: &str) -> Vec<Box<str>> {
    vec![parse_allowed_site(site).unwrap()]
}

#[test]
fn a_key_is_trimmed_and_nothing_else_is_changed() {
    for (raw, kept) in [
        (KEY, KEY),
        ("  k\n", "k"),
        ("\t\u{a0}k\u{2003}\r\n", "k"),
        ("!\"#~", "!\"#~"),
        ("AbC", "AbC"),
    ] {
        let key = ApiKey::parse(raw).unwrap();
        assert_eq!(key.header_value("").as_bytes(), kept.as_bytes(), "{raw:?}");
    }
}

#[test]
fn a_key_that_no_header_can_carry_is_refused() {
    for (raw, error) in [
        ("", TenantError::ApiKeyEmpty),
        (" \n\t", TenantError::ApiKeyEmpty),
        ("a b", TenantError::ApiKeyWhitespace),
        ("a\r\nx-evil: 1", TenantError::ApiKeyWhitespace),
        ("a\u{a0}b", TenantError::ApiKeyWhitespace),
        ("a\0b", TenantError::ApiKeyCharacters),
        ("a\u{7f}", TenantError::ApiKeyCharacters),
        ("\u{feff}a", TenantError::ApiKeyCharacters),
        ("clé", TenantError::ApiKeyCharacters),
        ("\u{ff41}bc", TenantError::ApiKeyCharacters),
    ] {
        assert_eq!(ApiKey::parse(raw).unwrap_err(), error, "{raw:?}");
        assert_eq!(error.code(), "SPANLANE_INVALID_API_KEY");
    }
}

#[test]
fn a_key_of_512_bytes_is_taken_and_one_of_513_is_not() {
    assert!(ApiKey::parse(&"k".repeat(512)).is_ok());
    assert!(ApiKey::parse(&format!(" {} ", "k".repeat(512))).is_ok());
    assert_eq!(
        ApiKey::parse(&"k".repeat(513)).unwrap_err(),
        TenantError::ApiKeyTooLong { bytes: 513 }
    );
}

#[test]
fn a_key_never_shows_in_debug_output() {
    let key = key();
    let shown = format!(
        "{key:?} {key:#?} {:?} {:?}",
        Some(&key),
        key.header_value("")
    );
    assert!(!shown.contains(KEY), "{shown}");
    assert!(key.header_value("").is_sensitive());
}

#[test]
fn every_clone_of_a_header_shares_its_one_copy_of_the_key() {
    let key = key();
    let first = key.header_value("");
    let second = first.clone();
    assert_eq!(first.as_bytes().as_ptr(), second.as_bytes().as_ptr());
    drop((key, second));
    assert_eq!(
        first.as_bytes(),
        KEY.as_bytes(),
        "requests under way keep it"
    );
}

#[test]
fn equal_keys_are_one_map_entry() {
    let keys: HashSet<ApiKey> = ["a", " a ", "b"]
        .iter()
        .map(|raw| ApiKey::parse(raw).unwrap())
        .collect();
    assert_eq!(keys.len(), 2);
}

#[test]
fn every_datadog_site_is_taken_in_any_case() {
    for site in SITES {
        for raw in [site.to_owned(), site.to_uppercase(), format!("  {site}\n")] {
            assert_eq!(Site::parse(&raw, &[]).unwrap().as_str(), site);
        }
    }
}

#[test]
fn a_site_outside_the_table_is_refused() {
    for raw in [
        "datadoghq.com.",
        ".datadoghq.com",
        "us1.datadoghq.com",
        "datadoghq.com.evil.example",
        "evil.example",
        "datadoghq.co",
        "https://datadoghq.com",
        "datadoghq.com:443",
        "datadoghq.com/",
        "datadoghq.com?a",
        "datadoghq.com#a",
        "datadoghq.com\\a",
        "user@datadoghq.com",
        "@evil.example",
        "x@169.254.169.254",
        "datadoghq.com@evil.example",
        "data\tdoghq.com",
        "datadog\0hq.com",
        "datadoghq.com\r\nhost: evil",
        "datadoghq%2ecom",
        "datadoghq。com",
        "ｄatadoghq.com",
        "data\u{ad}doghq.com",
        "d\u{430}tadoghq.com",
        "datadog\u{212a}q.com",
        "127.0.0.1",
        "[::1]",
        "localhost",
        "*",
    ] {
        let error = Site::parse(raw, &[]).unwrap_err();
        assert!(matches!(error, TenantError::SiteUnknown(_)), "{raw:?}");
        assert_eq!(error.code(), "SPANLANE_INVALID_SITE");
    }
}

#[test]
fn an_empty_site_is_refused_and_never_becomes_another_region() {
    for raw in ["", "  ", "\n"] {
        assert_eq!(Site::parse(raw, &[]).unwrap_err(), TenantError::SiteEmpty);
    }
}

#[test]
fn gov_sites_are_refused_with_their_own_reason() {
    for raw in ["ddog-gov.com", "us2.ddog-gov.com", " US2.DDOG-GOV.COM "] {
        assert_eq!(Site::parse(raw, &[]).unwrap_err(), TenantError::SiteGov);
        assert_eq!(parse_allowed_site(raw).unwrap_err(), TenantError::SiteGov);
        let smuggled: Vec<Box<str>> = vec![raw.trim().to_lowercase().into()];
        assert_eq!(
            Site::parse(raw, &smuggled).unwrap_err(),
            TenantError::SiteGov
        );
    }
    let text = TenantError::SiteGov.to_string();
    assert!(text.contains("does not offer"), "{text}");
    assert!(matches!(
        Site::parse("notddog-gov.com", &[]),
        Err(TenantError::SiteUnknown(_))
    ));
}

#[test]
fn an_allowed_site_is_taken_exactly() {
    let list = allowed("Staging.Example.com");
    assert_eq!(
        Site::parse("STAGING.example.com", &list).unwrap().as_str(),
        "staging.example.com"
    );
    for raw in [
        "a.staging.example.com",
        "example.com",
        "staging.example.com.",
    ] {
        assert!(Site::parse(raw, &list).is_err(), "{raw}");
    }
}

#[test]
fn an_allowed_site_is_a_plain_host_name() {
    let long_label = "a".repeat(63);
    for raw in [
        "datad0g.com",
        "internal",
        "a-b.c1",
        "xn--mnchen-3ya.example",
        long_label.as_str(),
        " spaced.example ",
    ] {
        assert!(parse_allowed_site(raw).is_ok(), "{raw}");
    }
    let too_long_label = "a".repeat(64);
    for raw in [
        "",
        ".",
        "a..b",
        "a.",
        ".a",
        "-a.example",
        "a-.example",
        "a_b.example",
        "*.example",
        "a:8443",
        "a/b",
        "u@a.example",
        "https://a.example",
        "1.2.3.4",
        "0x7f.1",
        "a.1",
        "a.0x1",
        "[::1]",
        "::1",
        "xn--a.example",
        "münchen.example",
        "a b.example",
        "a\0.example",
        too_long_label.as_str(),
    ] {
        assert!(
            matches!(parse_allowed_site(raw), Err(TenantError::AllowedSite(_))),
            "{raw}"
        );
    }
}

#[test]
fn an_intake_host_of_253_bytes_is_the_longest() {
    let site = |bytes: usize| {
        let mut site = String::new();
        while site.len() + 64 < bytes {
            write!(site, "{}.", "a".repeat(60)).unwrap();
        }
        let rest = bytes - site.len();
        site + &"a".repeat(rest)
    };
    let prefix = "llmobs-intake.".len();
    assert!(parse_allowed_site(&site(253 - prefix)).is_ok());
    assert!(parse_allowed_site(&site(254 - prefix)).is_err());
}

#[test]
fn a_label_is_taken_as_it_is() {
    for raw in [
        "a",
        " acme ",
        "Österreich",
        "Default",
        "tenant-1",
        &"ü".repeat(128),
    ] {
        assert_eq!(Label::parse(raw, &key()).unwrap().as_str(), raw);
    }
}

#[test]
fn a_label_that_could_mislead_is_refused() {
    let with_key = format!("acme-{KEY}-eu");
    for (raw, error) in [
        ("", TenantError::LabelLength),
        (&*"ü".repeat(129), TenantError::LabelLength),
        ("a\nb", TenantError::LabelControl),
        ("a\u{1b}[31m", TenantError::LabelControl),
        ("a\u{2028}b", TenantError::LabelControl),
        ("default", TenantError::LabelReserved),
        (KEY, TenantError::LabelHoldsKey),
        (&*with_key, TenantError::LabelHoldsKey),
    ] {
        let refused = Label::parse(raw, &key()).unwrap_err();
        assert_eq!(refused, error, "{raw:?}");
        assert_eq!(refused.code(), "SPANLANE_INVALID_TENANT");
        assert!(!refused.to_string().contains(KEY));
    }
}

#[test]
fn a_derived_label_tells_tenants_apart_without_telling_the_key() {
    let endpoint = |site| Endpoint {
        api_key: key(),
        site: Site::parse(site, &[]).unwrap(),
    };
    let (eu, us5) = (endpoint("datadoghq.eu"), endpoint("us5.datadoghq.com"));
    let hasher = RandomState::new();
    let label = Label::derived(&eu, &hasher);
    assert_eq!(label, Label::derived(&eu, &hasher));
    assert_ne!(label, Label::derived(&us5, &hasher));
    assert_ne!(label, Label::derived(&eu, &RandomState::new()));
    let digits = label.as_str().strip_prefix("tenant-").unwrap();
    assert_eq!(digits.len(), 16);
    assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(Label::parse(label.as_str(), &key()).is_ok());
}

#[test]
fn a_site_error_names_the_option_and_what_is_allowed() {
    let text = Site::parse("us9.datadoghq.com", &[])
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("ddSite \"us9.datadoghq.com\" is not"),
        "{text}"
    );
    for site in SITES {
        assert!(text.contains(site), "{text}");
    }
    assert!(text.contains("allowedSites"), "{text}");
}

#[test]
fn a_site_error_shows_at_most_64_escaped_characters() {
    let long = format!("datadoghq.{}", "a.".repeat(40));
    for (raw, shown) in [
        (
            "datadoghq.b\n<c>".to_owned(),
            "\"datadoghq.b\\n<c>\"".to_owned(),
        ),
        (
            "\u{1b}]0;DataDogHQ".to_owned(),
            "\"\\u{1b}]0;DataDogHQ\"".to_owned(),
        ),
        (long[..64].to_owned(), format!("\"{}\"", &long[..64])),
        (long.clone(), format!("\"{}...\"", &long[..64])),
    ] {
        assert_eq!(Echo::of(&raw).to_string(), shown);
    }
}

#[test]
fn what_may_be_a_key_is_not_shown_where_a_site_should_be() {
    for raw in [
        KEY.to_owned(),
        format!("datadoghq.{KEY}.com"),
        format!("https://{KEY}@datadoghq.com"),
        "pub0123-4567-89ab".to_owned(),
        "abcd-efgh-ijkl-mnop-qrst-uvwx".to_owned(),
        "ABCDEF0123456789".to_owned(),
        "sk.live.0123.4567".to_owned(),
        "eyJh.eyJz.SflK".to_owned(),
        "kéy-ü".to_owned(),
    ] {
        let text = Site::parse(&raw, &[]).unwrap_err().to_string();
        assert!(!text.contains(&raw), "{text}");
        assert!(text.contains("not shown"), "{text}");
        let text = parse_allowed_site(&format!("{raw}/"))
            .unwrap_err()
            .to_string();
        assert!(!text.contains(&raw), "{text}");
    }
}

proptest! {
    /// Whatever is passed in, a site that is taken is one of the table, byte for byte.
    #[test]
    fn no_string_becomes_a_site_outside_the_table(
        base in prop::sample::select(&SITES[..]),
        noise in "(.|\\PC|[\\x00-\\x20@:/?#%\\\\.\\[\\]。．｡\u{ad}\u{212a}ＤＡdа]){0,6}",
        at in 0usize..20,
        cut in 0usize..4,
    ) {
        let at = at.min(base.len());
        let end = (at + cut).min(base.len());
        let raw = format!("{}{noise}{}", &base[..at], &base[end..]);
        let trimmed = raw.trim().to_ascii_lowercase();
        match Site::parse(&raw, &[]) {
            Ok(site) => prop_assert!(SITES.contains(&site.as_str()) && site.as_str() == trimmed),
            Err(error) => {
                prop_assert!(!SITES.contains(&trimmed.as_str()));
                prop_assert_eq!(error.code(), "SPANLANE_INVALID_SITE");
            }
        }
    }

    /// An `allowedSites` entry that is taken is what a URL parser makes of it, so the host that
    /// is dialled is the host that was written.
    #[test]
    fn no_string_becomes_an_allowed_site_that_parses_to_another_host(raw in "\\PC{0,40}") {
        if let Ok(site) = parse_allowed_site(&raw) {
            let url = Url::parse(&format!("https://api.{site}/x")).unwrap();
            prop_assert_eq!(url.host_str(), Some(&*format!("api.{site}")));
            prop_assert_eq!(url.port(), None);
            prop_assert_eq!(url.path(), "/x");
            prop_assert_eq!(url.username(), "");
        }
    }

    /// A key that is taken is visible ASCII and fits a header unchanged.
    #[test]
    fn no_string_becomes_a_key_that_needs_escaping(raw in "(.|\\PC|[\\x00-\\x7f]){0,40}") {
        if let Ok(key) = ApiKey::parse(&raw) {
            let header = key.header_value("");
            prop_assert_eq!(header.to_str().unwrap(), raw.trim());
            prop_assert!(raw.trim().bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}

#[test]
fn a_signature_tells_keys_and_messages_apart_and_not_the_key() {
    let (acme, globex) = (
        ApiKey::parse("acme").unwrap(),
        ApiKey::parse("globex").unwrap(),
    );
    assert_eq!(
        acme.sign(b"trace"),
        ApiKey::parse(" acme ").unwrap().sign(b"trace")
    );
    assert_ne!(acme.sign(b"trace"), globex.sign(b"trace"));
    assert_ne!(acme.sign(b"trace"), acme.sign(b"other"));
}
