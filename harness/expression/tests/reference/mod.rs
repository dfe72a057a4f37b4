//! What an expression gives by Rust's arithmetic alone, and random expressions to hold translations against it.

use expression_dialect::tree::{BinaryOperator, Function, Node, NodeId};
use expression_dialect::{Expression, Position, Problem, ProblemKind};
use libtest_mimic::Failed;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// The names that have a value from outside.
pub(crate) fn outside(name: &str) -> Option<i64> {
    match name {
        "seven" => Some(7),
        "lowest" => Some(i64::MIN),
        _ => None,
    }
}

/// The value of a program as text, or its problem.
pub(crate) fn outcome(text: &str) -> String {
    let value = Expression::parse(text).and_then(|expression| run(text, &expression));
    value.map_or_else(|problem| format!("{}: {problem}", problem.kind.code()), |value| value.to_string())
}

fn run(text: &str, expression: &Expression) -> Result<i64, Problem> {
    expression.arguments(outside)?;
    let mut values: Vec<Option<i64>> = expression.variables().iter().map(|variable| outside(&variable.name)).collect();
    let mut last = 0;
    for statement in expression.statements() {
        last = evaluate(text, expression, statement.value, &values)?;
        for target in &statement.targets {
            values[expression.index(*target)] = Some(last);
        }
    }
    Ok(last)
}

fn evaluate(text: &str, expression: &Expression, id: NodeId, values: &[Option<i64>]) -> Result<i64, Problem> {
    let value = |id: NodeId| evaluate(text, expression, id, values);
    let fails = |kind, offset| Err(Problem { kind, position: Position::of(text, offset) });
    match expression.node(id) {
        Node::Number(number) => Ok(*number),
        Node::Variable(variable) => Ok(values[expression.index(*variable)].expect("it has a value")),
        Node::Negate(operand) => Ok(value(*operand)?.wrapping_neg()),
        Node::Binary { operator, left, right, offset } => {
            let (a, b) = (value(*left)?, value(*right)?);
            Ok(match operator {
                BinaryOperator::LessOrEqual => i64::from(a <= b),
                BinaryOperator::GreaterOrEqual => i64::from(a >= b),
                BinaryOperator::Equal => i64::from(a == b),
                BinaryOperator::NotEqual => i64::from(a != b),
                BinaryOperator::Less => i64::from(a < b),
                BinaryOperator::Greater => i64::from(a > b),
                BinaryOperator::Add => a.wrapping_add(b),
                BinaryOperator::Subtract => a.wrapping_sub(b),
                BinaryOperator::Multiply => a.wrapping_mul(b),
                BinaryOperator::Divide | BinaryOperator::Remainder if b == 0 => {
                    return fails(ProblemKind::DivisionByZero, *offset);
                }
                BinaryOperator::Divide => a.wrapping_div(b),
                BinaryOperator::Remainder => a.wrapping_rem(b),
            })
        }
        Node::Call { function: Function::If, arguments, .. } => {
            value(if value(arguments[0])? != 0 { arguments[1] } else { arguments[2] })
        }
        Node::Call { function, arguments, offset } => {
            let arguments = arguments.iter().map(|id| value(*id)).collect::<Result<Vec<i64>, Problem>>()?;
            let last = arguments[arguments.len() - 1];
            if last < 0 {
                return fails(ProblemKind::NegativeArgument(function.name()), *offset);
            }
            Ok(match function {
                Function::If => unreachable!("it has an arm of its own"),
                Function::Fibonacci => (0..last).fold((0i64, 1i64), |(a, b), _| (b, a.wrapping_add(b))).0,
                Function::Factorial => (1..=last.min(100)).fold(1i64, i64::wrapping_mul),
                Function::Power => (0..64).rev().fold(1i64, |power, bit| {
                    let square = power.wrapping_mul(power);
                    if last >> bit & 1 == 1 { square.wrapping_mul(arguments[0]) } else { square }
                }),
            })
        }
    }
}

/// An expression of the dialect as text.
fn expressions() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        (-20i64..20).prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        Just(i64::MIN.to_string()),
        Just("seven".to_string()),
        Just("lowest".to_string()),
    ];
    let operator = prop::sample::select(BinaryOperator::ALL);
    number.prop_recursive(5, 40, 3, move |inside| {
        let pair = (inside.clone(), operator.clone(), inside.clone());
        prop_oneof![
            4 => pair.clone().prop_map(|(a, operator, b)| format!("{a} {} {b}", operator.text())),
            4 => pair.prop_map(|(a, operator, b)| format!("({a}) {} ({b})", operator.text())),
            1 => inside.clone().prop_map(|a| format!("-({a})")),
            1 => (inside.clone(), inside.clone(), inside.clone()).prop_map(|(a, b, c)| format!("if({a}, {b}, {c})")),
            1 => inside.clone().prop_map(|a| format!("fact({a})")),
            1 => inside.clone().prop_map(|a| format!("fib(({a}) % 15)")),
            1 => (inside.clone(), inside.clone()).prop_map(|(a, b)| format!("pow({a}, {b})")),
            1 => (inside.clone(), inside).prop_map(|(a, b)| format!("if({a} == 0, 1, {b})")),
        ]
    })
}

/// Holds 200 random programs against `outcome`, the same ones each time.
pub(crate) fn random_expressions(outcome: impl Fn(&str) -> String) -> Result<(), Failed> {
    let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let programs = prop::collection::vec(expressions(), 1..4);
    let result = runner.run(&programs, |statements| {
        let text = match statements.as_slice() {
            [first, rest @ ..] if !rest.is_empty() => format!("x = {first}; {}; x", rest.join("; y = x + ")),
            one => one.join(";"),
        };
        prop_assert_eq!(outcome(&text), self::outcome(&text), "{}", text);
        Ok(())
    });
    result.map_err(|error| error.to_string().into())
}
