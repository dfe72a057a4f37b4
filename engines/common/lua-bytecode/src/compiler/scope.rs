//! Scopes: which local is where, what must be closed, where labels and loops are.

use lua_syntax::ast::{Attribute, Block, Function, LabelId, LocalId, StatementKind};

use crate::instruction::{Pc, Register};
use crate::opcode::Opcode;
use crate::proto::{LocalVariable, LoopInfo, Storage};

use super::emit::JumpList;
use super::{CompileError, FunctionCompiler};

/// Above this many registers in use, a captured variable gets no second register for its cell, so that a function with
/// the most locals that Lua allows compiles even if all of them are captured.
const CROWDED: Register = 100;

/// A label of the function.
#[derive(Debug, Default)]
struct LabelState {
    /// How many to-be-closed variables are active at the label; known when its block is entered.
    closing: usize,
    /// Where it is, once it has been passed, and the registers in use there.
    place: Option<(Pc, Register)>,
    /// Jumps from before it.
    pending: JumpList,
    /// Its entry in the loop table, once something has jumped back to it.
    table_index: Option<usize>,
}

/// A loop statement that is being compiled.
#[derive(Debug)]
struct OpenLoop {
    breaks: JumpList,
    /// How many to-be-closed variables are active outside it.
    closing: usize,
    /// Where it ends.
    end_line: u32,
}

/// The names of one function and what is known of them at the current point.
#[derive(Debug)]
pub(super) struct Scopes {
    /// Where each local is, once it has been declared.
    storage: Vec<Option<Storage>>,
    /// Debug information in order of declaration.
    locals: Vec<LocalVariable>,
    /// The active ones among `locals`, by index.
    active: Vec<usize>,
    /// Registers of the active to-be-closed variables, outermost first.
    closing: Vec<Register>,
    labels: Vec<LabelState>,
    open_loops: Vec<OpenLoop>,
    table: Vec<LoopInfo>,
}

/// What to restore at the end of a scope.
#[derive(Debug)]
pub(super) struct ScopeMark {
    free: Register,
    active: usize,
    closing: usize,
}

impl Scopes {
    pub(super) fn new(function: &Function) -> Scopes {
        Scopes {
            storage: vec![None; function.locals.len()],
            locals: Vec::new(),
            active: Vec::new(),
            closing: Vec::new(),
            labels: function.labels.iter().map(|_| LabelState::default()).collect(),
            open_loops: Vec::new(),
            table: Vec::new(),
        }
    }

    /// The finished variable and loop tables.
    pub(super) fn finish(self) -> (Vec<LocalVariable>, Vec<LoopInfo>) {
        let mut loops = self.table;
        loops.sort_by_key(|entry| (entry.header_pc, std::cmp::Reverse(entry.back_edge_pc)));
        let mut open: Vec<Pc> = Vec::new();
        for entry in &mut loops {
            open.retain(|end| *end > entry.header_pc);
            open.push(entry.back_edge_pc);
            entry.depth = open.len() as u32;
        }
        (self.locals, loops)
    }

    /// Whether leaving the function here must close variables.
    fn must_close(&self) -> bool {
        !self.closing.is_empty()
    }
}

