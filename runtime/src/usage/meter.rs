//! What one instance takes of what its component may use.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::rate::{Allowance, Rate};
use super::{Account, FileId, Length, OpenFile};
use crate::component::{Limit, Limits, Release};

/// What one instance takes of what its component may use.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    account: Arc<Account>,
    release: Arc<Release>,
}

impl Meter {
    pub(crate) fn new(account: Arc<Account>, release: Arc<Release>) -> Self {
        Self { account, release }
    }

    fn limits(&self) -> &Limits {
        &self.release.limits
    }

    /// Lets a file become larger by so many bytes, if the component may still have them.
    pub(crate) fn grow_files(&self, bytes: u64) -> bool {
        let limit = self.limits().storage.0;
        let more = |used: u64| used.checked_add(bytes).filter(|used| *used <= limit);
        let storage = self.account.storage();
        let grown = bytes == 0 || storage.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if !grown {
            self.account.reach_and_tell(Limit::Storage, limit);
        }
        grown
    }

    /// A file became smaller, or is gone.
    pub(crate) fn shrink_files(&self, bytes: u64) {
        // What was there before the component came is not its to give back.
        let less = |used: u64| Some(used.saturating_sub(bytes));
        let _ = self
            .account
            .storage()
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// A file is open once more.
    pub(crate) fn open_file(&self, file: FileId) -> Arc<OpenFile> {
        self.account.open_files().open(file)
    }

    /// A file is closed once, and found to be like this before.
    pub(crate) fn close_file(&self, id: FileId, file: &OpenFile, found: Option<Length>) {
        self.shrink_files(self.account.open_files().close_as(id, file, found));
    }

    /// Lets a request or a connection begin.
    pub(crate) fn begin_request(&self) -> bool {
        self.take(Limit::OutboundRequests, self.account.requests(self.limits()), 1)
    }

    /// Lets a name be looked up.
    pub(crate) fn look_up(&self) -> bool {
        self.take(Limit::NameLookups, self.account.lookups(self.limits()), 1)
    }

    /// Whether more bytes may go over the network.
    pub(crate) fn may_pass(&self) -> bool {
        let (rate, allowance) = self.account.bytes(self.limits());
        let may = rate.has_more(allowance, self.account.now());
        if !may {
            self.account.reach_and_tell(Limit::OutboundBytes, allowance.amount);
        }
        may
    }

    /// So many bytes have gone over the network.
    pub(crate) fn passed(&self, bytes: usize) {
        let (rate, allowance) = self.account.bytes(self.limits());
        rate.add(bytes as u64, allowance, self.account.now());
    }

    /// Lets so many bytes of output be passed on; it is told as what was dropped, when they are not.
    pub(crate) fn write(&self, bytes: usize) -> bool {
        let (rate, allowance) = self.account.output(self.limits());
        let may = rate.take(bytes as u64, allowance, self.account.now());
        if !may {
            self.account.reach(Limit::Output);
        }
        may
    }

    fn take(&self, limit: Limit, (rate, allowance): (&Rate, Allowance), amount: u64) -> bool {
        let taken = rate.take(amount, allowance, self.account.now());
        if !taken {
            self.account.reach_and_tell(limit, allowance.amount);
        }
        taken
    }

    /// By how much the files of the component have grown.
    #[cfg(test)]
    pub(crate) fn stored(&self) -> u64 {
        self.account.storage().load(Ordering::Relaxed)
    }

    /// A meter of a component that shares nothing with others and has these limits.
    #[cfg(test)]
    pub(crate) fn alone(limits: Limits) -> Self {
        const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";
        let package = crate::component::Package::new(EMPTY).name("alone".parse().unwrap());
        let mut release = package.validate().unwrap().release;
        release.limits = limits;
        Self::new(Account::alone(), Arc::new(release))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::ByteCount;

    fn meter(change: impl FnOnce(&mut Limits)) -> Meter {
        let mut limits = Limits::default();
        change(&mut limits);
        Meter::alone(limits)
    }

    #[test]
    fn files_grow_up_to_the_quota_and_give_back_what_they_took() {
        let meter = meter(|limits| limits.storage = ByteCount(100));
        assert!(meter.grow_files(60) && meter.grow_files(40) && meter.grow_files(0));
        assert!(!meter.grow_files(1) && !meter.grow_files(u64::MAX));
        meter.shrink_files(30);
        assert!(meter.grow_files(30) && !meter.grow_files(1));
        // Removing what was there before gives no room for more.
        meter.shrink_files(1_000);
        assert!(meter.grow_files(100) && !meter.grow_files(1));
    }

    #[test]
    fn requests_and_names_are_let_through_at_their_rate() {
        let meter = meter(|limits| (limits.outbound_requests, limits.name_lookups) = (3, 2));
        let count = |take: &dyn Fn() -> bool| (0..10).filter(|_| take()).count();
        // The first second of the host is not over, and less than half of one goes by here.
        assert!((3..=4).contains(&count(&|| meter.begin_request())));
        assert_eq!(count(&|| meter.look_up()), 2);
    }

    #[test]
    fn bytes_pass_until_they_are_used_up() {
        let meter = meter(|limits| limits.outbound_bytes = ByteCount(1_000));
        assert!(meter.may_pass());
        meter.passed(5_000);
        assert!(!meter.may_pass());
    }
}
