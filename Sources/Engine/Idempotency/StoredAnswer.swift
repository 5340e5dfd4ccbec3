import Journal
import Scheduling

/// A write's first answer, small enough to be kept for every write of a day: a repetition gets it back.
struct StoredAnswer: Sendable, Hashable {
    enum Outcome: Sendable, Hashable {
        case done(AppointmentID, AppointmentState, version: UInt32, holdUntil: Instant?)
        case together([AppointmentID], AppointmentState, holdUntil: Instant?)
        case refused(Refusal, item: UInt8)
    }

    var outcome: Outcome
    var position: Position

    init(outcome: Outcome, position: Position) {
        self.outcome = outcome
        self.position = position
    }

    /// What an event says about the write it answers; nil when no write can be answered by it.
    init?(_ fact: Fact, position: Position) {
        switch fact {
        case .booked(let taken):
            outcome = .done(taken.appointment, taken.state, version: 1, holdUntil: taken.holdUntil)
        case .bookedTogether(let all):
            guard let first = all.first else { return nil }
            outcome = .together(all.map(\.appointment), first.state, holdUntil: first.holdUntil)
        case .changed(let change):
            outcome = .done(change.appointment, change.state, version: change.version, holdUntil: nil)
        case .moved(_, let to):
            outcome = .done(to.appointment, to.state, version: 1, holdUntil: to.holdUntil)
        case .refused(let refusal, let item): outcome = .refused(refusal, item: item)
        case .sessionOpened, .sessionArchived, .patientRegistered, .catalogueChanged, .epochBegan: return nil
        }
        self.position = position
    }

    func answer(again: Bool) -> Answer {
        switch outcome {
        case .done(let id, let state, let version, let holdUntil):
            let receipt = Receipt(appointment: id, state: state, version: version, holdUntil: holdUntil)
            return Answer(.done(receipt), position: position, again: again)
        case .together(let ids, let state, let holdUntil):
            let receipt = Receipt(
                appointment: ids[0], state: state, version: 1, holdUntil: holdUntil, together: ids)
            return Answer(.done(receipt), position: position, again: again)
        case .refused(let refusal, let item):
            return Answer(.refused(refusal, item: item), position: position, again: again)
        }
    }
}

/// An answer as it lies in memory, or the note that there is none yet: 32 bytes. Joint bookings, which are rare, keep
/// their list aside.
struct PackedAnswer: Sendable {
    private var word: UInt64 = 0
    private var holdUntil: Int64 = 0
    /// Where the answer stands; while the write is under way, where the journal stood when it began.
    let position: UInt64
    private var version: UInt32 = 0
    private let tag: Tag
    private var state: UInt8 = 0
    private var item: UInt8 = 0
    private var authority: UInt8 = 0

    private enum Tag: UInt8 { case underWay, abandoned, done, together, refused }

    private init(_ tag: Tag, position: UInt64) {
        self.tag = tag
        self.position = position
    }

    static func underWay(since position: Position) -> PackedAnswer {
        PackedAnswer(.underWay, position: position.rawValue)
    }
    static let abandoned = PackedAnswer(.abandoned, position: 0)

    /// - Parameter aside: set to the list to keep aside, for a joint booking.
    init(_ answer: StoredAnswer, aside: inout [AppointmentID]?) {
        switch answer.outcome {
        case .done(let id, let state, let version, let holdUntil):
            self.init(.done, position: answer.position.rawValue)
            word = id.rawValue
            self.state = state.rawValue
            self.version = version
            self.holdUntil = holdUntil?.rawValue ?? 0
        case .together(let ids, let state, let holdUntil):
            self.init(.together, position: answer.position.rawValue)
            self.state = state.rawValue
            self.holdUntil = holdUntil?.rawValue ?? 0
            aside = ids
        case .refused(let refusal, let item):
            self.init(.refused, position: answer.position.rawValue)
            state = refusal.rule.rawValue
            authority = refusal.authority.rawValue
            version = refusal.policyVersion
            word = UInt64(refusal.limit)
            self.item = item
        }
    }

    var isUnderWay: Bool { tag == .underWay }
    var isAbandoned: Bool { tag == .abandoned }
    var isTogether: Bool { tag == .together }

    /// Nil while the write is under way.
    func unpacked(aside: [AppointmentID]?) -> StoredAnswer? {
        let position = Position(position)
        let until = holdUntil == 0 ? nil : Instant(rawValue: holdUntil)
        switch tag {
        case .underWay, .abandoned: return nil
        case .refused:
            guard let rule = Rule(rawValue: state), let authority = Authority(rawValue: authority) else {
                preconditionFailure("an answer is packed from a known rule")
            }
            let refusal = Refusal(
                rule, policyVersion: version, authority: authority, limit: UInt32(truncatingIfNeeded: word))
            return StoredAnswer(outcome: .refused(refusal, item: item), position: position)
        case .done, .together:
            guard let state = AppointmentState(rawValue: state) else {
                preconditionFailure("an answer is packed from a known state")
            }
            if let aside, isTogether {
                return StoredAnswer(outcome: .together(aside, state, holdUntil: until), position: position)
            }
            let id = AppointmentID(rawValue: word)
            return StoredAnswer(
                outcome: .done(id, state, version: version, holdUntil: until), position: position)
        }
    }
}
