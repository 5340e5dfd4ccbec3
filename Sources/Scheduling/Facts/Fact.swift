/// What can happen. A new fact begins with its case here, and its row in the table below.
package enum Fact: Hashable, Sendable {
    case booked(Taken)
    /// A joint booking: all of it is this one fact.
    case bookedTogether([Taken])
    case changed(Change)
    /// `from` ended as moved, and `to` was taken in the same step.
    case moved(from: Change, to: Taken)
    /// A keyed write was refused; `item` is the index within a joint booking. `patient` is nil where the write concerns
    /// none, and in records of versions that did not tell.
    case refused(Refusal, item: UInt8, patient: PatientID?)
    case sessionOpened(SessionDefinition)
    /// All its appointments have ended and went to the history table.
    case sessionArchived(SessionID)
    /// A new patient, or further identifiers of a known one.
    case patientRegistered(PatientID, [Identifier])
    case catalogueChanged(CatalogueEntity)
    /// A primary's term began: everything after it was decided by another process than what stands before.
    case epochBegan(UInt32)
    /// A keyed write that is many facts, or none, has its answer.
    case answered(Report)
    case slotsLocked(SessionID, SlotLock)
    /// Asked for, or because its end had come.
    case slotsUnlocked(SessionID, SlotLock)
    /// It will not take place: its template says something else now, and nothing is booked in it.
    case sessionWithdrawn(SessionID)
    /// A session does not take place, from a slot on: with the appointments that end with it, or some of them.
    case sessionStopped(SessionID, SessionStop)
    /// What was stopped is sold again; with the number of the stop.
    case sessionResumed(SessionID, UInt32)
    /// 申诉: a patient says that a no-show or late cancellation should not count.
    case appealFiled(AppealStep)
    case appealDecided(AppealStep)
    /// A named reader of the change feed is known, and has made its own what stands up to a position.
    case readerMarked(FeedMark)
    /// The name is forgotten.
    case readerDropped(String)
    /// A payment came after its hold's end and got the number again; `movedFrom` is the one that had expired.
    case takenAgain(Taken)
    /// Money is to go back, or went back: the same refund twice, due and closed.
    case refund(Refund)
    /// The first of a choice that could be had; why those before it could not, in their order.
    case chosen(Taken, passed: [Refusal])
}

