//! Finds the template of a path, segment by segment.
//!
//! A literal segment wins over a parameter. Where the rest of the path then fits no template, the parameter is tried.
//! All nodes lie in one piece of memory, and the children of a node side by side: the published API has over two
//! thousand paths, and a tree with allocations for each took 1.6 MB. Segments are ordered by length first, because most
//! of a node's children differ in it, and two numbers are compared faster than two texts.

use smallvec::SmallVec;

/// The templates, each with a number.
#[derive(Debug)]
pub(super) struct Tree {
    /// The texts of all segments.
    text: String,
    /// The first is the root. No node has the root as its child, so 0 stands for none.
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// The place of its segment in the text: start and length.
    segment: (u32, u32),
    /// The place of its literal children, in the order of their segments: first and count.
    literals: (u32, u32),
    /// The child of a parameter.
    parameter: u32,
    /// The number of the template that ends here, and 1.
    template: u32,
}

/// A segment with its length in front, for the order.
type Segment<'t> = (usize, &'t str);

/// The segments of a template from one node on, and the number of the template.
type Rest<'t> = (SmallVec<[Segment<'t>; 12]>, u32);

impl Tree {
    /// A tree of `templates`; their numbers are their positions. No two of them have the same shape.
    pub(super) fn of<'t>(templates: impl Iterator<Item = &'t str>) -> Self {
        let mut rests: Vec<Rest<'t>> =
            templates.map(|template| segments(template).map(measured).collect()).zip(0..).collect();
        rests.sort_unstable();
        let mut tree = Self { text: String::new(), nodes: vec![Node::default()] };
        let mut waiting = vec![(0, 0, &rests[..])];
        while let Some((node, depth, rests)) = waiting.pop() {
            tree.add_children(node, depth, rests, &mut waiting);
        }
        tree.nodes.shrink_to_fit();
        tree.text.shrink_to_fit();
        tree
    }

    /// Adds the children of `node`, whose templates are `rests`; they differ from their segment `depth` on.
    fn add_children<'r, 't>(
        &mut self,
        node: usize,
        depth: usize,
        rests: &'r [Rest<'t>],
        waiting: &mut Vec<(usize, usize, &'r [Rest<'t>])>,
    ) {
        let (ends, longer) = rests.split_at(rests.iter().take_while(|(of, _)| of.len() == depth).count());
        if let Some((_, number)) = ends.first() {
            self.nodes[node].template = number + 1;
        }
        let first = self.nodes.len();
        for group in longer.chunk_by(|(a, _), (b, _)| a[depth] == b[depth]) {
            let child = self.nodes.len();
            let segment = group[0].0[depth];
            if segment == measured(PARAMETER) {
                continue;
            }
            self.push(segment.1);
            waiting.push((child, depth + 1, group));
        }
        self.nodes[node].literals = (index(first), index(self.nodes.len() - first));
        // All parameters have the same text, so they lie together.
        let parameters = longer.partition_point(|(of, _)| of[depth] < measured(PARAMETER))
            ..longer.partition_point(|(of, _)| of[depth] <= measured(PARAMETER));
        if !parameters.is_empty() {
            let child = self.nodes.len();
            self.nodes[node].parameter = index(child);
            self.push("");
            waiting.push((child, depth + 1, &longer[parameters]));
        }
    }

    fn push(&mut self, segment: &str) {
        let start = self.text.len();
        self.text.push_str(segment);
        self.nodes.push(Node { segment: (index(start), index(segment.len())), ..Node::default() });
    }

    /// The number of the template of `path`.
    pub(super) fn find(&self, path: &str) -> Option<usize> {
        let mut others: SmallVec<[(u32, Option<&str>); 8]> = SmallVec::new();
        let mut at = (0, Some(path));
        loop {
            let node = self.node(at.0);
            let next = match at.1 {
                None if node.template > 0 => return usize::try_from(node.template - 1).ok(),
                None => None,
                Some(rest) => {
                    let (segment, rest) = split(rest);
                    let parameter =
                        (node.parameter > 0 && !segment.is_empty()).then_some((node.parameter, rest));
                    match self.literal(&node, segment).map(|child| (child, rest)) {
                        Some(literal) => {
                            if let Some(parameter) = parameter {
                                others.push(parameter);
                            }
                            Some(literal)
                        }
                        None => parameter,
                    }
                }
            };
            at = next.or_else(|| others.pop())?;
        }
    }

    fn literal(&self, node: &Node, segment: &str) -> Option<u32> {
        let first = node.literals.0 as usize;
        let children = &self.nodes[first..first + node.literals.1 as usize];
        let order = |child: &Node| {
            let by_length = (child.segment.1 as usize).cmp(&segment.len());
            by_length.then_with(|| self.text_of(child).cmp(segment.as_bytes()))
        };
        let at = children.binary_search_by(order).ok()?;
        Some(index(first + at))
    }

    fn node(&self, at: u32) -> Node {
        self.nodes[at as usize]
    }

    fn text_of(&self, node: &Node) -> &[u8] {
        let (start, length) = (node.segment.0 as usize, node.segment.1 as usize);
        &self.text.as_bytes()[start..start + length]
    }
}

