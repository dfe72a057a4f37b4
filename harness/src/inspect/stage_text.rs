//! The texts of an engine's stages, read as far as somebody who looks into them needs: where units begin, and which line and
//! which bytecode instruction a line of a text is of.
//!
//! It knows how texts begin a function and name a line, which is the same for every engine, and nothing else of engines.

use std::collections::HashMap;

use engine_api::Stage;

/// A function or loop in the text of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitText {
    /// Its first line.
    pub heading: String,
    /// The others.
    pub lines: Vec<StageLine>,
}

/// A line of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageLine {
    /// The text.
    pub text: String,
    /// The source line that it was made for.
    pub line: Option<u32>,
    /// The bytecode instruction that it is or was made for.
    pub pc: Option<u32>,
    /// Whether it is the first line for that instruction.
    pub begins_instruction: bool,
}

/// Whether a line of the stage's text begins a function or another unit of compilation.
pub fn begins_unit(stage: Stage, line: &str) -> bool {
    match stage {
        Stage::Ast | Stage::Bytecode => line.starts_with("function "),
        Stage::Ir => line.starts_with("loop at PC "),
        Stage::Asm => line.starts_with("function ") || line.starts_with("loop at PC "),
    }
}

/// The source line that a line of the stage's text itself says it belongs to.
pub fn source_line(stage: Stage, line: &str) -> Option<u32> {
    let number = match stage {
        Stage::Ast => line.get(..5)?,
        Stage::Bytecode => line.trim_start().split_once(" [")?.1.split_once("] ")?.0,
        Stage::Ir | Stage::Asm => line.strip_prefix("; pc ")?.split_once(", line ")?.1.split(':').next()?,
    };
    number.trim().parse().ok()
}

/// The bytecode instruction that a line of the stage's text itself names.
fn bytecode_pc(stage: Stage, line: &str) -> Option<u32> {
    match stage {
        Stage::Ast => None,
        Stage::Bytecode => line.trim_start().split_once(" [")?.0.parse().ok(),
        Stage::Ir => u32::from_str_radix(line.strip_prefix('@')?.get(..4)?, 16).ok(),
        Stage::Asm => line.strip_prefix("; pc ")?.split_once(", line ")?.0.parse().ok(),
    }
}

/// The parts of a text that begin with a unit.
pub fn split(stage: Stage, text: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if begins_unit(stage, line) {
            starts.push(offset);
        }
        offset += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect()
}

/// The units of a text, each line with what it was made for: what it says itself, or else the line before. `lines` says the
/// source lines of instructions, by unit and instruction, where a text names instructions alone.
pub fn units(stage: Stage, text: &str, lines: &HashMap<(String, u32), u32>) -> Vec<UnitText> {
    let unit = |text: &str| {
        let mut all = text.trim_end().lines();
        let heading = all.next().unwrap_or_default().to_string();
        let (mut line, mut pc) = (None, None);
        let mut read = |text: &str| {
            let own_pc = bytecode_pc(stage, text);
            let own_line = source_line(stage, text).or_else(|| lines.get(&(heading.clone(), own_pc?)).copied());
            let begins_instruction = own_pc.is_some() && own_pc != pc;
            match stage {
                // What stands between belongs to nothing.
                Stage::Ast | Stage::Bytecode | Stage::Ir => (line, pc) = (own_line, own_pc),
                Stage::Asm => (line, pc) = (own_line.or(line), own_pc.or(pc)),
            }
            StageLine { text: text.to_string(), line, pc, begins_instruction }
        };
        let lines = all.map(&mut read).collect();
        UnitText { heading, lines }
    };
    split(stage, text).into_iter().map(unit).collect()
}

/// For each line of a text the source line that it was made for, if it is of any. `lines` as for [`units`].
pub fn source_lines(stage: Stage, text: &str, lines: &HashMap<(String, u32), u32>) -> Vec<Option<u32>> {
    let parts = split(stage, text);
    let in_units: usize = parts.iter().map(|part| part.lines().count()).sum();
    // What stands before the first unit is of none.
    let mut found = vec![None; text.lines().count() - in_units];
    for (part, unit) in parts.into_iter().zip(units(stage, text, lines)) {
        let end = found.len() + part.lines().count();
        found.push(function_of(&unit.heading).map(|(_, line)| line));
        found.extend(unit.lines.iter().map(|line| line.line));
        found.resize(end, None);
    }
    found
}

