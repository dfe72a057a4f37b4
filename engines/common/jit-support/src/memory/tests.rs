//! Blocks in real memory: protections as the kernel sees them, limits, faults, and code that runs.

use super::*;

fn memory(limit_bytes: usize) -> CodeMemory {
    CodeMemory::reserve(Some(limit_bytes as u64), None).unwrap()
}

/// Whole pages of this system, in bytes.
fn pages(count: usize) -> usize {
    count * reservation::page_bytes()
}

fn published(memory: &CodeMemory, code: &[u8]) -> ExecutableBlock {
    let mut block = memory.request(code.len()).unwrap();
    block.bytes_mut().copy_from_slice(code);
    block.publish().unwrap()
}

/// Every mapping of the process: addresses and permissions.
fn mappings() -> Vec<(std::ops::Range<usize>, String)> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let parse = |line: &str| {
        let (range, rest) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let address = |text| usize::from_str_radix(text, 16).unwrap();
        (address(start)..address(end), rest[..4].to_string())
    };
    maps.lines().map(parse).collect()
}

/// The permissions of the page at `address`. Also checks that no page of the process can be written and run.
fn permissions(address: *const u8) -> String {
    let mappings = mappings();
    for (range, permissions) in &mappings {
        assert!(!(permissions.contains('w') && permissions.contains('x')), "{range:x?} is {permissions}");
    }
    let (_, permissions) = mappings.into_iter().find(|(range, _)| range.contains(&address.addr())).unwrap();
    permissions
}

#[test]
fn a_page_is_writable_or_executable_or_nothing() {
    let memory = memory(pages(4));
    let mut block = memory.request(pages(2)).unwrap();
    let (start, last) = (block.start().cast_const(), block.start().cast_const().wrapping_add(pages(2) - 1));
    assert_eq!((permissions(start).as_str(), permissions(last).as_str()), ("rw-p", "rw-p"));
    assert_eq!(permissions(last.wrapping_add(1)), "---p");
    let block = block.publish().unwrap();
    assert_eq!(block.start(), start);
    assert_eq!((permissions(start).as_str(), permissions(last).as_str()), ("r-xp", "r-xp"));
    drop(block);
    assert_eq!((permissions(start).as_str(), permissions(last).as_str()), ("---p", "---p"));
}

#[test]
fn blocks_that_were_never_published_are_freed_too() {
    let memory = memory(pages(1));
    let mut block = memory.request(1).unwrap();
    let start = block.start().cast_const();
    drop(block);
    assert_eq!(permissions(start), "---p");
    assert_eq!(memory.usage().used_bytes, 0);
}

#[test]
fn neighbours_keep_their_protection() {
    let memory = memory(pages(8));
    let blocks: Vec<ExecutableBlock> = (0..4).map(|byte| published(&memory, &[byte; 8])).collect();
    let mut writable = memory.request(1).unwrap();
    let starts: Vec<*const u8> = blocks.iter().map(ExecutableBlock::start).collect();
    let mut blocks = blocks.into_iter();
    let (kept, freed) = (blocks.next().unwrap(), blocks.next().unwrap());
    drop(freed);
    let rest: Vec<ExecutableBlock> = blocks.collect();
    let all: Vec<String> = starts.iter().map(|start| permissions(*start)).collect();
    assert_eq!(all, ["r-xp", "---p", "r-xp", "r-xp"]);
    assert_eq!(permissions(writable.start()), "rw-p");
    assert_eq!(kept.bytes(), [0; 8]);
    assert_eq!(rest[1].bytes(), [3; 8]);
}

#[test]
fn freed_memory_comes_back_empty() {
    let memory = memory(pages(1));
    let start = published(&memory, &[0xc3; 100]).start();
    let mut block = memory.request(100).unwrap();
    assert_eq!(block.start().cast_const(), start);
    assert_eq!(block.bytes_mut(), [0; 100]);
}

#[test]
fn the_rest_of_the_last_page_traps() {
    let memory = memory(pages(1));
    let block = published(&memory, &[0x90; 3]);
    // SAFETY: the block has a whole page, which is readable.
    let page = unsafe { std::slice::from_raw_parts(block.start(), pages(1)) };
    let trap = if cfg!(target_arch = "x86_64") { 0xcc } else { 0 };
    assert_eq!(page[..3], [0x90; 3]);
    assert!(page[3..].iter().all(|byte| *byte == trap));
}

#[test]
fn whole_pages_count_against_the_limit() {
    let memory = memory(pages(3) + pages(1) / 2);
    let usage = memory.usage();
    assert_eq!((usage.limit_bytes, usage.used_bytes, usage.largest_free_bytes), (pages(3), 0, pages(3)));
    let small = published(&memory, &[0]);
    assert_eq!((small.bytes().len(), small.block_bytes()), (1, pages(1)));
    let large = memory.request(pages(1) + 1).unwrap();
    assert_eq!(memory.usage().used_bytes, pages(3));
    drop(large);
    assert_eq!(memory.usage().used_bytes, pages(1));
    assert_eq!(memory.usage().requests, 2);
    assert_eq!(memory.usage().stranded_bytes, 0);
}

