//! In which line of a document a field stands. The YAML reader keeps no places, so the lines are read a second time, by their
//! indentation; where that is not enough, the line of the nearest field above is given.

/// The line of the field at the end of a path, from 1; `None` when not even the first key is found.
pub(super) fn locate(text: &str, path: &[String]) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let (mut found, mut parent) = (None, None);
    for key in path.iter().filter(|key| !key.starts_with('[')) {
        let from = found.map_or(0, |line| line + 1);
        match below(&lines, from, parent, key) {
            Some(line) => (found, parent) = (Some(line), Some(indent(lines[line]))),
            // In a flow mapping, `fast_burn: {factor: 14}`, or missing: the line above will do.
            None => break,
        }
    }
    found.map(|line| line + 1)
}

/// The first line from `from` on that says `key:` and belongs to a key indented by `parent`.
fn below(lines: &[&str], from: usize, parent: Option<usize>, key: &str) -> Option<usize> {
    let mut level = None;
    for (position, line) in lines.iter().enumerate().skip(from) {
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if parent.is_some_and(|parent| indent(line) <= parent) {
            return None;
        }
        if indent(line) != *level.get_or_insert(indent(line)) {
            continue;
        }
        let content = content.trim_start_matches("- ").trim_start_matches(['"', '\'']);
        let rest = content.strip_prefix(key).map(|rest| rest.trim_start_matches(['"', '\'']));
        if rest.is_some_and(|rest| rest.trim_start().starts_with(':')) {
            return Some(position);
        }
    }
    None
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().trim_start_matches("- ").len()
}

#[cfg(test)]
mod tests {
    use super::locate;

    const TEXT: &str = "\
kind: X
metadata:
  name: name
spec:
  # name: not this
  alert:
    fast: {factor: 14}
    slow:
      factor: 1
  list:
    - name: a
      factor: 2
";

    #[test]
    fn fields_are_found_where_they_stand() {
        for (path, line) in [
            ("kind", Some(1)),
            ("metadata.name", Some(3)),
            ("spec.alert.fast.factor", Some(7)),
            ("spec.alert.slow.factor", Some(9)),
            ("spec.alert.none", Some(6)),
            ("spec.list.[0].name", Some(11)),
            ("spec.list.[0].factor", Some(12)),
            ("spec.name", Some(4)),
            ("none", None),
            ("", None),
        ] {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            assert_eq!(locate(TEXT, &path), line, "{path:?}");
        }
    }
}
