import Foundation
package import HaoyuanClient
package import Terminal
import Yams

/// A hospital as people write it down: one YAML file, or a folder with a CSV file for each kind of entity.
/// docs/reference/hospital-files.md describes both.
package enum HospitalSource {
    /// A hospital that was read.
    package struct Reading {
        package var catalogue: Catalogue
        /// What was left out and decides times, money or limits, with what is taken for it.
        package var defaults: [String]
        /// Where the hospital's own limit in one department stands as an empty cell.
        var unsaidLimit: String?

        /// Refuses an empty cell that would lift a limit which holds on the server: it may have been cleared.
        package func checkLimits(_ known: Catalogue) throws(CommandFailure) {
            guard let unsaidLimit,
                let limit = known.policies.first(where: \.department.isEmpty)?.perDayDepartment
            else { return }
            throw CommandFailure(
                .configuration,
                "\(unsaidLimit): policy: ‘per_day_department’ is empty, and the limit that holds is \(limit)",
                remedy: EntityKind.remedyForEmpty("per_day_department", of: EntityKind.policies.word))
        }

        /// Whether there is anything for `checkLimits` to ask of the server.
        package var leavesLimitUnsaid: Bool { unsaidLimit != nil }
    }

    /// Reads the catalogue from a YAML file or a folder of CSV files.
    package static func read(_ path: String) throws(CommandFailure) -> Reading {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw CommandFailure(
                .inputOutput, "\(path) does not exist", remedy: "name a YAML file or a folder of CSV files")
        }
        let collector =
            isDirectory.boolValue
            ? try CSVFolder(path: path).collector() : try collect(yaml: InputFile.text(path), name: path)
        return Reading(
            catalogue: try collector.finished(), defaults: collector.defaults, unsaidLimit: collector.unsaidLimit)
    }

    /// - Parameter name: what to call the text in a failure.
    static func parse(yaml text: String, name: String) throws(CommandFailure) -> Catalogue {
        try collect(yaml: text, name: name).finished()
    }

    private static func collect(yaml text: String, name: String) throws(CommandFailure) -> CatalogueCollector {
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch { throw YAMLText.failure(error, in: name) }
        guard let root else {
            throw CommandFailure(.configuration, "\(name) is empty", remedy: "see docs/reference/hospital-files.md")
        }
        guard case .mapping(let mapping) = root else {
            throw CommandFailure(
                .configuration, "\(name): the file must be a mapping with the key ‘departments’ and others")
        }
        var collector = CatalogueCollector()
        for (key, value) in try YAMLText.pairs(of: mapping, in: name) {
            let section = YAMLText.name(key)
            guard let kind = EntityKind(section: section), EntityKind.sections.contains(kind) else {
                throw CommandFailure(
                    .configuration, "\(name) line \(key.mark?.line ?? 1): ‘\(section)’ is no section",
                    remedy: "the sections are \(EntityKind.sections.map(\.section).joined(separator: ", "))")
            }
            for entry in try entries(of: kind, value, name) { try collector.add(entry, kind) }
        }
        return collector
    }

    private static func entries(of kind: EntityKind, _ node: Node, _ name: String) throws(CommandFailure) -> [Entry] {
        let place = "\(name) line \(node.mark?.line ?? 1)"
        switch node {
        case .mapping where kind == .hospital: return [try entry(kind.word, node, name)]
        case .sequence(let sequence) where kind != .hospital:
            var entries: [Entry] = []
            for node in sequence {
                entries.append(try entry(kind.word, node, name, mayBeEmpty: kind.mayBeEmpty(inRow: false)))
            }
            return entries
        case .scalar(let scalar) where YAMLText.words(of: scalar).isEmpty: return []
        default:
            let form = kind == .hospital ? "a mapping" : "a list"
            throw CommandFailure(.configuration, "\(place): ‘\(kind.section)’ must be \(form)")
        }
    }

    private static func entry(
        _ kind: String, _ node: Node, _ name: String, mayBeEmpty: Set<String> = []
    ) throws(CommandFailure) -> Entry {
        let place = "\(name) line \(node.mark?.line ?? 1)"
        guard case .mapping(let mapping) = node else {
            throw CommandFailure(.configuration, "\(place): a \(kind) must be a mapping of its fields")
        }
        var fields: [(name: String, value: Entry.Value)] = []
        for (key, value) in try YAMLText.pairs(of: mapping, in: name) {
            let field = YAMLText.name(key)
            guard !fields.contains(where: { $0.name == field }) else {
                throw CommandFailure(.configuration, "\(place): \(kind): ‘\(field)’ stands there twice")
            }
            switch value {
            case .scalar(let scalar): fields.append((field, .text(YAMLText.words(of: scalar))))
            case .sequence(let items) where items.allSatisfy({ $0.scalar != nil }):
                fields.append((field, .list(items.compactMap { $0.scalar.map(YAMLText.words) })))
            case .sequence(let items) where items.allSatisfy({ $0.mapping != nil }):
                var entries: [Entry] = []
                for item in items { entries.append(try entry("\(kind): \(field)", item, name)) }
                fields.append((field, .entries(entries)))
            default:
                throw CommandFailure(
                    .configuration, "\(place): \(kind): ‘\(field)’ must be a value or a list of values")
            }
        }
        return Entry(kind: kind, place: place, mayBeEmpty: mayBeEmpty, fields: fields)
    }
}