#[test]
fn a_request_without_room_fails_with_the_numbers() {
    let memory = memory(pages(3));
    let _low = memory.request(1).unwrap();
    let middle = memory.request(1).unwrap();
    let _high = memory.request(1).unwrap();
    drop(middle);
    match memory.request(pages(2)).unwrap_err() {
        CodeMemoryError::NoRoom { wanted_bytes, largest_free_bytes, free_bytes, limit_bytes } => {
            let numbers = [wanted_bytes, largest_free_bytes, free_bytes, limit_bytes];
            assert_eq!(numbers, [pages(2), pages(1), pages(1), pages(3)]);
        }
        other => panic!("{other}"),
    }
    assert!(memory.request(1).is_ok());
}

#[test]
fn absurd_sizes_are_refused() {
    let memory = memory(pages(1));
    assert!(matches!(memory.request(usize::MAX), Err(CodeMemoryError::NoRoom { .. })));
    let nothing = CodeMemory::reserve(Some(1), None).unwrap();
    assert!(matches!(nothing.request(1), Err(CodeMemoryError::NoRoom { limit_bytes: 0, .. })));
    let most = CodeMemory::reserve(Some(u64::MAX), None).unwrap();
    assert_eq!(most.usage().limit_bytes, MAX_RESERVATION_BYTES);
    assert_eq!(CodeMemory::reserve(None, None).unwrap().usage().limit_bytes, MAX_RESERVATION_BYTES);
}

#[test]
fn the_requested_fault_happens_once() {
    let memory = CodeMemory::reserve(Some(pages(8) as u64), Some(3)).unwrap();
    let outcomes: Vec<bool> = (0..5).map(|_| memory.request(1).is_ok()).collect();
    assert_eq!(outcomes, [true, true, false, true, true]);
    let error = CodeMemoryError::Injected { request: 3 };
    assert_eq!(error.to_string(), "request 3 for code memory failed because fail-code-request=3");
}

#[test]
fn trimming_frees_the_tail() {
    let memory = memory(pages(4));
    let mut block = memory.request(pages(4)).unwrap();
    let start = block.start().cast_const();
    block.bytes_mut().fill(7);
    block.trim(pages(1) + 5);
    assert_eq!(memory.usage().used_bytes, pages(2));
    assert_eq!(permissions(start.wrapping_add(pages(2))), "---p");
    let block = block.publish().unwrap();
    assert_eq!(block.bytes().len(), pages(1) + 5);
    assert!(block.bytes().iter().all(|byte| *byte == 7));
}

#[test]
#[should_panic(expected = "101 bytes in a block of 100")]
fn a_block_cannot_grow() {
    memory(pages(1)).request(100).unwrap().trim(101);
}

#[test]
fn blocks_keep_the_range_alive() {
    let memory = memory(pages(1));
    let block = published(&memory, &[1, 2, 3]);
    drop(memory);
    assert_eq!(permissions(block.start()), "r-xp");
    assert_eq!(block.bytes(), [1, 2, 3]);
}

#[test]
fn a_block_may_be_made_on_another_thread() {
    let memory = memory(pages(2));
    let shared = memory.clone();
    let block = std::thread::spawn(move || published(&shared, &[9; 4])).join().unwrap();
    assert_eq!(block.bytes(), [9; 4]);
    assert_eq!(memory.usage().used_bytes, pages(1));
}

/// Code that returns `number`.
fn returning(number: u32) -> Vec<u8> {
    match crate::disassemble::Architecture::HOST {
        crate::disassemble::Architecture::X86_64 => {
            // mov eax, number; ret
            [&[0xb8][..], &number.to_le_bytes(), &[0xc3]].concat()
        }
        crate::disassemble::Architecture::Aarch64 => {
            // movz w0, number; ret
            [0x5280_0000 | (number & 0xffff) << 5, 0xd65f_03c0].map(u32::to_le_bytes).concat()
        }
    }
}

fn run(block: &ExecutableBlock) -> u32 {
    // SAFETY: the block has a function without parameters that returns a number.
    let function =
        unsafe { std::mem::transmute::<*const u8, extern "C" fn() -> u32>(block.address(CodeOffset::START)) };
    function()
}

#[test]
fn published_code_runs() {
    let memory = memory(pages(4));
    let blocks = [1, 2, 3].map(|number| published(&memory, &returning(number)));
    assert_eq!(blocks.each_ref().map(run), [1, 2, 3]);
}

#[test]
fn new_code_at_an_old_address_is_what_runs() {
    let memory = memory(pages(1));
    let mut addresses = std::collections::BTreeSet::new();
    for number in 0..100 {
        let block = published(&memory, &returning(number));
        addresses.insert(block.start());
        assert_eq!(run(&block), number);
    }
    assert_eq!(addresses.len(), 1);
}
