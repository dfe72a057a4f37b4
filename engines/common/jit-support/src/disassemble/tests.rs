//! Listings and branch checks of hand-assembled code for both instruction sets.

use super::*;
use crate::map::CodeMapBuilder;
use crate::position::BytecodePc;

const HELPER: u64 = 0x7f12_3456_7890;
const X86_ADDRESS: u64 = 0x7f00_0000_1000;

fn names(address: u64) -> Option<String> {
    (address == HELPER).then(|| "helper".to_string())
}

fn code(architecture: Architecture, bytes: &[u8], constant_bytes: usize) -> MachineCode<'_> {
    MachineCode { architecture, bytes, address: X86_ADDRESS, instruction_bytes: bytes.len() - constant_bytes }
}

fn x86(bytes: &[u8]) -> MachineCode<'_> {
    code(Architecture::X86_64, bytes, 0)
}

/// The bytes of aarch64 instruction words.
fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn arm(bytes: &[u8]) -> MachineCode<'_> {
    code(Architecture::Aarch64, bytes, 0)
}

/// An x86-64 unit with everything that a listing names.
#[rustfmt::skip]
const X86_UNIT: &[u8] = &[
    0x48, 0xb8, 0x90, 0x78, 0x56, 0x34, 0x12, 0x7f, 0x00, 0x00, // 00 mov rax, helper
    0xff, 0xd0,                                                 // 0a call rax
    0x85, 0xc0,                                                 // 0c test eax, eax
    0x74, 0x05,                                                 // 0e je 15
    0xb8, 0x2a, 0x00, 0x00, 0x00,                               // 10 mov eax, 42
    0xf2, 0x0f, 0x10, 0x05, 0x0b, 0x00, 0x00, 0x00,             // 15 movsd xmm0, [28]
    0x48, 0x8b, 0x5f, 0x10,                                     // 1d mov rbx, [rdi+16]
    0xc3,                                                       // 21 ret
    0xcc, 0xcc, 0xcc,                                           // 22 int3
    0x00, 0x00, 0x00,                                           // 25 fills up to the next word
    0x90, 0x78, 0x56, 0x34, 0x12, 0x7f, 0x00, 0x00,             // 28 the address of the helper
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf0, 0x3f,             // 30 1.0
    0x01, 0x02,
];

#[test]
fn an_x86_64_listing_names_places_and_helpers() {
    let mut map = CodeMapBuilder::new();
    map.mark(CodeOffset(0x0c), Some(Origin { pc: BytecodePc(3), line: 12 }));
    map.mark(CodeOffset(0x21), None);
    let map = map.finish(X86_UNIT.len() as u32);
    let code = code(Architecture::X86_64, X86_UNIT, 21);
    let expected = "  0000  mov rax, helper
  000a  call rax
; pc 3, line 12
  000c  test eax, eax
  000e  je @0015
  0010  mov eax, 0x2a
  0015  movsd xmm0, [@0028]
  001d  mov rbx, [rdi+0x10]
; no bytecode
  0021  ret
  0022  int3
  0023  int3
  0024  int3
  0025  .byte 0x00 0x00 0x00
  0028  .quad helper
  0030  .quad 0x3ff0000000000000
  0038  .byte 0x01 0x02
";
    assert_eq!(listing(&code, Some(&map), &names).unwrap(), expected);
    assert_eq!(check_branches(&code), Ok(()));
}

#[test]
fn a_listing_does_not_depend_on_where_the_code_lies() {
    let at = |address| MachineCode { address, ..code(Architecture::X86_64, X86_UNIT, 21) };
    let text = listing(&at(X86_ADDRESS), None, &names).unwrap();
    assert_eq!(listing(&at(0x5555_0000_2000), None, &names).unwrap(), text);
    assert!(!text.contains("7f00"), "{text}");
}

