/// A fact of the journal: what happened, when, by whom, in answer to which key.
///
/// Facts are never commands: replaying them asks no rule again, so yesterday's journal stays true when a rule changes.
package struct Event: Hashable, Sendable {
    package var at: Instant
    package var by: Origin
    package var answer: Answered?
    package var fact: Fact
    /// What stands next in the journal is of the same write, and neither takes effect without the other.
    package var isContinued: Bool

    /// The write that this event answers.
    package struct Answered: Hashable, Sendable {
        package var key: IdempotencyKey
        /// Hash of the write's content, to tell a repetition from a reused key.
        package var fingerprint: UInt64

        package init(key: IdempotencyKey, fingerprint: UInt64) {
            self.key = key
            self.fingerprint = fingerprint
        }
    }

    package init(at: Instant, by: Origin, answer: Answered? = nil, fact: Fact, isContinued: Bool = false) {
        self.at = at
        self.by = by
        self.answer = answer
        self.fact = fact
        self.isContinued = isContinued
    }
}

// The durable form of events: docs/internals/journal-records.md. A record is
//   kind (1) | at (varint ms) | channel (1) | operator | key high, low, fingerprint (8 each, unless all absent) | the
// fact and never changes its meaning: a new field is a new kind, or stands behind what was the end. The wire's messages
// may change without touching this.

/// Set in the kind byte when the event answers a keyed write.
private let answersKey: UInt8 = 0x80
/// Set in the kind byte when the next event is of the same write.
private let continues: UInt8 = 0x40

extension FactKind {
    /// The kind of the event of this record.
    package init(of bytes: UnsafeRawBufferPointer) throws(CodingError) {
        var reader = ByteReader(bytes)
        try self.init(first: try reader.byte())
    }

    fileprivate init(first byte: UInt8) throws(CodingError) {
        guard let kind = Self(rawValue: byte & ~(answersKey | continues)) else {
            throw CodingError("unknown kind of event \(byte)")
        }
        self = kind
    }
}

extension Event {
    package func encode(into writer: inout ByteWriter) {
        writer.byte(fact.kind.rawValue | (answer == nil ? 0 : answersKey) | (isContinued ? continues : 0))
        writer.instant(at)
        writer.byte(by.channel.rawValue)
        writer.string(by.operatorName)
        if let answer {
            writer.fixed(answer.key.high)
            writer.fixed(answer.key.low)
            writer.fixed(answer.fingerprint)
        }
        fact.encode(into: &writer)
    }

    package init(decoding bytes: UnsafeRawBufferPointer) throws(CodingError) {
        var reader = ByteReader(bytes)
        let first = try reader.byte()
        let kind = try FactKind(first: first)
        at = try reader.instant() ?? Instant(rawValue: 0)
        by = Origin(channel: try reader.channel(), operatorName: try reader.string())
        if first & answersKey != 0 {
            let key = IdempotencyKey(high: try reader.fixed(), low: try reader.fixed())
            answer = Answered(key: key, fingerprint: try reader.fixed())
        }
        fact = try Fact(kind, from: &reader)
        isContinued = first & continues != 0
        try reader.finish()
    }
}
