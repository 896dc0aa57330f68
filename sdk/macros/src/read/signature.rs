//! Comparing a marked function's signature with the one that its marker expects.

use std::fmt::Display;

use quote::ToTokens;
use syn::{FnArg, Receiver, ReceiverKind, ReturnType, Safety, Signature, Type};

use super::known::is_wrong;
use crate::marker::{Access, Marker};
use crate::mistakes::Mistakes;

/// Records every way in which the signature differs from the expected one.
pub(super) fn check(marker: Marker, signature: &Signature, mistakes: &mut Mistakes) {
    let mut comparison = Comparison {
        marker,
        signature,
        mistakes,
    };
    comparison.qualifiers();
    comparison.receiver();
    comparison.arguments();
    comparison.output();
}

struct Comparison<'a> {
    marker: Marker,
    signature: &'a Signature,
    mistakes: &'a mut Mistakes,
}

impl Comparison<'_> {
    /// A marked function is an ordinary one.
    fn qualifiers(&mut self) {
        let Signature {
            asyncness,
            safety,
            abi,
            generics,
            ..
        } = self.signature;
        if let Some(keyword) = asyncness {
            self.refuse(keyword, "is not `async`: the host waits for it to return");
        }
        if let Safety::Unsafe(keyword) = safety {
            self.refuse(keyword, "is not `unsafe`: the host calls it");
        }
        if let Some(abi) = abi {
            self.refuse(abi, "is not `extern`: what the host calls is generated");
        }
        if !generics.params.is_empty() {
            let what = "has no generic parameters: the host could not choose them";
            self.refuse(generics, what);
        }
        if let Some(clause) = &generics.where_clause {
            self.refuse(clause, "has no `where` clause");
        }
    }

    fn receiver(&mut self) {
        match (self.marker.access(), self.signature.receiver()) {
            (Access::Nothing, None) => {}
            (Access::Nothing, Some(receiver)) => {
                self.demand(receiver, "has no `self`: there is no instance when it is called");
            }
            (_, None) => self.demand(&self.signature.ident, "needs `self`"),
            (access, Some(receiver)) => match borrow(receiver) {
                None => self.demand(receiver, "borrows `self`: the host keeps the instance"),
                Some(Access::Write) if access == Access::Read => {
                    self.demand(receiver, "takes `&self`: it changes nothing");
                }
                Some(_) => {}
            },
        }
    }

    fn arguments(&mut self) {
        let mut arguments = self.signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(argument) => Some(argument),
            FnArg::Receiver(_) => None,
        });
        for (_, wanted) in self.marker.arguments() {
            let what = format!("takes a `{wanted}`");
            match arguments.next() {
                None => self.demand(&self.signature.ident, what),
                Some(argument) if is_wrong(&argument.ty, &[wanted]) => {
                    self.demand(&argument.ty, what);
                }
                Some(_) => {}
            }
        }
        for argument in arguments {
            self.demand(argument, "takes no such argument");
        }
    }

    fn output(&mut self) {
        let what = format!("returns `{}`", self.marker.output());
        match &self.signature.output {
            ReturnType::Default => self.demand(&self.signature.ident, what),
            ReturnType::Type(_, ty) if is_wrong(ty, self.marker.output_names()) => {
                self.demand(ty, what);
            }
            ReturnType::Type(..) => {}
        }
    }

    /// Records what the marker says of its function, and the signature that it expects.
    fn demand(&mut self, tokens: impl ToTokens, what: impl Display) {
        let expected = self.marker.signature(&self.signature.ident.to_string());
        self.refuse(tokens, format!("{what}: `{expected}`"));
    }

    /// Records what the marker says of its function.
    fn refuse(&mut self, tokens: impl ToTokens, what: impl Display) {
        let message = format!("`#[{}]` {what}", self.marker.name());
        self.mistakes.add(tokens, message);
    }
}

/// What `&self`, `&mut self` and their long forms give access to; none for every other receiver.
fn borrow(receiver: &Receiver) -> Option<Access> {
    let is_mutable = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
        ReceiverKind::Typed(_, long) => {
            let Type::Reference(reference) = &**long else {
                return None;
            };
            let Type::Path(path) = &*reference.elem else {
                return None;
            };
            if !path.path.is_ident("Self") {
                return None;
            }
            reference.mutability.is_some()
        }
        _ => return None,
    };
    Some(if is_mutable { Access::Write } else { Access::Read })
}
