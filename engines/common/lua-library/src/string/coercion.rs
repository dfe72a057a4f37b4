//! The arithmetic metamethods of strings: `"10" + 1` is a call of `getmetatable("").__add`, as in PUC Lua.

use lua_runtime::operators::{event_of, number_of};
use lua_runtime::{Args, MetaEvent, Signal, Tag, Value, Vm};
use lua_syntax::ast::{BinaryOperator, UnaryOperator};

use crate::entries::Entry;

/// The fields of the metatable of strings, but for `__index`. Their names are those in tracebacks.
pub(super) const ENTRIES: &[Entry] = &[
    ("__add", |vm, args| binary(vm, args, BinaryOperator::Add)),
    ("__sub", |vm, args| binary(vm, args, BinaryOperator::Subtract)),
    ("__mul", |vm, args| binary(vm, args, BinaryOperator::Multiply)),
    ("__mod", |vm, args| binary(vm, args, BinaryOperator::Modulo)),
    ("__pow", |vm, args| binary(vm, args, BinaryOperator::Power)),
    ("__div", |vm, args| binary(vm, args, BinaryOperator::Divide)),
    ("__idiv", |vm, args| binary(vm, args, BinaryOperator::FloorDivide)),
    ("__unm", negate),
];

fn binary(vm: &mut Vm, args: Args, operator: BinaryOperator) -> Result<u32, Signal> {
    match operands(vm, args) {
        (Some(left), Some(right)) => match vm.arithmetic(operator, left, right) {
            Ok(result) => vm.return_one(args, result),
            Err(miss) => {
                let result = vm.finish_miss(args.top(), miss, &[right])?;
                vm.return_one(args, result)
            }
        },
        _ => hand_on(vm, args, event_of(operator)),
    }
}

fn negate(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    // An operator passes its operand twice. In PUC Lua it is the second that counts.
    if let (Some(_), Some(number)) = operands(vm, args)
        && let Ok(result) = vm.unary(UnaryOperator::Negate, number)
    {
        return vm.return_one(args, result);
    }
    hand_on(vm, args, MetaEvent::Negate)
}

/// Both operands as numbers. As in PUC Lua, a first operand that is alone is its own second.
fn operands(vm: &Vm, args: Args) -> (Option<Value>, Option<Value>) {
    let left = number_of(vm.argument(args, 0));
    (left, if args.count == 1 { left } else { number_of(vm.argument(args, 1)) })
}

/// An operand is no number: the second one may have a metamethod of its own.
fn hand_on(vm: &mut Vm, args: Args, event: MetaEvent) -> Result<u32, Signal> {
    let (left, right) = (vm.argument(args, 0), vm.argument(args, 1));
    // A string's metamethod would only come back here.
    let handler = if right.tag == Tag::String { Value::NIL } else { vm.metamethod(right, event) };
    if handler.is_nil() {
        let (operation, left, right) = (&event.name()[2..], left.type_name(), right.type_name());
        return Err(vm.raise(&format!("attempt to {operation} a '{left}' with a '{right}'")));
    }
    let result = vm.call_for_one(args.top(), handler, &[left, right])?;
    vm.return_one(args, result)
}
