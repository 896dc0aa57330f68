//! What compiling a function costs: the values that it passes and the blocks that it has.

use wasmparser::{BlockType, FunctionBody, Operator};

use super::tally::{Counted, Tally};
use crate::component::inspect::malformed;
use crate::error::Error;

/// Parameters and results of a function type.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Arity {
    pub(super) params: u32,
    pub(super) results: u32,
}

/// What a module has said before its code.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    pub(super) types: Vec<Arity>,
    /// The type of each function, imported ones first.
    pub(super) functions: Vec<u32>,
    /// The first function that has a body, and then the next.
    pub(super) next: usize,
    widest: u64,
}

impl Arity {
    fn both(self) -> u64 {
        u64::from(self.params) + u64::from(self.results)
    }
}

impl Signatures {
    pub(super) fn add_type(&mut self, arity: Arity, tally: &mut Tally) -> Result<(), Error> {
        self.types.push(arity);
        self.widest = self.widest.max(arity.both());
        tally.add(Counted::TypeArity, arity.both())
    }

    pub(super) fn add_function(&mut self, ty: u32, tally: &mut Tally) -> Result<(), Error> {
        self.functions.push(ty);
        tally.add(Counted::Functions, 1)?;
        tally.add(Counted::FunctionArity, self.arity(ty).both())
    }

    /// The arity of a type; an index beyond the types is left to the validation.
    fn arity(&self, ty: u32) -> Arity {
        self.types.get(ty as usize).copied().unwrap_or_default()
    }

    fn function(&self, index: u32) -> Arity {
        self.functions
            .get(index as usize)
            .map_or(Arity::default(), |ty| self.arity(*ty))
    }

    /// Counts what the next function has.
    pub(super) fn add_body(&mut self, body: &FunctionBody<'_>, tally: &mut Tally) -> Result<(), Error> {
        let own = self.function(u32::try_from(self.next).unwrap_or(u32::MAX));
        self.next += 1;
        let size = body.range().len() as u64;
        tally.reach(Counted::FunctionBytes, size)?;
        let mut locals = 0_u64;
        for group in body.get_locals_reader().map_err(malformed)? {
            locals += u64::from(group.map_err(malformed)?.0);
            tally.reach(Counted::FunctionLocals, locals)?;
        }
        tally.add(Counted::Locals, locals)?;
        locals += u64::from(own.params);
        // Two bytes are the least that a block or a call takes.
        // Where even that many cannot be too many, which is nearly everywhere, the code need not be looked at.
        let (flow, values) = (size * locals / 2, size * self.widest.max(1) / 2);
        let few = size / 2 <= limit(Counted::Blocks);
        if few && flow <= limit(Counted::Flow) && values <= limit(Counted::Values) {
            return Ok(());
        }
        let (blocks, values) = self.weigh(body, own)?;
        tally.reach(Counted::Blocks, blocks)?;
        tally.reach(Counted::Flow, blocks.saturating_mul(locals))?;
        tally.reach(Counted::Values, values)
    }

    /// The number of blocks of a function, and of values that its calls and branches pass.
    fn weigh(&self, body: &FunctionBody<'_>, own: Arity) -> Result<(u64, u64), Error> {
        let (mut blocks, mut values) = (1_u64, 0_u64);
        // A branch passes what its target takes, of which the widest so far is never too little.
        let mut label = u64::from(own.results);
        let mut operators = body.get_operators_reader().map_err(malformed)?;
        while !operators.eof() {
            match operators.read().map_err(malformed)? {
                Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
                    let arity = match blockty {
                        BlockType::Empty => 0,
                        BlockType::Type(_) => 1,
                        BlockType::FuncType(ty) => self.arity(ty).both(),
                    };
                    label = label.max(arity);
                    blocks += 2;
                    values += 2 * arity;
                }
                Operator::Else => {
                    blocks += 1;
                    values += label;
                }
                Operator::Br { .. } | Operator::BrIf { .. } | Operator::Return => {
                    blocks += 1;
                    values += label;
                }
                Operator::BrTable { targets } => {
                    blocks += 1 + u64::from(targets.len());
                    values += label.saturating_mul(1 + u64::from(targets.len()));
                }
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    values += self.function(function_index).both();
                }
                Operator::CallIndirect { type_index, .. } | Operator::ReturnCallIndirect { type_index, .. } => {
                    values += self.arity(type_index).both();
                }
                _ => {}
            }
        }
        Ok((blocks, values))
    }
}

const fn limit(counted: Counted) -> u64 {
    super::CAPS[counted as usize].2
}