/// The table of facts. Recovery, the standby, the simulator, the change feed and every place that shows a fact go by
/// its columns, so that a new fact is told in one place.
package enum FactKind: UInt8, Hashable, Sendable, CaseIterable {
    // The numbers are those of the journal and never change.
    case booked = 1
    case bookedTogether, changed, moved, refused, sessionOpened, sessionArchived, patientRegistered, catalogueChanged,
        epochBegan, answered, slotsLocked, slotsUnlocked, sessionWithdrawn, sessionStopped, sessionResumed
    case appealFiled = 17
    case appealDecided = 18
    case readerMarked = 20
    case readerDropped = 21
    case takenAgain = 29
    case refund = 30
    case chosen = 31

    /// Whose state a fact changes.
    package enum Home: Hashable, Sendable {
        /// That of one pool; a fact about several appointments is one for each of its parts.
        case pool
        case catalogue
        case patients
        /// That of one patient, at the patient's shard.
        case conduct
        /// Those who read the change feed under a name.
        case readers
        /// Nobody's: it is only remembered or told.
        case none
    }

    /// One row of the table.
    package struct Row: Sendable {
        /// As people and programs see it: lower case, with hyphens.
        package let name: String
        package let home: Home
        /// Its number in the change feed; nil where the feed does not show it.
        package let event: Int?
        /// Its record behind the head, for the page of records.
        package let layout: String
        /// What it tells in words: `FactLine.words` says how it is read.
        package let sentence: String
        /// What it says, and whom that concerns. Masking, encryption and erasure go by it.
        package let fields: [FactField: Privacy]
    }

    private static let takenSentence =
        "{state} {appointment} for patient {patient}: {service} in {pool}, {place}[, {slots} slots][, {units} units]"
        + "[, {patient-class}][, together with {itinerary}][, until {hold-until}]"
    private static let takenFields: [FactField: Privacy] = [
        .appointment: .neither, .patient: .personal, .slot: .neither, .slots: .neither, .units: .neither,
        .service: .clinical, .state: .neither, .holdUntil: .neither, .itinerary: .neither, .movedFrom: .neither,
        .patientClass: .clinical, .payment: .personal, .amount: .personal,
    ]
    private static let changeFields: [FactField: Privacy] = [
        .appointment: .neither, .patient: .personal, .state: .neither, .version: .neither, .reason: .clinical,
        .payment: .personal, .amount: .personal,
    ]

    private static let lockLayout = "session, lock: number, first, slots, units, owner, reason, until"
    private static let lockFields: [FactField: Privacy] = [
        .session: .neither, .slot: .neither, .slots: .neither, .units: .neither, .holdUntil: .neither,
        .reason: .neither, .entity: .personal,
    ]

    private static let refundFields: [FactField: Privacy] = [
        .refund: .neither, .appointment: .neither, .patient: .personal, .payment: .personal, .amount: .personal,
        .cause: .neither, .rule: .neither, .reason: .personal, .session: .neither,
    ]

    private static let stopFields: [FactField: Privacy] = [
        .appointment: .neither, .patient: .personal, .slot: .neither, .state: .neither, .version: .neither,
        .session: .neither, .reason: .clinical,
    ]

    private static let appealLayout = "patient, appointment, reason, granted (1)"
    private static let appealFields: [FactField: Privacy] = [
        .appointment: .neither, .patient: .personal, .session: .neither, .reason: .clinical, .entity: .neither,
    ]

    package var row: Row {
        switch self {
        case .booked:
            Row(
                name: "booked", home: .pool, event: 1, layout: "*taken*", sentence: Self.takenSentence,
                fields: Self.takenFields)
        case .bookedTogether:
            Row(
                name: "booked-together", home: .pool, event: 1, layout: "count, *taken* …",
                sentence: Self.takenSentence, fields: Self.takenFields)
        case .changed:
            Row(
                name: "changed", home: .pool, event: 2, layout: "*change*",
                sentence:
                    "{state} {appointment} of patient {patient}, version {version}[, paid as {payment}][, {amount}]"
                    + "[: {reason}]",
                fields: Self.changeFields)
        case .moved:
            Row(
                name: "moved", home: .pool, event: 3, layout: "*change*, *taken*",
                sentence: "moved {moved-from} of patient {patient}[ ({reason})]: " + Self.takenSentence,
                fields: Self.changeFields.merging(Self.takenFields) { $1 })
        case .refused:
            Row(
                name: "refused", home: .none, event: 4,
                layout: "rule (1), policy version, authority (1), limit, item (1; 0x80: a patient follows), patient",
                sentence: "refused: {rule}[, patient {patient}][, item {item}][, policy version {policy-version}]",
                fields: [
                    .rule: .neither, .patient: .personal, .policyVersion: .neither, .limit: .neither, .item: .neither,
                ])
        case .sessionOpened:
            Row(
                name: "session-opened", home: .pool, event: 5, layout: "*definition*",
                sentence: "session {session} opened: {pool}[, {shape}]",
                fields: [.session: .neither, .shape: .neither])
        case .sessionArchived:
            Row(
                name: "session-archived", home: .pool, event: 6, layout: "session",
                sentence: "session {session} archived: {pool}",
                fields: [.session: .neither])
        case .patientRegistered:
            Row(
                name: "patient-registered", home: .patients, event: 7, layout: "patient, count, (system, value) …",
                sentence: "patient {patient} registered[ with {identifiers}]",
                fields: [.patient: .personal, .identifiers: .personal])
        case .catalogueChanged:
            Row(
                name: "catalogue-changed", home: .catalogue, event: 8, layout: "*entity*",
                sentence: "catalogue: {entity}",
                fields: [.entity: .neither])
        case .epochBegan:
            Row(
                name: "epoch-began", home: .none, event: 9, layout: "number; always the first record of its chunk",
                sentence: "epoch {epoch} began: another server is primary now", fields: [.epoch: .neither])
        case .answered:
            Row(
                name: "answered", home: .none, event: nil, layout: "*report*", sentence: "answered: {report}",
                fields: [.report: .personal])
        case .slotsLocked:
            Row(
                name: "slots-locked", home: .pool, event: 10, layout: Self.lockLayout,
                sentence: "locked in {pool}, {place}[, {slots} slots][, {units} units][, until {hold-until}]"
                    + "[: {reason}] ({entity})", fields: Self.lockFields)
        case .slotsUnlocked:
            Row(
                name: "slots-unlocked", home: .pool, event: 11, layout: Self.lockLayout,
                sentence: "unlocked in {pool}, {place}[, {slots} slots] ({entity})", fields: Self.lockFields)
        case .sessionWithdrawn:
            Row(
                name: "session-withdrawn", home: .pool, event: 12, layout: "session",
                sentence: "session {session} withdrawn: {pool}", fields: [.session: .neither])
        case .sessionStopped:
            Row(
                name: "session-stopped", home: .pool, event: 13,
                layout: "session, stop: number, from, reason, affected, confirmed, more (1), count, "
                    + "(number less the one before, patient, version, state (1)) …",
                sentence: "stopped in {pool}[, {place} and later][: {appointment} of patient {patient}, "
                    + "version {version}][: {reason}]", fields: Self.stopFields)
        case .sessionResumed:
            Row(
                name: "session-resumed", home: .pool, event: 14, layout: "session, number of the stop",
                sentence: "session {session} is sold again: {pool}", fields: [.session: .neither])
        case .appealFiled:
            Row(
                name: "appeal-filed", home: .conduct, event: 15, layout: Self.appealLayout,
                sentence: "patient {patient} appeals about {appointment}: {reason}", fields: Self.appealFields)
        case .appealDecided:
            Row(
                name: "appeal-decided", home: .conduct, event: 16, layout: Self.appealLayout,
                sentence: "appeal of patient {patient} about {appointment} {entity}: {reason}",
                fields: Self.appealFields)
        case .readerMarked:
            Row(
                name: "reader-marked", home: .readers, event: nil, layout: "name, position",
                sentence: "{entity} of the feed has everything up to {through}",
                fields: [.entity: .neither, .through: .neither])
        case .readerDropped:
            Row(
                name: "reader-dropped", home: .readers, event: nil, layout: "name",
                sentence: "{entity} of the feed is dropped", fields: [.entity: .neither])
        case .takenAgain:
            Row(
                name: "taken-again", home: .pool, event: 21, layout: "*taken*",
                sentence: "paid {amount} as {payment} after {moved-from} had expired: " + Self.takenSentence,
                fields: Self.takenFields)
        case .refund:
            Row(
                name: "refund", home: .pool, event: 22,
                layout:
                    "refund, number of the appointment, patient, payment: reference, fen, cause (1), rule (1), due, "
                    + "reference of the refund",
                sentence: "refund {refund}[ of {amount}] paid as {payment} for {appointment} of patient {patient}, "
                    + "{cause}[ ({rule})][: paid back as {reason}]",
                fields: Self.refundFields)
        case .chosen:
            Row(
                name: "chosen", home: .pool, event: 1,
                layout: "*taken*, count, (rule (1), policy version, authority (1), limit) …",
                sentence: Self.takenSentence, fields: Self.takenFields)
        }
    }

    /// The kind that the change feed shows under a number.
    package init?(event: Int) {
        guard let kind = Self.allCases.first(where: { $0.row.event == event }) else { return nil }
        self = kind
    }
}

