/// How far a named reader of the change feed has come, by its own word.
package struct FeedMark: Hashable, Sendable {
    package var name: String
    /// The position in the journal up to which it has made everything its own.
    package var through: UInt64

    package init(name: String, through: UInt64) {
        self.name = name
        self.through = through
    }

    /// What is wrong with a reader's name; nil where nothing is. Names stand in logs, metrics and command lines, so
    /// they are plain.
    package static func fault(of name: String) -> String? {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (1...Limits.readerNameBytes).contains(name.utf8.count) else {
            return "name: 1 to \(Limits.readerNameBytes) letters a to z, digits, dots, hyphens and underscores"
        }
        return nil
    }

    package func encode(into writer: inout ByteWriter) {
        writer.string(name)
        writer.varint(through)
    }

    package init(from reader: inout ByteReader) throws(CodingError) {
        self.init(name: try reader.string(), through: try reader.varint())
    }
}