/// Stands for every parameter in the shape of a template.
const PARAMETER: &str = "{}";

/// The segments of a template. A segment with braces is a parameter: the value is the whole segment.
fn segments(template: &str) -> impl Iterator<Item = &str> {
    template.split('/').map(|segment| if segment.contains('{') { PARAMETER } else { segment })
}

fn measured(segment: &str) -> Segment<'_> {
    (segment.len(), segment)
}

/// The template with a nameless parameter for each of its own: two documents may name one differently.
pub(super) fn shape(template: &str) -> String {
    segments(template).collect::<Vec<_>>().join("/")
}

/// The first segment, and the rest after the slash. Segments are short: a search made for long texts takes longer.
fn split(path: &str) -> (&str, Option<&str>) {
    match path.bytes().position(|byte| byte == b'/') {
        Some(slash) => (&path[..slash], Some(&path[slash + 1..])),
        None => (path, None),
    }
}

/// A number of a node or of a place in the text. A document is far smaller than 4 GB.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found<'t>(templates: &[&'t str], path: &str) -> Option<&'t str> {
        Tree::of(templates.iter().copied()).find(path).map(|at| templates[at])
    }

    #[test]
    fn a_literal_segment_wins_over_a_parameter() {
        let templates = ["/users/{id}", "/users/me", "/users/{id}/queues"];
        assert_eq!(found(&templates, "/users/me"), Some("/users/me"));
        assert_eq!(found(&templates, "/users/you"), Some("/users/{id}"));
    }

    #[test]
    fn a_parameter_is_tried_where_the_literal_leads_nowhere() {
        let templates = ["/users/{id}/queues", "/users/me"];
        assert_eq!(found(&templates, "/users/me/queues"), Some("/users/{id}/queues"));
        assert_eq!(found(&templates, "/users/me/skills"), None);
    }

    #[test]
    fn no_parameter_is_empty() {
        let templates = ["/users/{id}", "/users/{id}/queues"];
        assert_eq!(found(&templates, "/users/"), None);
        assert_eq!(found(&templates, "/users//queues"), None);
        assert_eq!(found(&templates, ""), None);
    }

    /// The specification: among the templates that match, the one whose first differing segment is a literal.
    fn naive(templates: &[String], path: &str) -> Option<usize> {
        let wanted: Vec<_> = path.split('/').collect();
        let fits = |template: &&(usize, &String)| {
            let own: Vec<_> = segments(template.1).collect();
            let fits =
                |(own, wanted): (&&str, &&str)| own == wanted || *own == PARAMETER && !wanted.is_empty();
            own.len() == wanted.len() && own.iter().zip(&wanted).all(fits)
        };
        let literals_first =
            |template: &str| segments(template).map(|own| own == PARAMETER).collect::<Vec<_>>();
        let all = templates.iter().enumerate().collect::<Vec<_>>();
        all.iter().filter(fits).min_by_key(|(_, template)| literals_first(template)).map(|(at, _)| *at)
    }

    proptest! {
        #[test]
        fn a_path_finds_what_a_search_of_all_templates_finds(
            templates in prop::collection::btree_set("(/([a-c]|ab|\\{x\\})){1,4}", 0..40),
            path in "(/([a-d]|ab|\\{x\\}|~|)){1,5}",
        ) {
            let templates: Vec<_> = templates.into_iter().collect();
            let tree = Tree::of(templates.iter().map(String::as_str));
            prop_assert_eq!(tree.find(&path), naive(&templates, &path));
        }
    }
}
