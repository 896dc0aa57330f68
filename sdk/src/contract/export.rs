//! The exports of a component, for WebAssembly only: a native test program has no host to export to.

/// Exports the interface `guest`.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_guest {
    ($component:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Exported = $crate::__internal::Exported<$component>;
    $crate::__internal::guest::export!(Exported with_types_in $crate::__internal::guest);
        };
    };
}

/// Exports the interface `state`.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_state {
    ($component:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Exported = $crate::__internal::Exported<$component>;
    $crate::__internal::state::export!(Exported with_types_in $crate::__internal::state);
        };
    };
}
