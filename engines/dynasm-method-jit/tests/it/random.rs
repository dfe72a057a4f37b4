//! Random programs of loops, numbers and tables, under every setting against the VM. `RANDOM_PROGRAMS=N` tries more.
//!
//! A program is a function of local variables whose types change now and then, which is called with several arguments.
//! Everything that it can see goes into its output, error messages included. Every loop ends.

use std::fmt::Write;

use crate::support::{SETTINGS, Task, run};

/// Programs that are tried without being asked for more.
const PROGRAMS: u64 = 10;
/// Variables of a program: `v1` and so on.
const VARIABLES: u64 = 9;

/// A generator of programs, by a xorshift generator of numbers.
struct Generator {
    state: u64,
    text: String,
    /// Loops around the current place.
    depth: usize,
    labels: u32,
}

impl Generator {
    fn new(seed: u64) -> Generator {
        Generator { state: (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15), text: String::new(), depth: 0, labels: 0 }
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % limit
    }

    fn pick(&mut self, choices: &[&str]) -> String {
        choices[self.below(choices.len() as u64) as usize].to_string()
    }

    fn line(&mut self, line: &str) {
        let indent = "  ".repeat(self.depth + 1);
        writeln!(self.text, "{indent}{line}").expect("text grows");
    }

    fn variable(&mut self) -> String {
        format!("v{}", self.below(VARIABLES) + 1)
    }

    fn number(&mut self) -> String {
        match self.below(9) {
            8 => self.pick(&["0xF0000000", "0x7fffffff", "0x80000000", "-0x80000001", "1 << 62", "123456789012"]),
            0 => self.pick(&["0.5", "2.0", "-1.5", "1e300", "0.0", "-0.0", "(0/0)", "math.huge"]),
            1 => self.pick(&["math.maxinteger", "math.mininteger", "9007199254740993", "-1", "0", "1 << 40"]),
            _ => format!("{}", self.below(7)),
        }
    }

    fn operand(&mut self) -> String {
        match self.below(10) {
            0 | 1 => self.number(),
            2 if self.depth > 0 => format!("i{}", self.below(self.depth as u64) + 1),
            3 => format!("t.{}", self.pick(&["x", "y"])),
            4 => {
                let key = self.key();
                format!("({}[{key}] or {})", self.pick(&["t", "f", "n"]), self.below(3))
            }
            5 => self.pick(&["up", "down", "glob", "#n", "#f"]),
            _ => self.variable(),
        }
    }

    fn expression(&mut self) -> String {
        let (left, right) = (self.operand(), self.operand());
        let divisor = self.pick(&["3", "-7", "2.5", "8", "-1"]);
        match self.below(18) {
            0 => left,
            1 => format!("-({left})"),
            2 => format!("{left} // {divisor}"),
            3 => format!("{left} % {divisor}"),
            4 => format!("{left} / {right}"),
            5 => format!("int({left}) & int({right})"),
            6 => format!("int({left}) ~ 5"),
            7 => format!("(w{} << 3) >> 1", self.below(2) + 1),
            8 => format!("call({left}, {right})"),
            9 => format!("{left} % 8"),
            10 => format!("mix({left})"),
            // These may fail.
            11 if self.below(20) == 0 => format!("({left} | 3) // {right}"),
            12 if self.below(20) == 0 => format!("t.z % {right}"),
            _ => format!("{left} {} {right}", self.pick(&["+", "-", "*"])),
        }
    }

    fn condition(&mut self) -> String {
        let (left, right) = (self.operand(), self.operand());
        match self.below(8) {
            0 => format!("not {left}"),
            1 => format!("{left} == nil"),
            2 => format!("t[{}]", self.below(8)),
            3 => format!("{left} == {right}"),
            4 => format!("{left} ~= {}", self.below(5)),
            _ => format!("{left} {} {right}", self.pick(&["<", "<=", ">", ">="])),
        }
    }

    /// A key of an element, often that of a loop.
    fn key(&mut self) -> String {
        match self.below(3) {
            0 if self.depth > 0 => format!("i{}", self.below(self.depth as u64) + 1),
            _ => format!("{}", self.below(8)),
        }
    }

    fn statements(&mut self, count: u64, budget: u64) {
        for _ in 0..count {
            self.statement(budget);
        }
    }

