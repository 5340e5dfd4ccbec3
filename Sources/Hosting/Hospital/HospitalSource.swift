import Foundation
package import HaoyuanClient
package import Terminal
import Yams

/// A hospital as people write it down: one YAML file, or a folder with a CSV file for each kind of entity.
/// docs/reference/hospital-files.md describes both.
package enum HospitalSource {
    /// Reads the catalogue from a YAML file or a folder of CSV files.
    package static func read(_ path: String) throws(CommandFailure) -> Catalogue {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw CommandFailure(
                .inputOutput, "\(path) does not exist", remedy: "name a YAML file or a folder of CSV files")
        }
        return isDirectory.boolValue
            ? try CSVFolder(path: path).catalogue() : try parse(yaml: InputFile.text(path), name: path)
    }

    /// - Parameter name: what to call the text in a failure.
    static func parse(yaml text: String, name: String) throws(CommandFailure) -> Catalogue {
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch { throw YAMLProblem.failure(error, in: name) }
        guard let root else {
            throw CommandFailure(.configuration, "\(name) is empty", remedy: "see docs/reference/hospital-files.md")
        }
        guard case .mapping(let mapping) = root else {
            throw CommandFailure(
                .configuration, "\(name): the file must be a mapping with the key ‘departments’ and others")
        }
        var collector = CatalogueCollector()
        for (key, value) in mapping {
            let section = key.string ?? ""
            guard let kind = EntityKind(section: section), EntityKind.sections.contains(kind) else {
                throw CommandFailure(
                    .configuration, "\(name) line \(key.mark?.line ?? 1): ‘\(section)’ is no section",
                    remedy: "the sections are \(EntityKind.sections.map(\.section).joined(separator: ", "))")
            }
            for entry in try entries(of: kind, value, name) { try collector.add(entry, kind) }
        }
        return collector.catalogue
    }

    private static func entries(of kind: EntityKind, _ node: Node, _ name: String) throws(CommandFailure) -> [Entry] {
        let place = "\(name) line \(node.mark?.line ?? 1)"
        switch node {
        case .mapping where kind == .hospital: return [try entry(kind.word, node, name)]
        case .sequence(let sequence) where kind != .hospital:
            var entries: [Entry] = []
            for node in sequence { entries.append(try entry(kind.word, node, name)) }
            return entries
        case .scalar(let scalar) where scalar.string.isEmpty || scalar.string == "~" || scalar.string == "null":
            return []
        default:
            let form = kind == .hospital ? "a mapping" : "a list"
            throw CommandFailure(.configuration, "\(place): ‘\(kind.section)’ must be \(form)")
        }
    }

    private static func entry(_ kind: String, _ node: Node, _ name: String) throws(CommandFailure) -> Entry {
        let place = "\(name) line \(node.mark?.line ?? 1)"
        guard case .mapping(let mapping) = node else {
            throw CommandFailure(.configuration, "\(place): a \(kind) must be a mapping of its fields")
        }
        var fields: [(name: String, value: Entry.Value)] = []
        for (key, value) in mapping {
            let field = key.string ?? ""
            guard !fields.contains(where: { $0.name == field }) else {
                throw CommandFailure(.configuration, "\(place): \(kind): ‘\(field)’ stands there twice")
            }
            switch value {
            case .scalar(let scalar): fields.append((field, .text(isNull(scalar) ? "" : scalar.string)))
            case .sequence(let items) where items.allSatisfy({ $0.scalar != nil }):
                fields.append((field, .list(items.compactMap { $0.scalar?.string })))
            case .sequence(let items) where items.allSatisfy({ $0.mapping != nil }):
                var entries: [Entry] = []
                for item in items { entries.append(try entry("\(kind): \(field)", item, name)) }
                fields.append((field, .entries(entries)))
            default:
                throw CommandFailure(
                    .configuration, "\(place): \(kind): ‘\(field)’ must be a value or a list of values")
            }
        }
        return Entry(kind: kind, place: place, fields: fields)
    }

    private static func isNull(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && (scalar.string == "~" || scalar.string == "null")
    }
}

/// What is wrong with a YAML text, in one line.
enum YAMLProblem {
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
}

/// Files that are read whole.
package enum InputFile {
    /// The largest file that is taken: 1 GiB, far more than any of them has.
    private static let largest = 1 << 30

    package static func bytes(_ path: String) throws(CommandFailure) -> [UInt8] {
        do {
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
            guard size <= largest else {
                throw CommandFailure(.inputOutput, "\(path) has \(size) bytes, more than \(largest)")
            }
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            let reason = FileManager.default.fileExists(atPath: path) ? "cannot be read" : "does not exist"
            throw CommandFailure(.inputOutput, "\(path) \(reason)", remedy: "check the path and its permissions")
        }
    }

    static func text(_ path: String) throws(CommandFailure) -> String {
        guard let text = String(validating: try bytes(path), as: UTF8.self) else {
            throw CommandFailure(.configuration, "\(path) is not UTF-8", remedy: "save it as UTF-8")
        }
        return text
    }
}