#[test]
fn small_numbers_are_no_places_even_if_the_code_lies_at_zero() {
    // mov eax, 2; ret
    let code = MachineCode { address: 0, ..x86(&[0xb8, 2, 0, 0, 0, 0xc3]) };
    assert_eq!(listing(&code, None, &|_: u64| None).unwrap(), "  0000  mov eax, 2\n  0005  ret\n");
}

/// An aarch64 unit: load the helper's address, call it, leave if it returned 0, loop otherwise.
const ARM_UNIT: &[u32] = &[
    0xd28f_1210, // 00 movz x16, #0x7890
    0xf2a6_8ad0, // 04 movk x16, #0x3456, lsl #16
    0xf2cf_e250, // 08 movk x16, #0x7f12, lsl #32
    0xd63f_0200, // 0c blr x16
    0xb400_0060, // 10 cbz x0, 1c
    0x3707_ffa0, // 14 tbnz w0, #0, 08
    0x17ff_fffa, // 18 b 00
    0xfc40_4400, // 1c ldr d0, [x0], #4
    0x5c00_0040, // 20 ldr d0, 28
    0xd65f_03c0, // 24 ret
];

/// Knows what one register points to, and one bytecode instruction.
struct Engine;

impl Names for Engine {
    fn address(&self, _address: u64) -> Option<String> {
        None
    }

    fn bytecode(&self, pc: BytecodePc) -> Option<String> {
        (pc == BytecodePc(3)).then(|| "ADD R1 R2 R3".to_string())
    }

    fn operand(&self, operand: &MemoryOperand) -> Option<String> {
        let MemoryOperand { at, base, displacement, is_computed_only: _ } = *operand;
        match (base, displacement) {
            ("rdi", 0) => Some(format!("first@{at}")),
            ("rdi", -16) => Some("below".to_string()),
            ("r13", 300) => Some("far".to_string()),
            _ => None,
        }
    }
}

#[test]
fn operands_and_bytecode_have_the_names_that_the_engine_gives() {
    #[rustfmt::skip]
    const UNIT: &[u8] = &[
        0x48, 0x8b, 0x1f,                               // mov rbx, [rdi]
        0x48, 0x8b, 0x5f, 0xf0,                         // mov rbx, [rdi-16]
        0x49, 0x39, 0x85, 0x2c, 0x01, 0x00, 0x00,       // cmp [r13+300], rax
        0x48, 0x8b, 0x1c, 0x07,                         // mov rbx, [rdi+rax]
        0x80, 0x7b, 0x08, 0x03,                         // cmp byte ptr [rbx+8], 3
    ];
    let mut map = CodeMapBuilder::new();
    map.mark(CodeOffset(3), Some(Origin { pc: BytecodePc(3), line: 1 }));
    let map = map.finish(UNIT.len() as u32);
    let expected = "  0000  mov rbx, [rdi+first@0000]
; pc 3, line 1: ADD R1 R2 R3
  0003  mov rbx, [rdi+below]
  0007  cmp [r13+far], rax
  000e  mov rbx, [rdi+rax]
  0012  cmp byte ptr [rbx+8], 3
";
    assert_eq!(listing(&x86(UNIT), Some(&map), &Engine).unwrap(), expected);
}

#[test]
fn an_aarch64_listing_names_places_and_helpers() {
    let mut bytes = words(ARM_UNIT);
    bytes.extend(1.0_f64.to_le_bytes());
    let expected = "  0000  movz x16, #:abs_g0_nc:helper
  0004  movk x16, #:abs_g1_nc:helper
  0008  movk x16, #:abs_g2_nc:helper
  000c  blr x16
  0010  cbz x0, @001c
  0014  tbnz w0, #0x0, @0008
  0018  b @0000
  001c  ldr d0, [x0], #0x4
  0020  ldr d0, @0028
  0024  ret
  0028  .quad 0x3ff0000000000000
";
    let code = code(Architecture::Aarch64, &bytes, 8);
    assert_eq!(listing(&code, None, &names).unwrap(), expected);
    assert_eq!(check_branches(&code), Ok(()));
}

