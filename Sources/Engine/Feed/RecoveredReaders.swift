import Journal
import Scheduling

/// What a journal says of the readers that have a name: its metadata first, then its log over it.
///
/// All of it is kept: what stands in the log may still be taken back, and then what the metadata says holds again.
struct RecoveredReaders: Sendable {
    /// Of each name, oldest first; never empty.
    private(set) var marks: [String: [FeedReaders.Mark]] = [:]

    init() {}

    init(_ journal: Journal) throws {
        guard let bytes = try journal.metadata(Self.metadataName) else { return }
        try bytes.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            for _ in 0..<(try reader.varint()) {
                let (mark, fact) = (try FeedMark(from: &reader), try reader.varint())
                marks[mark.name] = [.init(fact: Position(fact), through: Position(mark.through))]
            }
            try reader.finish()
        }
    }

    mutating func apply(_ fact: Fact, at position: Position) {
        let (name, mark) = FeedReaders.Mark.said(by: fact, at: position)
        // The metadata may be of a checkpoint whose last commit a crash kept from the disk: then the log is read from
        // an earlier one on.
        if let last = marks[name]?.last, position <= last.fact { return }
        marks[name, default: []].append(mark)
    }

    // MARK: The durable form: count, then for each its name, its position, and the position of the fact that says so

    static let metadataName = "readers"

    static func encoded(_ marks: [String: FeedReaders.Mark]) -> [UInt8]? {
        let known = marks.compactMap { name, mark in
            mark.through.map { (mark: FeedMark(name: name, through: $0.rawValue), fact: mark.fact) }
        }.sorted { $0.mark.name < $1.mark.name }
        guard !known.isEmpty else { return nil }
        var writer = ByteWriter()
        writer.varint(UInt64(known.count))
        for (mark, fact) in known {
            mark.encode(into: &writer)
            writer.varint(fact.rawValue)
        }
        return writer.bytes
    }
}
