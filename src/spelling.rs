//! Names that are nearly right.

/// The known name that is nearest to `name`, if at most `most` letters differ. Of equally near ones it is the first by
/// the alphabet.
pub(crate) fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>, most: usize) -> Option<&'k str> {
    let length = name.chars().count();
    // The length is compared first, because a distance takes long.
    let near = known.filter(|known| known.chars().count().abs_diff(length) <= most);
    let far = near.map(|known| (strsim::osa_distance(name, known), known));
    far.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let meant = |name| nearest(name, ["users", "queues", "user", "uséra"].into_iter(), 1);
        assert_eq!(meant("uesrs"), Some("users"));
        assert_eq!(meant("usera"), Some("user"), "the first of three that are as near");
        assert_eq!(meant("use"), Some("user"));
        assert_eq!(meant("qeueus"), None, "two letters");
        assert_eq!(nearest("qeueus", ["queues"].into_iter(), 2), Some("queues"));
        assert_eq!(meant(""), None);
    }
}
