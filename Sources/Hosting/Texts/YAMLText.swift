import Scheduling
import Terminal
import Yams

/// What files of settings and of hospitals have in common as YAML.
enum YAMLText {
    /// What is wrong with a text, in one line.
    static func failure(_ error: any Error, in name: String) -> CommandFailure {
        guard let error = error as? YamlError else { return CommandFailure(.configuration, "\(name): \(error)") }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return CommandFailure(
                .configuration, "\(name) line \(mark.line): this is no YAML: \(problem)", remedy: "mend that line")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { "‘\($0)’" }.joined(separator: ", ")
            return CommandFailure(.configuration, "\(name): \(keys) stands there twice (\(context))")
        default: return CommandFailure(.configuration, "\(name): this is no YAML: \(error)")
        }
    }

    /// The words of a scalar without blanks around them; none where it says that there is no value.
    static func words(of scalar: Node.Scalar) -> String {
        scalar.style == .plain && ["~", "null", "Null", "NULL"].contains(scalar.string) ? "" : scalar.string.trimmed
    }

    /// The name of a field; empty where it is no name.
    static func name(_ key: Node) -> String { (key.string ?? "").trimmed }

    /// The fields of a mapping, those that it takes over with `<<` included: its own win over them, and those of an
    /// earlier mapping in a list over those of a later one.
    static func pairs(of mapping: Node.Mapping, in file: String) throws(CommandFailure) -> [(key: Node, value: Node)] {
        var pairs: [(key: Node, value: Node)] = mapping.filter { !isMerge($0.key) }.map { ($0.key, $0.value) }
        for (key, value) in mapping where isMerge(key) {
            let sources: [Node]
            if case .sequence(let nodes) = value { sources = Array(nodes) } else { sources = [value] }
            for source in sources {
                guard case .mapping(let inner) = source else {
                    throw CommandFailure(
                        .configuration, "\(file) line \(key.mark?.line ?? 1): ‘<<’ takes over no mapping",
                        remedy: "write <<: *name, where &name stands before a mapping")
                }
                for pair in try self.pairs(of: inner, in: file)
                where !pairs.contains(where: { name($0.key) == name(pair.key) }) {
                    pairs.append(pair)
                }
            }
        }
        return pairs
    }

    private static func isMerge(_ key: Node) -> Bool { key.scalar?.style == .plain && key.string == "<<" }
}
