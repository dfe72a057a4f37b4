//! Which variable a name means: functions, blocks, locals in scope, upvalues.
//!
//! The parser opens and closes scopes in source order and asks for names; the answers are indices for the tree. Labels
//! and jumps are in [`jumps`]. Nothing here reads tokens: a broken rule comes back as a [`Problem`], to which the
//! parser adds the place.

mod jumps;

use crate::ast::{Attribute, Bytes, Constant, Label, LabelId, Local, LocalId, Span, Upvalue, UpvalueId, UpvalueSource};
use jumps::PendingJump;

/// The most locals of one function that are in scope at once, hidden loop variables included.
const MAX_LOCALS: usize = 200;

/// The most upvalues of one function.
const MAX_UPVALUES: usize = 255;

/// A broken rule.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A limit, reported with the token near it.
    Limit(String),
    /// A rule about names and jumps, reported with the line only.
    Rule(String),
    /// A list of PUC Lua's compiler is full, reported without a line.
    FullList(String),
}

/// What a name means at a place.
#[derive(Debug)]
pub(crate) enum Resolved {
    Local(LocalId),
    Upvalue(UpvalueId),
    /// A compile-time constant of this or an enclosing function.
    Constant(Constant),
    /// No variable has that name: it is a field of `_ENV`.
    Global,
}

/// A function whose end has not been read yet.
#[derive(Debug)]
pub(crate) struct FunctionScope {
    pub(crate) is_vararg: bool,
    /// 0 for a main chunk.
    pub(crate) line_defined: u32,
    pub(crate) locals: Vec<Local>,
    pub(crate) upvalues: Vec<Upvalue>,
    pub(crate) labels: Vec<Label>,
    /// The label of every `goto`, in source order; `None` until it has been read.
    pub(crate) goto_targets: Vec<Option<LabelId>>,
    /// The variables of the open blocks, outermost first. Those past `visible` are declared but not in scope yet.
    declared: Vec<Declared>,
    visible: usize,
    blocks: Vec<BlockScope>,
    /// The labels of the open blocks that jumps may go back to.
    block_labels: Vec<LabelId>,
    pending_jumps: Vec<PendingJump>,
}

/// A declared variable.
#[derive(Debug, Clone, Copy)]
enum Declared {
    Local(LocalId),
    /// A variable of a `for` loop that no name reaches. It counts for the limit.
    Hidden,
}

/// An open block.
#[derive(Debug)]
struct BlockScope {
    is_loop: bool,
    /// Heights of the function's stacks when the block was opened.
    visible_outside: usize,
    first_label: usize,
    first_pending: usize,
}

/// The functions that are open at a place, outermost first.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    functions: Vec<FunctionScope>,
}

impl Scopes {
    /// Opens a function and its outermost block.
    pub(crate) fn open_function(&mut self, line_defined: u32) {
        let mut function = FunctionScope {
            is_vararg: false,
            line_defined,
            locals: Vec::new(),
            upvalues: Vec::new(),
            labels: Vec::new(),
            goto_targets: Vec::new(),
            declared: Vec::new(),
            visible: 0,
            blocks: Vec::new(),
            block_labels: Vec::new(),
            pending_jumps: Vec::new(),
        };
        function.open_block(false);
        self.functions.push(function);
    }

    /// Closes the innermost function.
    ///
    /// # Errors
    /// A `goto` without a visible label, a `break` without a loop.
    pub(crate) fn close_function(&mut self) -> Result<FunctionScope, Problem> {
        let mut function = self.functions.pop().expect("the parser closes what it opened");
        function.close_block();
        function.check_pending_jumps()?;
        Ok(function)
    }

    /// The innermost function.
    pub(crate) fn function(&mut self) -> &mut FunctionScope {
        self.functions.last_mut().expect("the main function is open while there are tokens")
    }

    /// What `name` means here. A variable of an enclosing function becomes an upvalue of all functions between.
    ///
    /// # Errors
    /// Too many upvalues.
    pub(crate) fn resolve(&mut self, name: &Bytes) -> Result<Resolved, Problem> {
        let innermost = self.functions.len() - 1;
        for level in (0..=innermost).rev() {
            let function = &mut self.functions[level];
            if let Some(local) = function.find_local(name) {
                let variable = &mut function.locals[local.0 as usize];
                if let Some(constant) = &variable.constant {
                    return Ok(Resolved::Constant(constant.clone()));
                }
                if level == innermost {
                    return Ok(Resolved::Local(local));
                }
                variable.captured = true;
                let attribute = variable.attribute;
                return self.capture(name, attribute, level + 1, UpvalueSource::Local(local));
            }
            if let Some(upvalue) = function.find_upvalue(name) {
                if level == innermost {
                    return Ok(Resolved::Upvalue(upvalue));
                }
                let attribute = function.upvalues[upvalue.0 as usize].attribute;
                return self.capture(name, attribute, level + 1, UpvalueSource::Upvalue(upvalue));
            }
        }
        Ok(Resolved::Global)
    }