/// The source lines of the instructions of machine code, for [`units`] of the IR that it was made from.
pub fn lines_of_instructions(asm: &str) -> HashMap<(String, u32), u32> {
    let mut found = HashMap::new();
    for unit in units(Stage::Asm, asm, &HashMap::new()) {
        for StageLine { line, pc, .. } in unit.lines {
            if let (Some(line), Some(pc)) = (line, pc) {
                found.insert((unit.heading.clone(), pc), line);
            }
        }
    }
    found
}

/// The loops that the bytecode of a function lists: first and last instruction, the innermost last.
pub fn loops(bytecode: &UnitText) -> Vec<(u32, u32)> {
    let read = |line: &StageLine| {
        let (header, back_edge) = line.text.strip_prefix("  loop ")?.split_once(' ')?.0.split_once("..")?;
        Some((header.parse().ok()?, back_edge.parse().ok()?))
    };
    let mut loops: Vec<(u32, u32)> = bytecode.lines.iter().filter_map(read).collect();
    loops.sort_by_key(|(header, back_edge)| std::cmp::Reverse(back_edge - header));
    loops
}

/// Name and line of the function that a heading of bytecode names: `function fib at line 1: ..`.
pub fn function_of(heading: &str) -> Option<(&str, u32)> {
    let (name, rest) = heading.strip_prefix("function ")?.rsplit_once(" at line ")?;
    Some((name, rest.split_once(':')?.0.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_text_has_its_source_line_or_none() {
        let text = "about\nfunction f at line 3: 2 words\n     0 [4] LOADK       R0 1\n     1 [5] RETURN1     R0\n\nfunction g\n";
        let found = source_lines(Stage::Bytecode, text, &HashMap::new());
        assert_eq!(found, [None, Some(3), Some(4), Some(5), None, None]);
        assert_eq!(source_lines(Stage::Ir, "", &HashMap::new()), []);
    }

    #[test]
    fn every_stage_says_its_lines() {
        assert_eq!(source_line(Stage::Bytecode, "     0 [13] CLOSURE     R0 function 0"), Some(13));
        assert_eq!(source_line(Stage::Bytecode, "  local f 23..23: R11"), None);
        assert_eq!(source_line(Stage::Ast, "   12 local x@0"), Some(12));
        assert_eq!(source_line(Stage::Ast, "      upvalue ^0 _ENV from the environment"), None);
        assert_eq!(source_line(Stage::Asm, "; pc 2, line 4"), Some(4));
        assert_eq!(source_line(Stage::Asm, "; pc 2, line 4: LOADK       R0 \"a:b\""), Some(4));
        assert_eq!(source_line(Stage::Asm, "  0068  cmp byte ptr [rbx+8], 3"), None);
    }

    #[test]
    fn machine_code_belongs_to_the_instruction_before_it_and_ir_to_that_of_its_machine_code() {
        let asm = "loop at PC 2 of f (a.lua:3)\n  00 push\n; pc 2, line 4: ADD\n  01 add\n; pc 3, line 5: FORLOOP\n  02 jmp\n";
        let of = |unit: &UnitText| unit.lines.iter().map(|line| (line.pc, line.line)).collect::<Vec<_>>();
        let machine_code = units(Stage::Asm, asm, &HashMap::new());
        let two = [(Some(2), Some(4)), (Some(2), Some(4)), (Some(3), Some(5)), (Some(3), Some(5))];
        assert_eq!(of(&machine_code[0]), [&[(None, None)], &two[..]].concat());
        let ir = "loop at PC 2 of f (a.lua:3)\nblock0:\n@0003    v1 = iadd\n";
        assert_eq!(of(&units(Stage::Ir, ir, &lines_of_instructions(asm))[0]), [(None, None), (Some(3), Some(5))]);
    }

    #[test]
    fn bytecode_names_its_function_and_loops() {
        let text = "function f at line 1: 1 parameters, 3 slots\n  0 [2] ADD R2 R0 R1\n  loop 4..9 depth 2\n  loop 2..30 depth 1\n";
        let units = units(Stage::Bytecode, text, &HashMap::new());
        assert_eq!(function_of(&units[0].heading), Some(("f", 1)));
        assert_eq!(loops(&units[0]), [(2, 30), (4, 9)]);
    }
}
