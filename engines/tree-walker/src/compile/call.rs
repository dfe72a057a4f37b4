//! Calls, and lists of values.

use lua_syntax::ast::{Bytes, Constant, Expression, ExpressionKind};

use super::statement::{is_call, is_open};
use super::{FunctionCompiler, Result};
use crate::code::{Name, NameKind, SiteCall};
use crate::frame::{HEADER_SLOTS, SiteId, Slot};
use crate::node::{Child, Ref, ValueList};
use crate::nodes::block::Action;
use crate::nodes::call::{Arguments, Call, CallParts, Few, FunctionCall, Many, MethodCall, Open, TailCall};
use crate::nodes::field::{FieldAccess, GetField};
use crate::nodes::variable::Varargs;
use crate::operand::{Operand, Source, Upvalue};

use super::assignment::Object;

/// The longest list of arguments or results that PUC Lua's 255 registers leave room for.
const MAX_LIST: usize = 254;

/// Makes the node that a position wants of a call.
trait MakeCall {
    type Output;

    fn make<P: CallParts>(compiler: &mut FunctionCompiler<'_, '_>, parts: P) -> Self::Output;
}

struct AsExpression;
struct AsList;
struct AsStatement;
struct AsTailCall;

impl MakeCall for AsExpression {
    type Output = Child;

    fn make<P: CallParts>(compiler: &mut FunctionCompiler<'_, '_>, parts: P) -> Child {
        compiler.nodes.add(Call(parts)).expression()
    }
}

impl MakeCall for AsList {
    type Output = Ref<dyn ValueList>;

    fn make<P: CallParts>(compiler: &mut FunctionCompiler<'_, '_>, parts: P) -> Ref<dyn ValueList> {
        compiler.nodes.add(Call(parts)).list()
    }
}

impl MakeCall for AsStatement {
    type Output = Action;

    fn make<P: CallParts>(compiler: &mut FunctionCompiler<'_, '_>, parts: P) -> Action {
        compiler.statement_node(Call(parts))
    }
}

impl MakeCall for AsTailCall {
    type Output = Action;

    fn make<P: CallParts>(compiler: &mut FunctionCompiler<'_, '_>, parts: P) -> Action {
        compiler.statement_node(TailCall(parts))
    }
}

/// A list of values, compiled.
pub(super) struct Values {
    /// Those that are one value each.
    pub(super) fixed: Box<[Source]>,
    /// The last one, if it can give any number of values.
    pub(super) last: Option<Ref<dyn ValueList>>,
}

/// What is called, compiled.
enum Callee {
    Function(Object),
    Global(GetField<Upvalue>),
    Method { object: Source, method: FieldAccess },
}

impl FunctionCompiler<'_, '_> {
    /// A call for its first result.
    pub(super) fn call_child(&mut self, call: &Expression) -> Result<Child> {
        self.call::<AsExpression>(call)
    }

    /// A call whose results are dropped.
    pub(super) fn call_statement(&mut self, call: &Expression) -> Result<Action> {
        self.call::<AsStatement>(call)
    }

    /// `return` of a call.
    pub(super) fn tail_call(&mut self, call: &Expression) -> Result<Action> {
        self.call::<AsTailCall>(call)
    }

    /// A call or `...` for all its values, which go to the next free slots.
    pub(super) fn value_list(&mut self, expression: &Expression) -> Result<Ref<dyn ValueList>> {
        if is_call(expression) {
            return self.call::<AsList>(expression);
        }
        let site = self.site(expression.span.line, SiteCall::Call, [None, None]);
        Ok(self.nodes.add(Varargs { site }).list())
    }

    /// A list that goes to the next free slots.
    pub(super) fn list(&mut self, values: &[Expression]) -> Result<Values> {
        if let Some([first_too_many, behind @ ..]) = values.get(MAX_LIST..) {
            let offset = behind.first().map_or(first_too_many.span.end, |next| next.span.start);
            let (name, text) = (&self.chunk.source.chunk_name, self.chunk.source.text.bytes());
            let error = lua_syntax::error_near(name, text, offset, "function or expression needs too many registers");
            return Err(error.into());
        }
        self.with_temporaries(|compiler| {
            let (fixed, open) = match values.split_last() {
                Some((last, fixed)) if is_open(last) => (fixed, Some(last)),
                Some(_) | None => (values, None),
            };
            let mut sources = Vec::new();
            for value in fixed {
                let source = compiler.source(value)?;
                sources.push(compiler.marked_leaf(source, value));
                compiler.take(1);
            }
            let last = open.map(|last| compiler.value_list(last)).transpose()?;
            Ok(Values { fixed: sources.into(), last })
        })
    }

