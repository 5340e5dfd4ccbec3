import Foundation
import HaoyuanClient
import Terminal

/// A hospital in a folder: `departments.csv`, `pools.csv` and so on, each with a first line that names its columns. A
/// file that is not there means that there is nothing of its kind.
struct CSVFolder {
    let path: String

    func catalogue() throws(CommandFailure) -> Catalogue {
        let names = try csvFiles()
        for name in names where EntityKind(section: String(name.dropLast(4))) == nil {
            throw CommandFailure(
                .configuration, "\(path)/\(name) is no file of a hospital",
                remedy: "the files are \(EntityKind.allCases.map { $0.section + ".csv" }.joined(separator: ", "))")
        }
        guard !names.isEmpty else {
            throw CommandFailure(
                .configuration, "\(path) has no CSV files", remedy: "see docs/reference/hospital-files.md")
        }
        var collector = CatalogueCollector()
        for kind in EntityKind.allCases where names.contains(kind.section + ".csv") {
            for entry in try entries(of: kind) { try collector.add(entry, kind) }
        }
        return collector.catalogue
    }

    private func csvFiles() throws(CommandFailure) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".csv") }.sorted()
        } catch {
            throw CommandFailure(.inputOutput, "\(path) cannot be read", remedy: "check its permissions")
        }
    }

    private func entries(of kind: EntityKind) throws(CommandFailure) -> [Entry] {
        let file = "\(path)/\(kind.section).csv"
        let text = try InputFile.text(file)
        var reader = CSVReader(Array(text.utf8))
        do throws(CSVReader.Malformed) {
            guard let header = try reader.next() else {
                throw CSVReader.Malformed(line: 1, problem: "the first line must name the columns")
            }
            var entries: [Entry] = []
            while let row = try reader.next() {
                guard row.cells.count == header.cells.count else {
                    throw CSVReader.Malformed(
                        line: row.line,
                        problem: "\(row.cells.count) cells, but the first line names \(header.cells.count) columns")
                }
                let fields = zip(header.cells, row.cells).map { ($0.0.trimmed, Entry.Value.text($0.1.trimmed)) }
                entries.append(Entry(kind: kind.word, place: "\(file) line \(row.line)", fields: fields))
            }
            return entries
        } catch {
            throw CommandFailure(.configuration, "\(file) line \(error.line): \(error.problem)")
        }
    }
}

extension String {
    /// Without the blanks around it.
    package var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