    /// Adds an upvalue to every function from `first_level` inward; the outermost of them finds it in `source`.
    fn capture(
        &mut self,
        name: &Bytes,
        attribute: Attribute,
        first_level: usize,
        mut source: UpvalueSource,
    ) -> Result<Resolved, Problem> {
        let mut upvalue = UpvalueId(0);
        for function in &mut self.functions[first_level..] {
            upvalue = function.add_upvalue(name, attribute, source)?;
            source = UpvalueSource::Upvalue(upvalue);
        }
        Ok(Resolved::Upvalue(upvalue))
    }

    /// Records an assignment to a local of the innermost function.
    pub(crate) fn assign_local(&mut self, local: LocalId) {
        self.function().locals[local.0 as usize].reassigned = true;
    }

    /// Records an assignment to an upvalue of the innermost function at the variable's own declaration. The upvalues
    /// between learn of it when the whole chunk has been read, because a later assignment counts too.
    pub(crate) fn assign_upvalue(&mut self, upvalue: UpvalueId) {
        let mut upvalue = upvalue;
        for level in (0..self.functions.len()).rev() {
            let entry = &mut self.functions[level].upvalues[upvalue.0 as usize];
            match entry.source {
                UpvalueSource::Upvalue(outer) => upvalue = outer,
                UpvalueSource::Local(local) => {
                    self.functions[level - 1].locals[local.0 as usize].reassigned = true;
                    return;
                }
                UpvalueSource::Environment => {
                    entry.reassigned = true;
                    return;
                }
            }
        }
    }
}

impl FunctionScope {
    /// Opens a block; `break` leaves the innermost one that is a loop.
    pub(crate) fn open_block(&mut self, is_loop: bool) {
        self.blocks.push(BlockScope {
            is_loop,
            visible_outside: self.visible,
            first_label: self.block_labels.len(),
            first_pending: self.pending_jumps.len(),
        });
    }

    /// Closes the innermost block: its variables and labels go out of scope.
    pub(crate) fn close_block(&mut self) {
        let block = self.blocks.pop().expect("the parser closes what it opened");
        self.declared.truncate(block.visible_outside);
        self.visible = block.visible_outside;
        self.block_labels.truncate(block.first_label);
        self.move_pending_jumps_out(&block);
    }

    /// Declares a variable that is not in scope before [`FunctionScope::make_visible`].
    ///
    /// # Errors
    /// Too many locals.
    pub(crate) fn declare(&mut self, name: Bytes, span: Span) -> Result<LocalId, Problem> {
        self.check_local_limit()?;
        let local = LocalId(self.locals.len() as u32);
        self.locals.push(Local {
            name,
            span,
            attribute: Attribute::None,
            captured: false,
            reassigned: false,
            constant: None,
        });
        self.declared.push(Declared::Local(local));
        Ok(local)
    }

    /// Declares `count` variables that no name reaches.
    ///
    /// # Errors
    /// Too many locals.
    pub(crate) fn declare_hidden(&mut self, count: usize) -> Result<(), Problem> {
        for _ in 0..count {
            self.check_local_limit()?;
            self.declared.push(Declared::Hidden);
        }
        Ok(())
    }

    /// Brings the next `count` declared variables into scope.
    pub(crate) fn make_visible(&mut self, count: usize) {
        self.visible += count;
    }

    fn check_local_limit(&self) -> Result<(), Problem> {
        if self.declared.len() >= MAX_LOCALS {
            return Err(self.limit("local variables", MAX_LOCALS));
        }
        Ok(())
    }

    fn limit(&self, what: &str, limit: usize) -> Problem {
        let place = match self.line_defined {
            0 => "main function".to_string(),
            line => format!("function at line {line}"),
        };
        Problem::Limit(format!("too many {what} (limit is {limit}) in {place}"))
    }

    fn find_local(&self, name: &Bytes) -> Option<LocalId> {
        self.declared[..self.visible].iter().rev().find_map(|declared| match declared {
            Declared::Local(local) if self.locals[local.0 as usize].name == *name => Some(*local),
            Declared::Local(_) | Declared::Hidden => None,
        })
    }

    fn find_upvalue(&self, name: &Bytes) -> Option<UpvalueId> {
        let index = self.upvalues.iter().position(|upvalue| upvalue.name == *name)?;
        Some(UpvalueId(index as u32))
    }

    /// Adds an upvalue, which no other of this function may name.
    ///
    /// # Errors
    /// Too many upvalues.
    pub(crate) fn add_upvalue(
        &mut self,
        name: &Bytes,
        attribute: Attribute,
        source: UpvalueSource,
    ) -> Result<UpvalueId, Problem> {
        if self.upvalues.len() >= MAX_UPVALUES {
            return Err(self.limit("upvalues", MAX_UPVALUES));
        }
        let upvalue = UpvalueId(self.upvalues.len() as u32);
        self.upvalues.push(Upvalue { name: name.clone(), source, reassigned: false, attribute });
        Ok(upvalue)
    }
}
