//! The place where a component's instance is kept between calls.

use std::cell::RefCell;
use std::thread::LocalKey;

use super::component::Component;
use crate::error::ComponentError;

/// A component's instance, once it is initialised.
pub type Slot<T> = LocalKey<RefCell<Option<T>>>;

/// Declares the slot of a component, inside its `impl Component`.
#[doc(hidden)]
#[macro_export]
macro_rules! __slot {
    ($component:ty) => {
        fn slot() -> &'static $crate::__internal::Slot<Self> {
            ::std::thread_local! {
                static SLOT: ::core::cell::RefCell<::core::option::Option<$component>> =
                    const { ::core::cell::RefCell::new(::core::option::Option::None) };
            }
            &SLOT
        }
    };
}

/// Puts a new instance into its slot.
pub(super) fn fill<T: Component>(make: impl FnOnce() -> Result<T, ComponentError>) -> Result<(), ComponentError> {
    visit(|slot: &mut Option<T>| {
        if slot.is_some() {
            return Err(ComponentError::failed(
                "already-initialized",
                "`init` was called a second time",
            ));
        }
        *slot = Some(make()?);
        Ok(())
    })
}

/// Gives `act` the instance.
pub(super) fn with<T: Component, R>(
    act: impl FnOnce(&mut T) -> Result<R, ComponentError>,
) -> Result<R, ComponentError> {
    visit(|slot: &mut Option<T>| slot.as_mut().ok_or_else(not_initialized).and_then(act))
}

/// Removes the instance.
pub(super) fn take<T: Component>() -> Result<T, ComponentError> {
    visit(|slot: &mut Option<T>| slot.take().ok_or_else(not_initialized))
}

/// Fails when a call comes in while another one has the instance: the component has reached itself through an import.
fn visit<T: Component, R>(act: impl FnOnce(&mut Option<T>) -> Result<R, ComponentError>) -> Result<R, ComponentError> {
    let visited = T::slot().try_with(|cell| match cell.try_borrow_mut() {
        Ok(mut slot) => act(&mut slot),
        Err(_) => Err(ComponentError::failed("re-entered", "a call came in during a call")),
    });
    visited.unwrap_or_else(|_| Err(not_initialized()))
}

fn not_initialized() -> ComponentError {
    ComponentError::failed("not-initialized", "a call came in before `init` or after `shutdown`")
}