    /// Values that go to the next free slots, one each.
    pub(super) fn placed(&mut self, values: &[&Expression]) -> Result<Box<[Source]>> {
        self.with_temporaries(|compiler| {
            let mut sources = Vec::new();
            for value in values {
                let source = compiler.source(value)?;
                sources.push(compiler.marked_leaf(source, value));
                compiler.take(1);
            }
            Ok(sources.into())
        })
    }

    fn call<M: MakeCall>(&mut self, call: &Expression) -> Result<M::Output> {
        self.with_temporaries(|compiler| {
            let slot = Slot(compiler.top);
            let line = call.span.line;
            if let ExpressionKind::Call { callee, arguments } = &call.kind {
                let name = compiler.name(callee);
                let site = compiler.site(line, SiteCall::Call, [name, None]);
                let callee = compiler.callee(callee)?;
                compiler.take(HEADER_SLOTS);
                compiler.call_with_arguments::<M>(callee, arguments, slot, site)
            } else if let ExpressionKind::MethodCall { object, name, arguments } = &call.kind {
                let index_site = compiler.index_site(object, line);
                let callee = compiler.method(object, name, index_site)?;
                let name = Some(Name { kind: NameKind::Method, text: name.clone() });
                let site = compiler.site(line, SiteCall::Call, [name, None]);
                compiler.take(HEADER_SLOTS + 1);
                // The object is where the first argument will be while the method is looked up.
                compiler.keep_slots(index_site);
                compiler.call_with_arguments::<M>(callee, arguments, slot, site)
            } else {
                unreachable!("callers ask for calls only")
            }
        })
    }

    fn callee(&mut self, callee: &Expression) -> Result<Callee> {
        if self.tracing.is_none()
            && let ExpressionKind::Global { environment, name } = &callee.kind
            && let ExpressionKind::Upvalue(upvalue) = environment.kind
        {
            let site = self.index_site(environment, callee.span.line);
            if let Some(access) = self.field_access(&Constant::String(name.clone()), site)? {
                return Ok(Callee::Global(GetField { object: Upvalue(upvalue.0), access }));
            }
        }
        Ok(Callee::Function(self.object(callee)?))
    }

    fn method(&mut self, object: &Expression, name: &Bytes, site: SiteId) -> Result<Callee> {
        let method = self.method_access(name, site)?;
        Ok(Callee::Method { object: self.source(object)?, method })
    }

    fn call_with_arguments<M: MakeCall>(
        &mut self,
        callee: Callee,
        arguments: &[Expression],
        slot: Slot,
        site: SiteId,
    ) -> Result<M::Output> {
        let mut values = self.list(arguments)?;
        let line = self.sites[site.0 as usize].line;
        let callee = match self.marked_arguments(&mut values, line) {
            Some(()) => callee,
            None => self.marked_callee(callee, line),
        };
        let Values { fixed, last } = values;
        if let Some(last) = last {
            return Ok(self.call_of::<M, _>(callee, Open { fixed, last }, slot, site));
        }
        Ok(match *fixed {
            [] => self.call_of::<M, _>(callee, Few([]), slot, site),
            [a] => self.call_of::<M, _>(callee, Few([a]), slot, site),
            [a, b] => self.call_of::<M, _>(callee, Few([a, b]), slot, site),
            [a, b, c] => self.call_of::<M, _>(callee, Few([a, b, c]), slot, site),
            _ => self.call_of::<M, _>(callee, Many(fixed), slot, site),
        })
    }

    fn marked_callee(&mut self, callee: Callee, line: u32) -> Callee {
        match callee {
            Callee::Function(object) => Callee::Function(self.marked_object(object, line)),
            Callee::Global(callee) => Callee::Global(callee),
            Callee::Method { object, method } => Callee::Method { object: self.marked(object, line), method },
        }
    }

    fn call_of<M: MakeCall, A: Arguments>(
        &mut self,
        callee: Callee,
        arguments: A,
        slot: Slot,
        site: SiteId,
    ) -> M::Output {
        match callee {
            Callee::Function(Object::Local(callee)) => self.function_call::<M, _, _>(callee, arguments, slot, site),
            Callee::Function(Object::Captured(callee)) => self.function_call::<M, _, _>(callee, arguments, slot, site),
            Callee::Function(Object::Upvalue(callee)) => self.function_call::<M, _, _>(callee, arguments, slot, site),
            Callee::Function(Object::Child(callee)) => self.function_call::<M, _, _>(callee, arguments, slot, site),
            Callee::Global(callee) => self.function_call::<M, _, _>(callee, arguments, slot, site),
            Callee::Method { object, method } => M::make(self, MethodCall { object, method, arguments, slot, site }),
        }
    }

    fn function_call<M: MakeCall, C: Operand + 'static, A: Arguments>(
        &mut self,
        callee: C,
        arguments: A,
        slot: Slot,
        site: SiteId,
    ) -> M::Output {
        M::make(self, FunctionCall { callee, arguments, slot, site })
    }
}