impl FunctionCompiler<'_> {
    /// Whether leaving the function here must close variables.
    pub(super) fn must_close(&self) -> bool {
        self.scopes.must_close()
    }

    /// Where the local is. It must be in scope.
    pub(super) fn storage(&self, local: LocalId) -> Storage {
        match self.scopes.storage[local.0 as usize] {
            Some(storage) => storage,
            None => unreachable!("the parser resolves names to locals in scope only"),
        }
    }

    /// The register that holds the local's cell.
    pub(super) fn cell_register(&self, local: LocalId) -> Register {
        match self.storage(local) {
            Storage::Cell(cell) => cell,
            Storage::RegisterAndCell { register: _, cell } => cell,
            Storage::Register(_) => unreachable!("the parser marks captured locals"),
        }
    }

    // Blocks.

    /// Begins a scope, in which `block` will be compiled.
    pub(super) fn enter_scope(&mut self, block: &Block) -> ScopeMark {
        let mut closing = self.scopes.closing.len();
        for statement in &block.statements {
            match &statement.kind {
                StatementKind::Label(label) => self.scopes.labels[label.0 as usize].closing = closing,
                StatementKind::Local { locals, values: _ } => {
                    let closes =
                        |local: &&LocalId| self.function.locals[local.0 as usize].attribute == Attribute::Close;
                    closing += locals.iter().filter(closes).count();
                }
                StatementKind::Call(_)
                | StatementKind::LocalFunction { .. }
                | StatementKind::Assign { .. }
                | StatementKind::Do(_)
                | StatementKind::While { .. }
                | StatementKind::Repeat { .. }
                | StatementKind::If { .. }
                | StatementKind::NumericFor { .. }
                | StatementKind::GenericFor { .. }
                | StatementKind::Return(_)
                | StatementKind::Break
                | StatementKind::Goto(_) => {}
            }
        }
        self.scope_mark()
    }

    /// Begins a scope for hidden variables.
    pub(super) fn scope_mark(&self) -> ScopeMark {
        ScopeMark { free: self.free, active: self.scopes.active.len(), closing: self.scopes.closing.len() }
    }

    /// Ends a scope whose end can be reached: closes what it must close.
    pub(super) fn leave_scope(&mut self, mark: ScopeMark) -> Result<(), CompileError> {
        let close = self.first_to_close(mark.closing);
        self.abandon_scope(mark);
        match close {
            Some(register) => self.emit_abc(Opcode::Close, register, 0, 0),
            None => Ok(()),
        }
    }

    /// Ends a scope without closing anything.
    pub(super) fn abandon_scope(&mut self, mark: ScopeMark) {
        let end_pc = self.pc();
        for index in self.scopes.active.drain(mark.active..) {
            self.scopes.locals[index].end_pc = end_pc;
        }
        self.scopes.closing.truncate(mark.closing);
        self.free_to(mark.free);
    }

    /// Ends the scope of the parameters.
    pub(super) fn leave_function(&mut self) {
        self.abandon_scope(ScopeMark { free: 0, active: 0, closing: 0 });
    }

    /// The register from which on variables must be closed to get back to `level` of them.
    pub(super) fn first_to_close(&self, level: usize) -> Option<Register> {
        self.scopes.closing.get(level).copied()
    }

    /// Closes what was declared inside the scope, which goes on.
    pub(super) fn close_inside(&mut self, mark: &ScopeMark) -> Result<(), CompileError> {
        self.close_down_to(mark.closing, self.line)
    }

    fn close_down_to(&mut self, level: usize, line: u32) -> Result<(), CompileError> {
        match self.first_to_close(level) {
            Some(register) => {
                self.line = line;
                self.emit_abc(Opcode::Close, register, 0, 0)
            }
            None => Ok(()),
        }
    }

    // Locals.

    /// Brings locals into scope whose values are in consecutive registers from `first` on: makes the cells of captured
    /// ones and marks those that must be closed.
    pub(super) fn declare_locals(&mut self, locals: &[LocalId], first: Register) -> Result<(), CompileError> {
        let function = self.function;
        let mut register = first;
        let mut storages = Vec::with_capacity(locals.len());
        for id in locals {
            let local = &function.locals[id.0 as usize];
            if local.constant.is_some() {
                continue;
            }
            storages.push((*id, self.make_storage(local.captured, local.reassigned, register)?));
            register += 1;
        }
        for (id, storage) in storages {
            self.activate(id, storage);
            if function.locals[id.0 as usize].attribute == Attribute::Close {
                self.mark_close(storage.register())?;
            }
        }
        Ok(())
    }

    fn make_storage(&mut self, captured: bool, reassigned: bool, register: Register) -> Result<Storage, CompileError> {
        if !captured {
            return Ok(Storage::Register(register));
        }
        let (storage, cell) = self.captured_storage(register, reassigned)?;
        self.emit_abc(Opcode::NewCell, cell, register, u8::from(!reassigned))?;
        Ok(storage)
    }

    /// Where a captured variable lives whose register is given, and the register for its cell, which is still to be
    /// made.
    pub(super) fn captured_storage(
        &mut self,
        register: Register,
        reassigned: bool,
    ) -> Result<(Storage, Register), CompileError> {
        if reassigned || self.free > CROWDED {
            return Ok((Storage::Cell(register), register));
        }
        let cell = self.allocate()?;
        Ok((Storage::RegisterAndCell { register, cell }, cell))
    }

    /// Brings one local into scope from here on.
    pub(super) fn activate(&mut self, id: LocalId, storage: Storage) {
        self.scopes.storage[id.0 as usize] = Some(storage);
        let name = self.function.locals[id.0 as usize].name.clone();
        self.activate_hidden(name, storage);
    }

    /// Brings a variable into scope that has no name in the source.
    pub(super) fn activate_hidden(&mut self, name: lua_syntax::ast::Bytes, storage: Storage) {
        let start_pc = self.pc();
        self.scopes.active.push(self.scopes.locals.len());
        self.scopes.locals.push(LocalVariable { name, storage, start_pc, end_pc: start_pc });
    }

    /// Emits the check of a to-be-closed variable and remembers to close it.
    fn mark_close(&mut self, register: Register) -> Result<(), CompileError> {
        self.note_closing(register);
        self.emit_abc(Opcode::MarkClose, register, 0, 0)
    }

    /// Remembers that the variable in `register` is to be closed at the end of the scope.
    pub(super) fn note_closing(&mut self, register: Register) {
        self.scopes.closing.push(register);
    }

    // Loops and labels.

    /// Begins a loop statement, for `break`.
    pub(super) fn open_loop(&mut self, end_line: u32) {
        let closing = self.scopes.closing.len();
        self.scopes.open_loops.push(OpenLoop { breaks: JumpList::default(), closing, end_line });
    }

    /// Ends a loop statement: its breaks land on the next instruction.
    pub(super) fn close_loop(&mut self) {
        match self.scopes.open_loops.pop() {
            Some(open) => self.patch_here(open.breaks),
            None => unreachable!("close_loop follows open_loop"),
        }
    }

    /// Enters a loop that begins in a line into the loop table. `registers` are in use at its header.
    pub(super) fn record_loop(&mut self, header_pc: Pc, back_edge_pc: Pc, registers: Register, line: u32) -> usize {
        // The depth is computed when all loops are known.
        self.scopes.table.push(LoopInfo { header_pc, back_edge_pc, depth: 0, registers, line });
        self.scopes.table.len() - 1
    }

    /// Compiles `break`.
    pub(super) fn break_statement(&mut self) -> Result<(), CompileError> {
        let (closing, end_line) = (self.innermost_loop().closing, self.innermost_loop().end_line);
        // PUC Lua closes where a jump forward arrives.
        self.close_down_to(closing, end_line)?;
        let jump = self.emit_jump()?;
        self.innermost_loop().breaks.append(jump);
        Ok(())
    }

    /// Whether a `break` here is a jump and nothing else.
    pub(super) fn break_is_plain(&mut self) -> bool {
        let closing = self.scopes.closing.len();
        self.innermost_loop().closing == closing
    }

    /// Adds jumps that leave the innermost loop.
    pub(super) fn add_breaks(&mut self, jumps: JumpList) {
        self.innermost_loop().breaks.append(jumps);
    }

    fn innermost_loop(&mut self) -> &mut OpenLoop {
        match self.scopes.open_loops.last_mut() {
            Some(open) => open,
            None => unreachable!("the parser rejects a break outside of loops"),
        }
    }

    /// Whether a forward jump to the label needs no closing and can be added with [`Self::add_pending`].
    pub(super) fn is_plain_forward(&self, label: LabelId) -> bool {
        let state = &self.scopes.labels[label.0 as usize];
        state.place.is_none() && self.scopes.closing.len() == state.closing
    }

    /// Adds jumps to a label that comes later.
    pub(super) fn add_pending(&mut self, label: LabelId, jumps: JumpList) {
        self.scopes.labels[label.0 as usize].pending.append(jumps);
    }

    /// Compiles `goto`.
    pub(super) fn goto_statement(&mut self, label: LabelId) -> Result<(), CompileError> {
        let index = label.0 as usize;
        let label_line = self.function.labels[index].span.line;
        self.close_down_to(self.scopes.labels[index].closing, self.line.max(label_line))?;
        let Some((header, registers)) = self.scopes.labels[index].place else {
            let jump = self.emit_jump()?;
            self.add_pending(label, jump);
            return Ok(());
        };
        let back_edge = self.emit_loop_jump(header)?;
        match self.scopes.labels[index].table_index {
            Some(entry) => self.scopes.table[entry].back_edge_pc = back_edge,
            None => {
                let entry = self.record_loop(header, back_edge, registers, label_line);
                self.scopes.labels[index].table_index = Some(entry);
            }
        }
        Ok(())
    }

    /// Compiles `::name::`.
    pub(super) fn label_statement(&mut self, label: LabelId) {
        let place = (self.mark_target(), self.free);
        let state = &mut self.scopes.labels[label.0 as usize];
        state.place = Some(place);
        let pending = std::mem::take(&mut state.pending);
        self.patch_here(pending);
    }
}
