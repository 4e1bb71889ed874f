//! Which hosts go through the proxy, by curl's rules.

use super::*;

fn rules(no_proxy: &str) -> ProxyRules {
    ProxyRules::parse(Some("http://proxy.example:3128"), Some(no_proxy))
        .unwrap()
        .unwrap()
}

fn through(no_proxy: &str, url: &str) -> bool {
    rules(no_proxy).proxy_for(&url.parse().unwrap()).is_some()
}

#[test]
fn a_proxy_url_is_taken_as_curl_takes_it() {
    for (raw, kept) in [
        ("http://proxy.example:3128", "http://proxy.example:3128/"),
        (" proxy.example:3128\n", "http://proxy.example:3128/"),
        ("proxy.example", "http://proxy.example/"),
        (
            "user:pa%40ss@proxy.example:1",
            "http://user:pa%40ss@proxy.example:1/",
        ),
        ("https://user@proxy.example", "https://user@proxy.example/"),
        ("https://proxy.example", "https://proxy.example/"),
        ("http://127.0.0.1:8888/", "http://127.0.0.1:8888/"),
        ("http://[::1]:8888", "http://[::1]:8888/"),
    ] {
        let rules = ProxyRules::parse(Some(raw), None).unwrap().unwrap();
        assert_eq!(rules.proxy.as_str(), kept, "{raw}");
        assert!(!format!("{:?}", rules.proxy()).contains("pa%40ss"), "{raw}");
    }
    for none in [None, Some(""), Some("  ")] {
        assert!(ProxyRules::parse(none, Some("*")).unwrap().is_none());
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_refused_without_being_shown() {
    for (raw, error) in [
        (
            "socks5://u:secret@proxy.example",
            TransportSetupError::ProxyScheme,
        ),
        ("socks4a://proxy.example", TransportSetupError::ProxyScheme),
        ("ftp://u:secret@proxy.example", TransportSetupError::Proxy),
        ("http://", TransportSetupError::Proxy),
        ("http://proxy.example:99999", TransportSetupError::Proxy),
        ("http://u:secret@", TransportSetupError::Proxy),
        ("a b", TransportSetupError::Proxy),
        // A host for the parser of URLs, and none for the client, which would do without a proxy.
        ("http://proxy{1}.example", TransportSetupError::Proxy),
    ] {
        let refused = ProxyRules::parse(Some(raw), None).err();
        assert_eq!(refused, Some(error), "{raw}");
        assert!(!error.to_string().contains("secret"));
        assert!(error.to_string().starts_with("proxy"));
        assert_eq!(error.code(), "SPANLANE_INVALID_OPTION");
    }
}

#[test]
fn plain_http_is_never_proxied() {
    assert!(!through("", "http://127.0.0.1:8080/"));
    assert!(through("", "https://127.0.0.1:8080/"));
}

#[test]
fn no_proxy_names_stand_for_themselves_and_what_is_below() {
    for (list, host, direct) in [
        ("", "api.datadoghq.com", false),
        ("*", "api.datadoghq.com", true),
        ("other.example,*", "api.datadoghq.com", true),
        ("datadoghq.com", "datadoghq.com", true),
        ("datadoghq.com", "api.datadoghq.com", true),
        ("datadoghq.com", "a.b.datadoghq.com", true),
        (".datadoghq.com", "datadoghq.com", true),
        (".datadoghq.com", "api.datadoghq.com", true),
        ("*.datadoghq.com", "api.datadoghq.com", true),
        ("DATADOGHQ.com", "api.datadoghq.com", true),
        ("datadoghq.com.", "api.datadoghq.com", true),
        ("datadoghq.com", "notdatadoghq.com", false),
        ("doghq.com", "datadoghq.com", false),
        ("api.datadoghq.com", "datadoghq.com", false),
        ("datadoghq.co", "datadoghq.com", false),
        ("com", "datadoghq.com", true),
        ("a.example, b.example", "b.example", true),
        ("a.example b.example\tc.example", "c.example", true),
        (" , ,,", "b.example", false),
        (".", "b.example", false),
        ("**", "b.example", false),
        ("10.0.0.0/8", "b.example", false),
    ] {
        let url = format!("https://{host}/");
        assert_eq!(!through(list, &url), direct, "{list:?} {host}");
    }
}

#[test]
fn no_proxy_entries_may_have_a_port() {
    for (list, host, direct) in [
        ("gateway.example:8443", "gateway.example:8443", true),
        ("gateway.example:8443", "a.gateway.example:8443", true),
        (".gateway.example:8443", "a.gateway.example:8443", true),
        ("*.gateway.example:8443", "a.gateway.example:8443", true),
        ("gateway.example:8443", "gateway.example:8444", false),
        ("gateway.example:8443", "gateway.example", false),
        ("gateway.example:443", "gateway.example", true),
        ("gateway.example", "gateway.example:8443", true),
        ("*:443", "gateway.example", true),
        ("*:443", "gateway.example:8443", false),
        ("192.0.2.1:8443", "192.0.2.1:8443", true),
        ("192.0.2.1:8443", "192.0.2.1", false),
        ("192.0.2.0/24:443", "192.0.2.9", true),
        ("[2001:db8::1]:443", "[2001:db8::1]", true),
        ("[2001:db8::1]:8443", "[2001:db8::1]", false),
        ("[2001:db8::1]:8443", "[2001:db8::1]:8443", true),
        ("[2001:db8::1]", "[2001:db8::1]:8443", true),
        // No bracket, no port: this is an address.
        ("2001:db8::1:443", "[2001:db8::1:443]", true),
        ("2001:db8::1:443", "[2001:db8::1]", false),
        ("gateway.example:", "gateway.example", false),
        ("gateway.example:https", "gateway.example", false),
        ("gateway.example:99999", "gateway.example", false),
        (":443", "gateway.example", false),
        ("[::1]:", "[::1]", false),
        (
            "gateway.example:https,gateway.example:443",
            "gateway.example",
            true,
        ),
    ] {
        let url = format!("https://{host}/");
        assert_eq!(!through(list, &url), direct, "{list:?} {host}");
    }
}

#[test]
fn no_proxy_addresses_and_networks_are_compared_by_bits() {
    for (list, host, direct) in [
        ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false),
        ("2.1", "192.0.2.1", false),
        ("192.0.2.0/24", "192.0.2.255", true),
        ("192.0.2.0/24", "192.0.3.0", false),
        ("192.0.2.77/24", "192.0.2.1", true),
        ("192.0.2.0/31", "192.0.2.1", true),
        ("192.0.2.0/31", "192.0.2.2", false),
        ("192.0.2.0/32", "192.0.2.0", true),
        ("192.0.2.0/32", "192.0.2.1", false),
        ("0.0.0.0/0", "203.0.113.9", true),
        ("192.0.2.0/33", "192.0.2.0", false),
        ("192.0.2.0/-1", "192.0.2.0", false),
        ("192.0.2.0/", "192.0.2.0", false),
        ("::1", "[::1]", true),
        ("[::1]", "[::1]", true),
        ("2001:db8::/32", "[2001:db8:ffff::1]", true),
        ("2001:db8::/32", "[2001:db9::1]", false),
        ("::/0", "[2001:db8::1]", true),
        ("::/0", "192.0.2.1", false),
        ("0.0.0.0/0", "[::1]", false),
    ] {
        let url = format!("https://{host}/");
        assert_eq!(!through(list, &url), direct, "{list:?} {host}");
    }
}
