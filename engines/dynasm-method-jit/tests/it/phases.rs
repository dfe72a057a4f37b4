//! Functions whose objects change for good: code is made for the kinds of the cache entries, and made again when those
//! have changed.

use engine_api::event::ExitReason;
use engine_api::{Counter, Event};

use crate::support::{check, run};

const PHASES: &str = "
local function total(objects, rounds)
  local sum = 0
  for round = 1, rounds do
    for i = 1, #objects do sum = sum + objects[i].size end
  end
  return sum
end
local own, inherited = {}, {}
local class = {size = 3}
class.__index = class
for i = 1, 8 do own[i], inherited[i] = {size = i}, setmetatable({}, class) end
print(total(own, 50), total(inherited, 200), total(own, 400))
";

#[test]
fn a_function_whose_fields_are_of_another_kind_is_compiled_again() {
    check(PHASES, "1800\t4800\t14400\n");
    let run = run(PHASES, &[("jit-threshold", "2")]);
    let was_thrown_away = |event: &Event| matches!(event, Event::Deoptimised { unit, reason: ExitReason::Shape } if unit.function == "total");
    let thrown_away = run.events.iter().position(was_thrown_away);
    let Some(at) = thrown_away else { panic!("no code was thrown away: {:?}", run.events) };
    let is_again = |event: &Event| matches!(event, Event::CompileEnd { unit, .. } if unit.function == "total");
    assert!(run.events[at..].iter().any(is_again), "{:?}", run.events);
    let thrown_away = run.events.iter().filter(|event| matches!(event, Event::Deoptimised { .. })).count();
    assert_eq!(run.counter(Counter::Deoptimisations), thrown_away as u64, "{:?}", run.events);
    assert_eq!(run.counter(Counter::Blacklisted), 0);
}

#[test]
fn kinds_that_alternate_do_not_make_code_again_and_again() {
    let source = "
local class = {size = 3}
class.__index = class
local objects = {{size = 1}, setmetatable({}, class)}
local function size(object) return object.size end
local sum = 0
for i = 1, 40000 do sum = sum + size(objects[i % 2 + 1]) end
print(sum)
";
    let run = run(source, &[("jit-threshold", "2")]);
    assert_eq!(run.output, "80000\n");
    assert!(run.counter(Counter::Deoptimisations) <= 8, "{}", run.counter(Counter::Deoptimisations));
}
