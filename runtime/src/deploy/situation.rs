//! What a deployment is planned for.

use crate::component::Release;

/// What a plan is made for.
#[derive(Debug)]
pub(crate) struct Situation<'a> {
    /// The release that takes the calls now.
    pub(crate) current: Option<&'a Release>,
    /// The release to deploy.
    pub(crate) new: &'a Release,
    /// The revision of the routes.
    pub(crate) revision: u64,
}
