//! Loops whose objects change for good: each phase of the program gets code for its own objects, however many there are.

use engine_api::{Counter, Event};

use crate::support::{check, run};

/// A program that runs one loop over objects of one class after the other.
fn phases(count: u32) -> String {
    format!(
        "local function sum(objects, rounds)
           local total = 0
           for round = 1, rounds do
             for i = 1, #objects do total = total + objects[i]:size() end
           end
           return total
         end
         local all = 0
         for phase = 1, {count} do
           local class = {{}}
           class.__index = class
           function class:size() return self.width end
           local objects = {{}}
           for i = 1, 8 do objects[i] = setmetatable({{width = i}}, class) end
           all = all + sum(objects, 40)
         end
         io.write(all)"
    )
}

#[test]
fn a_loop_with_new_classes_again_and_again_is_not_given_up() {
    check(&phases(3), "4320");
    let run = run(&phases(12), &[("jit", "on")]);
    assert_eq!(run.output, "17280");
    assert_eq!(run.counter(Counter::Blacklisted), 0, "{:?}", run.events);
    let thrown_away = run.events.iter().filter(|event| matches!(event, Event::Deoptimised { .. })).count();
    assert!(thrown_away > 3, "each phase fails the guards of the one before: {:?}", run.events);
    assert!(!run.events.iter().any(|event| matches!(event, Event::Blacklisted { .. })));
}

#[test]
fn a_loop_whose_objects_get_other_fields_again_and_again_is_not_given_up() {
    let program = "local function size(object) return object.width end
         local function sum(objects, rounds)
           local total = 0
           for round = 1, rounds do
             for i = 1, #objects do total = total + objects[i]:size() end
           end
           return total
         end
         local all = 0
         for phase = 1, 12 do
           local objects = {}
           for i = 1, 8 do
             local object = {size = size}
             for field = 1, phase do object['field' .. field] = field end
             object.width = i
             objects[i] = object
           end
           all = all + sum(objects, 400)
         end
         io.write(all)";
    let run = run(program, &[("jit", "on")]);
    assert_eq!(run.output, "172800");
    assert_eq!(run.counter(Counter::Blacklisted), 0, "{:?}", run.events);
    let thrown_away = run.events.iter().filter(|event| matches!(event, Event::Deoptimised { .. })).count();
    assert!(thrown_away > 6, "each phase fails the guards of the one before: {:?}", run.events);
}

#[test]
fn a_method_that_is_replaced_leaves_the_code_and_comes_back() {
    check(
        "local class = {}
         class.__index = class
         function class:size() return 1 end
         local object, total = setmetatable({}, class), 0
         for i = 1, 600 do
           if i == 300 then function class:size() return 2 end end
           if i == 400 then class.late = true end
           if object.late then total = total + 100 end
           total = total + object:size()
         end
         io.write(total)",
        "21001",
    );
}