extension Fact {
    package var kind: FactKind {
        switch self {
        case .booked: .booked
        case .bookedTogether: .bookedTogether
        case .changed: .changed
        case .moved: .moved
        case .refused: .refused
        case .sessionOpened: .sessionOpened
        case .sessionArchived: .sessionArchived
        case .patientRegistered: .patientRegistered
        case .catalogueChanged: .catalogueChanged
        case .epochBegan: .epochBegan
        case .answered: .answered
        case .slotsLocked: .slotsLocked
        case .slotsUnlocked: .slotsUnlocked
        case .sessionWithdrawn: .sessionWithdrawn
        case .sessionStopped: .sessionStopped
        case .sessionResumed: .sessionResumed
        case .appealFiled: .appealFiled
        case .appealDecided: .appealDecided
        case .readerMarked: .readerMarked
        case .readerDropped: .readerDropped
        case .takenAgain: .takenAgain
        case .refund: .refund
        case .chosen: .chosen
        }
    }

    /// The session that a fact about one appointment or one session concerns; its pool owns the fact.
    package var session: SessionID? {
        switch self {
        case .booked(let taken): taken.appointment.session
        case .refund(let refund): refund.id.session
        case .changed(let change): change.appointment.session
        case .sessionOpened(let definition): definition.id
        case .sessionArchived(let id), .sessionWithdrawn(let id), .slotsLocked(let id, _), .slotsUnlocked(let id, _),
            .sessionStopped(let id, _), .sessionResumed(let id, _):
            id
        case .bookedTogether, .moved, .refused, .patientRegistered, .catalogueChanged, .epochBegan, .answered,
            .appealFiled, .appealDecided, .readerMarked, .readerDropped, .takenAgain, .chosen:
            nil
        }
    }

