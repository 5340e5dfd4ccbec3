import Foundation
import HaoyuanClient
import Scheduling
import Terminal

/// A hospital in a folder: `departments.csv`, `pools.csv` and so on, each with a first line that names its columns. A
/// file that is not there means that there is nothing of its kind.
struct CSVFolder {
    let path: String

    func collector() throws(CommandFailure) -> CatalogueCollector {
        let files = try files()
        guard !files.isEmpty else {
            throw CommandFailure(
                .configuration, "\(path) has no CSV files", remedy: "see docs/reference/hospital-files.md")
        }
        var collector = CatalogueCollector()
        for kind in EntityKind.allCases {
            guard let name = files[kind] else { continue }
            for entry in try entries(of: kind, "\(path)/\(name)") { try collector.add(entry, kind) }
        }
        return collector
    }

    /// The file of each kind; spreadsheets write `.CSV` as well. What would be passed over without a word is refused.
    private func files() throws(CommandFailure) -> [EntityKind: String] {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
            throw CommandFailure(.inputOutput, "\(path) cannot be read", remedy: "check its permissions")
        }
        var files: [EntityKind: String] = [:]
        for name in names where !name.hasPrefix(".") {
            let parts = name.lowercased().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            let isTable = parts.last == "csv" || name.lowercased().hasSuffix(".csv")
            guard let kind = EntityKind(section: String(parts[0])), parts.count == 2 else {
                guard isTable else { continue }
                throw refusal(name, "is no file of a hospital")
            }
            guard parts[1] == "csv" else { throw refusal(name, "is no CSV file; save it as \(kind.section).csv") }
            if let other = files[kind] { throw refusal(name, "and \(other) are two files of one section") }
            files[kind] = name
        }
        return files
    }

    private func refusal(_ name: String, _ problem: String) -> CommandFailure {
        CommandFailure(
            .configuration, "\(path)/\(name) \(problem)",
            remedy: "the files are \(EntityKind.allCases.map { $0.section + ".csv" }.joined(separator: ", "))")
    }

    private func entries(of kind: EntityKind, _ file: String) throws(CommandFailure) -> [Entry] {
        let text = try InputFile.text(file)
        var reader = CSVReader(Array(text.utf8))
        do throws(CSVReader.Malformed) {
            let columns = try Self.columns(&reader)
            var entries: [Entry] = []
            while let row = try reader.next() {
                guard row.cells.count == columns.count else {
                    throw CSVReader.Malformed(
                        line: row.line,
                        problem: "\(row.cells.count) cells, but the first line names \(columns.count) columns")
                }
                let fields = zip(columns, row.cells).map { ($0.0, Entry.Value.text($0.1)) }
                entries.append(
                    Entry(
                        kind: kind.word, place: "\(file) line \(row.line)", isRow: true,
                        mayBeEmpty: kind.mayBeEmpty(inRow: true), fields: fields))
            }
            return entries
        } catch {
            throw CommandFailure(.configuration, "\(file) line \(error.line): \(error.problem)")
        }
    }

    /// The names in the first line, each once.
    private static func columns(_ reader: inout CSVReader) throws(CSVReader.Malformed) -> [String] {
        guard let header = try reader.next() else {
            throw CSVReader.Malformed(line: 1, problem: "the first line must name the columns")
        }
        let columns = header.cells.map(\.trimmed)
        if columns.count == 1, let other = [";", "\t"].first(where: columns[0].contains) {
            throw CSVReader.Malformed(
                line: header.line,
                problem:
                    "the columns stand apart by \(other == ";" ? "semicolons" : "tabs"); save the file as CSV with commas"
            )
        }
        for (place, column) in columns.enumerated() where !column.isEmpty && columns[..<place].contains(column) {
            throw CSVReader.Malformed(line: header.line, problem: "the column ‘\(column)’ stands there twice")
        }
        return columns
    }
}