    fn statement(&mut self, budget: u64) {
        let choice = self.below(if budget > 0 { 20 } else { 13 });
        match choice {
            0 => {
                let (key, value) = (self.key(), self.expression());
                let table = self.pick(&["t", "f", "n"]);
                self.line(&format!("{table}[{key}] = {value}"));
            }
            1 => {
                let (field, value) = (self.pick(&["x", "y"]), self.expression());
                self.line(&format!("t.{field} = {value}"));
            }
            2 => {
                let (name, value) = (self.pick(&["up", "down", "glob"]), self.expression());
                self.line(&format!("{name} = {value}"));
            }
            3 => {
                let (a, b) = (self.variable(), self.variable());
                self.line(&format!("{a}, {b} = {b}, {a}"));
            }
            4 => {
                let (variable, key) = (self.variable(), self.key());
                let table = self.pick(&["t", "f", "n"]);
                self.line(&format!("if {table}[{key}] then {variable} = {table}[{key}] end"));
            }
            5 => {
                let variable = format!("w{}", self.below(2) + 1);
                let (operator, other) = (self.pick(&["+", "-", "*", "&", "|", "~"]), self.below(9));
                self.line(&format!("{variable} = (w1 {operator} w2) % 1000 + {other}"));
            }
            6..=12 => {
                let (variable, value) = (self.variable(), self.expression());
                self.line(&format!("{variable} = {value}"));
            }
            13 | 14 => self.conditional(budget - 1),
            15 if self.depth > 0 => {
                let (condition, exit) = (self.condition(), self.pick(&["break", "return note('left')"]));
                self.line(&format!("if {condition} then {exit} end"));
            }
            16 => self.while_loop(budget - 1),
            _ => self.numeric_loop(budget - 1),
        }
    }

    fn conditional(&mut self, budget: u64) {
        let condition = self.condition();
        self.line(&format!("if {condition} then"));
        self.statements(2, budget);
        if self.below(2) == 0 {
            self.line("else");
            self.statements(2, budget);
        }
        self.line("end");
    }

    fn numeric_loop(&mut self, budget: u64) {
        let bounds = match self.below(8) {
            0 => "3, 1, -1".to_string(),
            1 => "0.5, 3".to_string(),
            2 => "math.maxinteger - 2, math.maxinteger".to_string(),
            3 => "1, n1 or 3, 2".to_string(),
            4 => "1, #f".to_string(),
            _ => format!("1, {}", self.below(7)),
        };
        self.line(&format!("for i{} = {bounds} do", self.depth + 1));
        self.depth += 1;
        let label = self.labels;
        self.labels += 1;
        self.statements(1, budget);
        if self.below(3) == 0 {
            let condition = self.condition();
            self.line(&format!("if {condition} then goto next{label} end"));
        }
        let count = self.below(4) + 1;
        self.statements(count, budget);
        self.line(&format!("::next{label}::"));
        self.depth -= 1;
        self.line("end");
    }

    fn while_loop(&mut self, budget: u64) {
        let (level, condition) = (self.depth + 1, self.condition());
        self.line(&format!("local i{level} = 0"));
        self.line(&format!("while i{level} < 9 and not ({condition}) do"));
        self.depth += 1;
        self.line(&format!("i{level} = i{level} + 1"));
        let count = self.below(4) + 1;
        self.statements(count, budget);
        self.depth -= 1;
        self.line("end");
    }

    fn program(mut self) -> String {
        for variable in 1..=VARIABLES {
            let value = match variable {
                1 => "a".to_string(),
                2 => "b or 4".to_string(),
                _ => self.number(),
            };
            self.line(&format!("local v{variable} = {value}"));
        }
        self.line("local w1, w2, n1 = 6, 7, 5");
        self.line("note = function(...) print(..., w1, w2, v1, v2, v3, v4, v5, v6, v7, v8, v9, up, down, glob) end");
        for _ in 0..3 {
            self.statements(2, 2);
            self.numeric_loop(2);
        }
        self.line("note('end')");
        format!(
            "local up, down = 1, 0.5\nglob = 3\nlocal note\n\
             local function call(x, y) if x == y then return x end return x + 1 end\n\
             local function mix(x) if x == 3 then return 0.25 end return x end\n\
             local function int(x) return math.tointeger(x) or 5 end\n\
             local function program(a, b, t, f, n)\n{}end\n\
             for round = 1, 2 do\n\
             for _, pair in ipairs {{ {{ 1, 2 }}, {{ 0.5, 2 }}, {{ 7, -1.0 }}, {{ 3, nil }} }} do\n\
             local t, f, n = {{ x = 1, y = 2.5, 1, 2, 3.0 }}, {{ 0.5, 1.5, 2.5 }}, {{ 1, 2, 3, 4 }}\n\
             print(pcall(program, pair[1], pair[2], t, f, n))\n\
             for i = 0, 8 do print(t[i], f[i], n[i]) end\n\
             print(t.x, t.y, t.z, up, down, glob)\nend\nend\n",
            self.text
        )
    }
}

#[test]
fn random_programs_do_the_same_as_under_the_vm() {
    let count = std::env::var("RANDOM_PROGRAMS").map_or(PROGRAMS, |count| count.parse().expect("a number"));
    for seed in 0..count {
        let source = Generator::new(seed).program();
        let plain = Task::new(bytecode_vm::ENGINE, &source, &[]).run();
        if let Err(failure) = &plain.result {
            panic!("program {seed} on the VM: {failure}\n{source}");
        }
        for knobs in SETTINGS {
            let output = run(&source, knobs).output;
            assert!(output == plain.output, "program {seed} with {knobs:?}\n{source}\n{}\n{output}", plain.output);
        }
    }
}
