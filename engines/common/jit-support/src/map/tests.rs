//! Maps against a list that names the origin of every byte.

use proptest::prelude::*;

use super::*;

fn origin(pc: u32, line: u32) -> Option<Origin> {
    Some(Origin { pc: BytecodePc(pc), line })
}

fn built(marks: &[(u32, Option<Origin>)]) -> CodeMapBuilder {
    let mut builder = CodeMapBuilder::new();
    for (start, origin) in marks {
        builder.mark(CodeOffset(*start), *origin);
    }
    builder
}

fn ranges(map: &CodeMap, pc: u32) -> Vec<(u32, u32)> {
    map.ranges(BytecodePc(pc)).map(|range| (range.start.0, range.end.0)).collect()
}

#[test]
fn both_directions_of_a_small_unit() {
    let mut builder = built(&[(4, origin(0, 1)), (10, origin(1, 1)), (12, origin(2, 2))]);
    // The rare case of instruction 1 was emitted apart.
    builder.append(CodeOffset(20), &built(&[(2, origin(1, 1))]));
    let map = builder.finish(30);

    let origins = [0, 3, 4, 9, 10, 12, 19, 20, 21, 22, 29, 30].map(|offset| map.origin(CodeOffset(offset)));
    let pcs = origins.map(|origin| origin.map(|origin| origin.pc.0));
    let expected = [None, None, Some(0), Some(0), Some(1), Some(2), Some(2), None, None, Some(1), Some(1), None];
    assert_eq!(pcs, expected);
    assert_eq!(map.origin(CodeOffset(12)), origin(2, 2));

    assert_eq!(ranges(&map, 0), [(4, 10)]);
    assert_eq!(ranges(&map, 1), [(10, 12), (22, 30)]);
    assert_eq!(ranges(&map, 3), []);
    assert_eq!(map.runs().count(), 5);
}

#[test]
fn a_mark_at_the_same_place_wins() {
    let map = built(&[(0, origin(0, 1)), (4, origin(1, 1)), (4, origin(0, 1)), (8, origin(2, 1))]).finish(12);
    assert_eq!(ranges(&map, 0), [(0, 8)]);
    assert_eq!(ranges(&map, 1), []);
}

#[test]
#[should_panic(expected = "a mark at 0003 after one at 0004")]
fn code_is_emitted_forwards() {
    built(&[(4, None), (4, origin(0, 1)), (3, origin(1, 1))]);
}

#[test]
#[should_panic(expected = "behind the code")]
fn marks_lie_in_the_code() {
    built(&[(4, origin(0, 1))]).finish(3);
}

fn marks() -> impl Strategy<Value = Vec<(u32, Option<Origin>)>> {
    let origin = proptest::option::of((0_u32..6, 1_u32..4).prop_map(|(pc, line)| Origin { pc: BytecodePc(pc), line }));
    proptest::collection::vec((0_u32..64, origin), 0..20).prop_map(|mut marks| {
        marks.sort_by_key(|(start, _)| *start);
        marks
    })
}

proptest! {
    #[test]
    fn every_byte_has_the_origin_of_the_last_mark_before_it(marks in marks()) {
        let map = built(&marks).finish(64);
        let mut by_byte = [None; 64];
        for (start, origin) in &marks {
            by_byte[*start as usize..].fill(*origin);
        }
        for (offset, expected) in by_byte.iter().enumerate() {
            prop_assert_eq!(map.origin(CodeOffset(offset as u32)), *expected);
        }
        for pc in 0..6 {
            let bytes: Vec<u32> = map.ranges(BytecodePc(pc)).flat_map(|range| range.start.0..range.end.0).collect();
            let expected: Vec<u32> = (0..64)
                .filter(|byte| by_byte[*byte as usize].is_some_and(|origin| origin.pc == BytecodePc(pc)))
                .collect();
            prop_assert_eq!(bytes, expected);
        }
    }
}
