//! What the compiler knows of a value's type: the set of tags that it may have.
//!
//! A set with one tag means that the tag is a constant of the code and the payload lives unboxed in a machine register.
//! Anything wider is carried as a payload and a tag. This file must know nothing of registers or instructions; see
//! `state`.

use lua_runtime::value::Tag;

/// A set of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypeSet(u16);

impl TypeSet {
    /// Every tag that a Lua value can have.
    pub(crate) const ANY: TypeSet = TypeSet(0x5f1f);
    /// `true` and `false`.
    pub(crate) const BOOLEAN: TypeSet = TypeSet(1 << Tag::False as u16 | 1 << Tag::True as u16);

    /// The set of one tag.
    pub(crate) fn of(tag: Tag) -> TypeSet {
        TypeSet(1 << tag as u16)
    }

    /// The tag, if there is only one.
    pub(crate) fn single(self) -> Option<Tag> {
        ALL_TAGS.into_iter().find(|tag| self == TypeSet::of(*tag))
    }

    /// Whether a value of this set can have the tag.
    pub(crate) fn contains(self, tag: Tag) -> bool {
        self.0 & TypeSet::of(tag).0 != 0
    }

    /// The values of either set.
    pub(crate) fn union(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 | other.0)
    }

    /// Whether some value of the set is a heap reference.
    pub(crate) fn may_be_reference(self) -> bool {
        ALL_TAGS.into_iter().any(|tag| tag.is_reference() && self.contains(tag))
    }
}

/// The tags of values that programs see.
const ALL_TAGS: [Tag; 11] = [
    Tag::Nil,
    Tag::False,
    Tag::True,
    Tag::Integer,
    Tag::Float,
    Tag::String,
    Tag::Table,
    Tag::Closure,
    Tag::Native,
    Tag::Thread,
    Tag::Userdata,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_is_every_tag_that_a_program_sees() {
        let all = ALL_TAGS.into_iter().fold(TypeSet::of(Tag::Nil), |set, tag| set.union(TypeSet::of(tag)));
        assert_eq!(all, TypeSet::ANY);
        assert!(!TypeSet::ANY.contains(Tag::Frame) && !TypeSet::ANY.contains(Tag::Cell));
        assert_eq!((TypeSet::ANY.single(), TypeSet::BOOLEAN.single()), (None, None));
        assert_eq!(TypeSet::of(Tag::Float).single(), Some(Tag::Float));
    }
}