    /// What a fact of an appeal says; nil of any other.
    package var appealStep: AppealStep? {
        switch self {
        case .appealFiled(let step), .appealDecided(let step): step
        default: nil
        }
    }

    /// Whether its session leaves memory with it, for the history table.
    package var closesSession: Bool {
        switch self {
        case .sessionArchived, .sessionWithdrawn: true
        default: false
        }
    }

    /// Whether its session leaves memory because it was taken back.
    package var withdrawsSession: Bool { if case .sessionWithdrawn = self { true } else { false } }

    /// The pool that a fact about one appointment or one session concerns.
    package var pool: PoolID? { session?.pool }

    /// A fact about several appointments as facts about one each, for a reader that has only some of the pools; any
    /// other as it is.
    package var parts: [Fact] {
        switch self {
        case .bookedTogether(let all): all.map { .booked($0) }
        case .moved(let from, let to): [.changed(from), .booked(to)]
        case .takenAgain(let taken), .chosen(let taken, _): [.booked(taken)]
        default: [self]
        }
    }

    /// Hands each of ``parts`` to `body`, in their order.
    package func forEachPart(_ body: (Fact) throws -> Void) rethrows {
        switch self {
        case .bookedTogether, .moved, .takenAgain, .chosen: for part in parts { try body(part) }
        default: try body(self)
        }
    }

    /// What the fact says to the write it answers.
    package var outcome: Outcome {
        switch self {
        case .booked(let taken), .moved(_, let taken), .takenAgain(let taken): .done(Receipt(taken))
        case .bookedTogether(let all) where !all.isEmpty: .done(Receipt(together: all))
        case .changed(let change): .done(Receipt(change))
        case .refused(let refusal, let item, _): .refused(refusal, item: item)
        default: .told(self)
        }
    }

    /// In the byte of a refusal's item: a patient follows on it.
    private static let patientFollows: UInt8 = 0x80

    func encode(into writer: inout ByteWriter) {
        switch self {
        case .booked(let taken), .takenAgain(let taken): taken.encode(into: &writer)
        case .bookedTogether(let all):
            writer.varint(UInt64(all.count))
            for taken in all { taken.encode(into: &writer) }
        case .changed(let change): change.encode(into: &writer)
        case .moved(let from, let to):
            from.encode(into: &writer)
            to.encode(into: &writer)
        case .refused(let refusal, let item, let patient):
            refusal.encode(into: &writer)
            writer.byte(patient == nil ? item : item | Self.patientFollows)
            if let patient { writer.varint(patient.rawValue) }
        case .sessionOpened(let definition): definition.encode(into: &writer)
        case .sessionArchived(let id), .sessionWithdrawn(let id): writer.varint(id.rawValue)
        case .patientRegistered(let id, let identifiers): Registration.encode(id, identifiers, into: &writer)
        case .catalogueChanged(let entity): entity.encode(into: &writer)
        case .epochBegan(let number): writer.varint(number)
        case .answered(let report): report.encode(into: &writer)
        case .slotsLocked(let session, let lock), .slotsUnlocked(let session, let lock):
            writer.varint(session.rawValue)
            lock.encode(into: &writer)
        case .sessionStopped(let session, let stop):
            writer.varint(session.rawValue)
            stop.encode(into: &writer)
        case .sessionResumed(let session, let number):
            writer.varint(session.rawValue)
            writer.varint(number)
        case .appealFiled(let step), .appealDecided(let step): step.encode(into: &writer)
        case .readerMarked(let mark): mark.encode(into: &writer)
        case .readerDropped(let name): writer.string(name)
        case .refund(let refund): refund.encode(into: &writer)
        case .chosen(let taken, let passed):
            taken.encode(into: &writer)
            writer.varint(UInt64(passed.count))
            for refusal in passed { refusal.encode(into: &writer) }
        }
    }

