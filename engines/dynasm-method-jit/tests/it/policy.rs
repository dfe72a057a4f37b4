//! `compile-policy=profile`: a function with stable types is compiled, one whose types change is not, however often it is called.

use dynasm_method_jit::ENGINE;
use engine_api::Event;
use engine_api::event::Unit;
use engine_testing::{Knobs, Task};

/// The functions that were compiled.
fn compiled(source: &str, knobs: Knobs) -> Vec<String> {
    let run = Task::new(ENGINE, source, knobs).succeed();
    let name = |event: &Event| match event {
        Event::CompileEnd { unit: Unit { function, .. }, .. } => Some(function.clone()),
        _ => None,
    };
    run.events.iter().filter_map(name).collect()
}

#[test]
fn stable_functions_are_compiled_and_others_are_not() {
    let source = "local kinds = {1, 1.5, 'x', true}
local function stable(v) return v end
local function changing(v) return v, 1 end
local function cold(v) return v, 2 end
local function main()
  for i = 1, 4000 do stable(i) changing(kinds[i % 4 + 1]) end
  for i = 1, 50 do cold(i) end
end
main()";
    let by_profile = compiled(source, &[("compile-policy", "profile")]);
    assert!(by_profile.contains(&"stable".to_string()), "{by_profile:?}");
    assert!(!by_profile.iter().any(|name| name == "changing" || name == "cold"), "{by_profile:?}");
    assert!(compiled(source, &[]).contains(&"changing".to_string()), "by counts it would be");
}
