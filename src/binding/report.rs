//! Reports as one text: ten thousand tenants cross in one call, not in ten thousand objects made of a dozen
//! properties each.
//!
//! JSON with rows instead of named members; `lib/report-text.js` names them, in the same order. A counter is
//! exact up to 2^53, like every number of JavaScript.

use std::fmt::{Display, Write};
use std::time::Duration;

use crate::flush::{FlushReport, Tally, TenantReport};
use crate::stats::{Counts, DropReason, TenantStats, Totals};

/// `[total, closed, unrouted]`, counts each.
pub(super) fn totals(totals: &Totals) -> String {
    let mut out = Rows(String::with_capacity(256));
    out.list(|out| {
        for counts in [&totals.all, &totals.closed, &totals.unrouted] {
            out.list(|out| out.counts(counts));
        }
    });
    out.0
}

/// `[[label, site, error, last success age, parked age, ...counts]]`.
pub(super) fn tenants(tenants: &[TenantStats]) -> String {
    let mut out = Rows(String::with_capacity(64 * tenants.len() + 64));
    out.list(|out| {
        for tenant in tenants {
            out.list(|out| out.tenant(tenant));
        }
    });
    out.0
}

/// `[delivered, rejected, dropped, pending, [[label, site, error, delivered, rejected, dropped, pending]]]`.
pub(super) fn flush(report: &FlushReport) -> String {
    let mut out = Rows(String::with_capacity(64 * report.tenants.len() + 64));
    out.list(|out| {
        out.tally(report.total, report.pending);
        out.list(|out| {
            for TenantReport {
                tenant,
                site,
                tally,
                pending,
                last_error,
            } in &report.tenants
            {
                out.list(|out| {
                    out.text(Some(tenant));
                    out.text(Some(site.as_str()));
                    out.text(last_error.as_deref());
                    out.tally(*tally, *pending);
                });
            }
        });
    });
    out.0
}

/// A JSON text that is being written.
struct Rows(String);

impl Rows {
    fn list(&mut self, members: impl FnOnce(&mut Self)) {
        self.separate();
        self.0.push('[');
        members(self);
        self.0.push(']');
    }

    fn tenant(&mut self, tenant: &TenantStats) {
        self.text(Some(&tenant.tenant));
        self.text(Some(tenant.site.as_str()));
        self.text(tenant.last_error.as_deref());
        self.age(tenant.last_success_age);
        self.age(tenant.parked_age);
        self.counts(&tenant.counts);
    }

    /// Five counters, and the losses where there are any.
    fn counts(&mut self, counts: &Counts) {
        for events in [
            counts.submitted(),
            counts.delivered(),
            counts.rejected(),
            counts.dropped(),
            counts.held(),
        ] {
            self.plain(events);
        }
        let Some(losses) = counts.losses() else {
            return;
        };
        self.plain(losses.maybe_duplicate);
        self.plain(losses.tenant_mismatch);
        self.list(|out| {
            for (status, events) in &losses.rejected {
                out.plain(status);
                out.plain(events);
            }
        });
        self.list(|out| {
            for (reason, events) in DropReason::ALL.iter().zip(losses.dropped) {
                if events > 0 {
                    out.text(Some(reason.as_str()));
                    out.plain(events);
                }
            }
        });
    }

    fn tally(&mut self, tally: Tally, pending: u64) {
        for events in [tally.delivered, tally.rejected, tally.dropped, pending] {
            self.plain(events);
        }
    }

    fn age(&mut self, age: Option<Duration>) {
        match age {
            Some(age) => self.plain(age.as_millis()),
            None => self.plain("null"),
        }
    }

    fn text(&mut self, text: Option<&str>) {
        match text {
            Some(text) if text.bytes().all(is_plain) => {
                self.separate();
                self.0.push('"');
                self.0.push_str(text);
                self.0.push('"');
            }
            Some(text) => self.plain(serde_json::Value::from(text)),
            None => self.plain("null"),
        }
    }

    fn plain(&mut self, value: impl Display) {
        self.separate();
        // Writing to a string does not fail.
        let _ = write!(self.0, "{value}");
    }

    fn separate(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with('[') {
            self.0.push(',');
        }
    }
}

/// A byte of a JSON string that stands for itself.
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::tenant::Site;

    fn site() -> Site {
        Site::parse("datadoghq.eu", &[]).unwrap()
    }

    #[test]
    fn a_lane_without_losses() {
        let mut lossy = Counts::default();
        lossy.hold(5);
        lossy.deliver(1);
        lossy.reject(400, 2);
        lossy.refuse(DropReason::TenantShare, 3);
        let mut total = lossy.clone();
        total.hold(1);
        let tenant = |label: &str, counts| TenantStats {
            tenant: label.into(),
            site: site(),
            counts,
            last_success_age: Some(Duration::from_millis(1_500)),
            last_error: None,
            parked_age: None,
        };
        let mut held = Counts::default();
        held.hold(1);
        let lanes = [tenant("ac\"me\n", lossy), tenant("globex", held)];
        let sums = Totals {
            all: total,
            closed: Counts::default(),
            unrouted: Counts::default(),
        };
        assert_eq!(
            totals(&sums),
            r#"[[9,1,2,3,3,0,0,[400,2],["tenant_share",3]],[0,0,0,0,0],[0,0,0,0,0]]"#
        );
        let expected = concat!(
            r#"[["ac\"me\n","datadoghq.eu",null,1500,null,8,1,2,3,2,0,0,[400,2],["tenant_share",3]],"#,
            r#"["globex","datadoghq.eu",null,1500,null,1,0,0,0,1]]"#,
        );
        assert_eq!(tenants(&lanes), expected);
    }

    #[test]
    fn a_flush_names_its_lanes_after_its_totals() {
        let tally = Tally {
            delivered: 2,
            rejected: 1,
            dropped: 4,
        };
        let lane = TenantReport {
            tenant: "acme".into(),
            site: site(),
            tally,
            pending: 7,
            last_error: Some("http 503".to_owned()),
        };
        let report = FlushReport {
            total: tally,
            pending: 7,
            tenants: vec![lane],
        };
        let expected = r#"[2,1,4,7,[["acme","datadoghq.eu","http 503",2,1,4,7]]]"#;
        assert_eq!(flush(&report), expected);
        assert_eq!(flush(&FlushReport::default()), "[0,0,0,0,[]]");
    }
}