    init(_ kind: FactKind, from reader: inout ByteReader) throws(CodingError) {
        switch kind {
        case .booked: self = .booked(try Taken(from: &reader))
        case .bookedTogether:
            let count = try reader.varint()
            guard count <= UInt64(Limits.itemsTogether) else { throw CodingError("\(count) appointments together") }
            var all: [Taken] = []
            for _ in 0..<count { all.append(try Taken(from: &reader)) }
            self = .bookedTogether(all)
        case .changed: self = .changed(try Change(from: &reader))
        case .moved: self = .moved(from: try Change(from: &reader), to: try Taken(from: &reader))
        case .refused:
            let (refusal, item) = (try Refusal(from: &reader), try reader.byte())
            // Folders of before format 4 tell of no patient.
            let patient = item & Self.patientFollows == 0 ? nil : PatientID(rawValue: try reader.varint())
            self = .refused(refusal, item: item & ~Self.patientFollows, patient: patient)
        case .sessionOpened: self = .sessionOpened(try SessionDefinition(from: &reader))
        case .sessionArchived: self = .sessionArchived(try reader.sessionID())
        case .patientRegistered:
            let (id, identifiers) = try Registration.decode(from: &reader)
            self = .patientRegistered(id, identifiers)
        case .catalogueChanged: self = .catalogueChanged(try CatalogueEntity(from: &reader))
        case .epochBegan:
            let number: UInt32 = try reader.number()
            guard number <= Limits.epoch else { throw CodingError("epoch \(number), at most \(Limits.epoch)") }
            self = .epochBegan(number)
        case .answered: self = .answered(try Report(from: &reader))
        case .slotsLocked: self = .slotsLocked(try reader.sessionID(), try SlotLock(from: &reader))
        case .slotsUnlocked: self = .slotsUnlocked(try reader.sessionID(), try SlotLock(from: &reader))
        case .sessionWithdrawn: self = .sessionWithdrawn(try reader.sessionID())
        case .sessionStopped: self = .sessionStopped(try reader.sessionID(), try SessionStop(from: &reader))
        case .sessionResumed: self = .sessionResumed(try reader.sessionID(), try reader.number())
        case .appealFiled: self = .appealFiled(try AppealStep(from: &reader))
        case .appealDecided: self = .appealDecided(try AppealStep(from: &reader))
        case .readerMarked: self = .readerMarked(try FeedMark(from: &reader))
        case .readerDropped: self = .readerDropped(try reader.string())
        case .takenAgain: self = .takenAgain(try Taken(from: &reader))
        case .refund: self = .refund(try Refund(from: &reader))
        case .chosen: self = .chosen(try Taken(from: &reader), passed: try reader.refusals())
        }
    }

    /// Encodes the fact with its kind before it, for a place that has no event around it.
    package func encodeAlone(into writer: inout ByteWriter) {
        writer.byte(kind.rawValue)
        encode(into: &writer)
    }

    /// Reads what `encodeAlone` wrote.
    package init(alone reader: inout ByteReader) throws(CodingError) {
        let number = try reader.byte()
        guard let kind = FactKind(rawValue: number) else { throw CodingError("unknown kind of fact \(number)") }
        try self.init(kind, from: &reader)
    }
}