#[test]
fn an_unnamed_constant_of_aarch64_stays_a_number() {
    let bytes = words(&[0xd282_4680, 0xf2aa_cf00, 0xd282_4681]);
    let texts: Vec<String> = instructions(&arm(&bytes), &names).unwrap().into_iter().map(|line| line.text).collect();
    assert_eq!(texts, ["mov x0, #0x1234", "movk x0, #0x5678, lsl #16", "mov x1, #0x1234"]);
}

#[test]
fn branches_must_lead_to_instructions_of_the_unit() {
    // jmp to the byte after itself; mov eax, 42; jmp back to the first byte; ret
    assert_eq!(check_branches(&x86(&[0xeb, 0, 0xb8, 42, 0, 0, 0, 0xeb, 0xf7, 0xc3])), Ok(()));
    // jmp into the mov
    let inside = CodeError::BetweenInstructions { at: CodeOffset(0), target: CodeOffset(3) };
    assert_eq!(check_branches(&x86(&[0xeb, 1, 0xb8, 42, 0, 0, 0, 0xc3])), Err(inside));
    // jmp to the end of the code
    let behind = CodeError::LeavesUnit { at: CodeOffset(1), target: 3 };
    assert_eq!(check_branches(&x86(&[0x90, 0xeb, 0])), Err(behind));
    // call to 16 bytes before the code
    let before = CodeError::LeavesUnit { at: CodeOffset(0), target: -16 };
    assert_eq!(check_branches(&x86(&[0xe8, 0xeb, 0xff, 0xff, 0xff, 0xc3])), Err(before));
    // jmp into the constants
    let constants = CodeError::BetweenInstructions { at: CodeOffset(0), target: CodeOffset(2) };
    assert_eq!(check_branches(&code(Architecture::X86_64, &[0xeb, 0, 0x90], 1)), Err(constants));
}

#[test]
fn every_branch_of_aarch64_is_checked() {
    // Each leads 4 bytes back, out of the unit.
    let branches = [
        0x17ff_ffff, // b
        0x97ff_ffff, // bl
        0x54ff_ffe1, // b.ne
        0xb4ff_ffe0, // cbz x0
        0x35ff_ffe0, // cbnz w0
        0x3607_ffe0, // tbz w0
        0xb7ff_ffe0, // tbnz x0
    ];
    for word in branches {
        let outside = CodeError::LeavesUnit { at: CodeOffset(0), target: -4 };
        assert_eq!(check_branches(&arm(&words(&[word]))), Err(outside), "{word:#x}");
        assert_eq!(check_branches(&arm(&words(&[0xd65f_03c0, word]))), Ok(()), "{word:#x}");
    }
    // `adr` and loads may refer to constants.
    let bytes = words(&[0x1000_0020, 0]);
    assert_eq!(check_branches(&code(Architecture::Aarch64, &bytes, 4)), Ok(()));
}

#[test]
fn what_cannot_be_decoded_is_refused() {
    // push es does not exist in 64-bit mode; a mov without its constant is cut off.
    for (bytes, at) in [(&[0x90, 0x06][..], 1), (&[0xc3, 0xb8, 1][..], 1)] {
        let undecodable = Err(CodeError::Undecodable { at: CodeOffset(at) });
        assert_eq!(check_branches(&x86(bytes)), undecodable);
        assert_eq!(listing(&x86(bytes), None, &names).map(|_| ()), undecodable);
    }
    let cut_off = words(&[0xd65f_03c0])[..3].to_vec();
    assert_eq!(check_branches(&arm(&cut_off)), Err(CodeError::Undecodable { at: CodeOffset(0) }));
}

#[test]
fn errors_say_where() {
    let inside = CodeError::BetweenInstructions { at: CodeOffset(0x10), target: CodeOffset(0x2a) };
    assert_eq!(inside.to_string(), "the branch at 0010 leads to 002a, where no instruction starts");
    let outside = CodeError::LeavesUnit { at: CodeOffset(0), target: -4 };
    assert_eq!(outside.to_string(), "the branch at 0000 leaves the unit, to byte -4 from its start");
}
