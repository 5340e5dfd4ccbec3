import Journal
import Scheduling

/// Keys and answers in the table `keys`: values of several answers each, numbered in the order they were written, so
/// that the oldest go from its front.
enum AnswerTables {
    /// About what one answer takes in memory on its way to the disk.
    static let pendingBytes = 48

    /// Packs answers into values. Returns the writes and, for each, the latest moment in it.
    static func writes(_ answers: [KeptAnswer], from number: UInt64) -> [(write: TableWrite, latest: Instant)] {
        var writes: [(TableWrite, Instant)] = []
        var writer = ByteWriter()
        var latest = Instant(rawValue: 0)
        func close() {
            guard !writer.bytes.isEmpty else { return }
            let key = EngineTables.key(number + UInt64(writes.count))
            writes.append((.put(EngineTables.keys, key: key, value: writer.bytes), latest))
            writer.removeAll()
            latest = Instant(rawValue: 0)
        }
        for answer in answers {
            // A value that has one answer too long for it has no other.
            if case .told = answer.answer.outcome { close() }
            answer.encode(into: &writer)
            latest = max(latest, answer.at)
            if writer.bytes.count > EngineTables.valueBytes - KeptAnswer.mostBytes { close() }
        }
        close()
        return writes
    }

    static func decode(_ value: UnsafeRawBufferPointer, _ body: (KeptAnswer) -> Void) throws(CodingError) {
        var reader = ByteReader(value)
        while !reader.isAtEnd { body(try KeptAnswer(from: &reader)) }
    }
}

extension KeptAnswer {
    /// Key, fingerprint and the longest answer that shares a value with others: a joint booking of 16.
    static let mostBytes = 24 + 10 + 10 + 4 + 10 + 10 * Limits.itemsTogether

    fileprivate func encode(into writer: inout ByteWriter) {
        writer.fixed(key.high)
        writer.fixed(key.low)
        writer.fixed(fingerprint)
        writer.instant(at)
        writer.varint(answer.position.rawValue)
        switch answer.outcome {
        case .done(let receipt) where receipt.together.isEmpty:
            writer.byte(1)
            writer.varint(receipt.appointment.rawValue)
            writer.byte(receipt.state.rawValue)
            writer.varint(receipt.version)
            writer.instant(receipt.holdUntil)
        case .done(let receipt):
            writer.byte(2)
            writer.varint(UInt64(receipt.together.count))
            for id in receipt.together { writer.varint(id.rawValue) }
            writer.byte(receipt.state.rawValue)
            writer.instant(receipt.holdUntil)
        case .refused(let refusal, let item):
            writer.byte(3)
            refusal.encode(into: &writer)
            writer.byte(item)
        case .told(let fact):
            writer.byte(4)
            fact.encodeAlone(into: &writer)
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(CodingError) {
        key = IdempotencyKey(high: try reader.fixed(), low: try reader.fixed())
        fingerprint = try reader.fixed()
        at = try reader.instant() ?? Instant(rawValue: 0)
        let position = Position(try reader.varint())
        let outcome: Outcome
        switch try reader.byte() {
        case 1:
            outcome = .done(
                Receipt(
                    appointment: AppointmentID(rawValue: try reader.varint()), state: try reader.state(),
                    version: try reader.number(), holdUntil: try reader.instant()))
        case 2:
            var ids: [AppointmentID] = []
            for _ in 0..<(try reader.varint()) { ids.append(AppointmentID(rawValue: try reader.varint())) }
            guard !ids.isEmpty else { throw CodingError("a joint booking of nothing") }
            outcome = .done(
                Receipt(
                    appointment: ids[0], state: try reader.state(), version: 1, holdUntil: try reader.instant(),
                    together: ids))
        case 3: outcome = .refused(try Refusal(from: &reader), item: try reader.byte())
        case 4: outcome = .told(try Fact(alone: &reader))
        case let tag: throw CodingError("unknown answer \(tag)")
        }
        answer = StoredAnswer(outcome: outcome, position: position)
    }
}
