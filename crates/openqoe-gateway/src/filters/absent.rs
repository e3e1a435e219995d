//! In place of the runtime in a build without it: no module can be loaded, so none is ever called.

use super::said::Called;
use super::{Config, FilterError};

/// There is none.
pub(super) enum Module {}

impl Module {
    pub(super) fn load(_: &Config) -> Result<Module, FilterError> {
        Err(FilterError::NotBuilt)
    }

    pub(super) fn call(&self, _: &[u8]) -> Called {
        match *self {}
    }
}
