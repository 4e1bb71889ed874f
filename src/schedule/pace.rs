//! How often a site is tried again by lanes that fail: a crowd of them must not become a storm.
//!
//! Pure. A repeat that was taken costs nothing, so that a site that recovers gets all that waits for it.

use std::collections::HashMap;

use tokio::time::Instant;

use crate::settings::{REPEAT_INTERVAL, REPEATS_AT_ONCE_MAX};
use crate::tenant::Site;

/// When each site may be tried next. Sites are few.
#[derive(Debug, Default)]
pub struct Pace {
    next_at: HashMap<Site, Instant>,
}

impl Pace {
    /// When a repeat may start at this site; a moment that is past, for most.
    #[must_use]
    pub fn admits_at(&self, site: &Site, now: Instant) -> Instant {
        let next_at = self.next_at.get(site).copied().unwrap_or(now);
        let ahead = REPEAT_INTERVAL * (REPEATS_AT_ONCE_MAX - 1);
        next_at.checked_sub(ahead).unwrap_or(now)
    }

    /// A repeat starts.
    pub fn start(&mut self, site: &Site, now: Instant) {
        let next_at = self.next_at.entry(site.clone()).or_insert(now);
        *next_at = (*next_at).max(now) + REPEAT_INTERVAL;
    }

    /// A repeat was taken: another one may start in its place.
    pub fn delivered(&mut self, site: &Site) {
        if let Some(next_at) = self.next_at.get_mut(site)
            && let Some(earlier) = next_at.checked_sub(REPEAT_INTERVAL)
        {
            *next_at = earlier;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_site_is_tried_so_often_and_not_more_unless_it_takes_what_comes() {
        let (us, eu) = (
            Site::parse("datadoghq.com", &[]).unwrap(),
            Site::parse("datadoghq.eu", &[]).unwrap(),
        );
        let (mut pace, began) = (Pace::default(), Instant::now());
        let mut started = 0;
        for ms in 0..10_000 {
            let now = began + Duration::from_millis(ms);
            while pace.admits_at(&us, now) <= now {
                pace.start(&us, now);
                started += 1;
            }
        }
        let paced = started - (REPEATS_AT_ONCE_MAX - 1);
        assert_eq!(REPEAT_INTERVAL * paced, Duration::from_secs(10));
        let now = began + Duration::from_secs(10);
        pace.start(&us, now);
        assert!(pace.admits_at(&us, now) > now && pace.admits_at(&eu, now) <= now);
        pace.delivered(&us);
        pace.delivered(&us);
        assert!(pace.admits_at(&us, now) <= now);
    }
}
