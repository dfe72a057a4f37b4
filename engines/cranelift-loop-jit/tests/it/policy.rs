//! `compile-policy=profile`: a loop with stable types is compiled, one whose types change is not, whatever it has run.

use cranelift_loop_jit::ENGINE;
use engine_api::Counter;
use engine_testing::{Knobs, Task};

const PROFILE: Knobs<'static> = &[("compile-policy", "profile")];

fn compiled(source: &str, knobs: Knobs) -> u64 {
    Task::new(ENGINE, source, knobs).succeed().counter(Counter::CompilationsSucceeded)
}

#[test]
fn stable_loops_are_compiled_and_others_are_not() {
    let stable = "local s = 0 for i = 1, 20000 do s = s + i end";
    assert_eq!(compiled(stable, PROFILE), 1);
    // What the register holds at the header is an integer, a float, a string and a boolean in turn.
    let changing = "local kinds, v = {1, 1.5, 'x', true}, 1 for i = 1, 20000 do v = kinds[i % 4 + 1] end";
    assert_eq!(compiled(changing, PROFILE), 0);
    assert!(compiled(changing, &[]) > 0, "by counts it would be");
    let cold = "local s = 0 for i = 1, 400 do s = s + i end";
    assert_eq!(compiled(cold, PROFILE), 0);
}
