//! The workloads in Rust give what their headers promise, to the last character.

use native_workloads::format::general_9;

use super::find;
use crate::plan::workload::{self, Size};
use crate::plan::yardsticks;

#[test]
fn every_result_is_that_of_the_header() {
    let workloads = workload::all().unwrap();
    for (name, function) in native_workloads::ALL {
        let workload = workloads.iter().find(|workload| workload.name == *name);
        let workload = workload.unwrap_or_else(|| panic!("there is no workloads/{name}.lua"));
        let size = workload.size(Size::Test).unwrap().unwrap();
        assert_eq!(Some(function(size.n)), size.result, "{name}");
    }
    assert!(find("fib").is_some());
    assert!(find("no such workload").is_none());
}

/// Values of all magnitudes, half of them at or next to a tie of the ninth digit, through the C library.
#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn floats_are_written_as_c_writes_them() {
    let lua = yardsticks::built().iter().find(|yardstick| yardstick.name == "lua5.4").unwrap();
    let mut script = String::from("for _, value in ipairs {\n");
    let mut expected = String::new();
    let mut bits: u64 = 1;
    for i in 0..4000 {
        bits = bits.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let any = f64::from_bits(bits);
        let tie = (100_000_000 + (bits >> 40) % 900_000_000) as f64 + 0.5;
        let value = match i % 4 {
            0 => any,
            1 => tie,
            2 => tie.next_up(),
            _ => (bits >> 32) as f64 / 1024.0,
        };
        if value.is_finite() {
            script.push_str(&format!("{value:e},\n"));
            expected.push_str(&general_9(value));
            expected.push('\n');
        }
    }
    script.push_str("} do print(string.format('%.9g', value)) end\n");
    let file = tempfile::Builder::new().suffix(".lua").tempfile().unwrap();
    std::fs::write(file.path(), script).unwrap();
    let output = std::process::Command::new(lua.path).arg(file.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}
