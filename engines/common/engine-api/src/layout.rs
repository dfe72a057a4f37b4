//! What compiled code reaches through a pointer, described for people: a listing names the field that an instruction
//! reads or writes instead of its offset.
//!
//! Whoever defines a structure that compilers know describes it with the same constants that they use, so that the names
//! cannot disagree with the code. Nothing here is looked at while programs run.

/// A structure behind a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// What stands in front of its fields; empty if they say enough.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// What lies in it or around it again and again.
    pub arrays: &'static [Array],
}

/// A field of a structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Bytes from the pointer.
    pub offset: i64,
    /// Its name.
    pub name: &'static str,
}

/// Equal elements, one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Array {
    /// What stands in front of an element's number or name.
    pub name: &'static str,
    /// Bytes from the pointer to the first element.
    pub first: i64,
    /// Bytes from an element to the next; negative if that lies below.
    pub stride: i64,
    /// The names of the elements; empty if they are counted, from 0 and without an end.
    pub names: &'static [&'static str],
    /// The fields of an element; one without a name is the element itself.
    pub fields: &'static [Field],
}

/// A field `offset` bytes from the pointer, as a constant.
pub const fn field(offset: usize, name: &'static str) -> Field {
    Field { offset: offset as i64, name }
}

impl Layout {
    /// What is called `offset` bytes from the pointer; `None` if nothing is.
    pub fn name_of(&self, offset: i64) -> Option<String> {
        let found = match self.fields.iter().find(|field| field.offset == offset) {
            Some(field) => field.name.to_string(),
            None => self.arrays.iter().find_map(|array| array.name_of(offset))?,
        };
        Some(if self.name.is_empty() { found } else { format!("{}.{found}", self.name) })
    }
}

impl Array {
    fn name_of(&self, offset: i64) -> Option<String> {
        // Elements take their bytes upwards, whichever way they are counted.
        let index = (offset - self.first).div_euclid(self.stride.abs()) * self.stride.signum();
        let index = usize::try_from(index).ok()?;
        let inside = offset - (self.first + index as i64 * self.stride);
        let field = self.fields.iter().find(|field| field.offset == inside)?;
        let element = match self.names {
            [] => index.to_string(),
            names => names.get(index)?.to_string(),
        };
        let dot = if field.name.is_empty() { "" } else { "." };
        Some(format!("{}{element}{dot}{}", self.name, field.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ELEMENT: &[Field] = &[field(0, ""), field(8, "tag")];
    const LAYOUT: Layout = Layout {
        name: "thing",
        fields: &[field(0, "first")],
        arrays: &[
            Array { name: "up", first: 16, stride: 16, names: &["a", "b"], fields: ELEMENT },
            Array { name: "down", first: -16, stride: -16, names: &[], fields: ELEMENT },
        ],
    };

    #[test]
    fn offsets_have_names() {
        for (offset, name) in [
            (0, Some("thing.first")),
            (8, None),
            (16, Some("thing.upa")),
            (40, Some("thing.upb.tag")),
            (41, None),
            (48, None),
            (-16, Some("thing.down0")),
            (-8, Some("thing.down0.tag")),
            (-40, Some("thing.down2.tag")),
            (-47, None),
        ] {
            assert_eq!(LAYOUT.name_of(offset).as_deref(), name, "{offset}");
        }
    }
}
