//! Lists of names on the command line, `a,b,c`: what is sloppy in one is refused, because a run that measures something
//! else than was meant is found out late.

use crate::error::UsageError;

/// The names in `list`, which was given to `option`.
///
/// # Errors
/// [`UsageError`] for an empty list, an empty name or one that is there twice.
pub fn parse<'a>(option: &str, list: &'a str) -> Result<Vec<&'a str>, UsageError> {
    let names: Vec<&str> = list.split(',').map(str::trim).collect();
    for (index, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(UsageError(format!("{option} '{list}' has an empty name; to leave all out say none")));
        }
        if names[..index].contains(name) {
            return Err(UsageError(format!("{option} '{list}' has '{name}' twice")));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_kept_in_order() {
        assert_eq!(parse("--engines", "b, a ,c").unwrap(), ["b", "a", "c"]);
    }

    #[test]
    fn sloppy_lists_are_refused() {
        for (list, part) in [("", "empty name"), (",", "empty name"), ("a,,b", "empty name"), ("a,b, a", "'a' twice")] {
            let problem = parse("--engines", list).unwrap_err().to_string();
            assert!(problem.starts_with("--engines '") && problem.contains(part), "{problem}");
        }
    }
}
