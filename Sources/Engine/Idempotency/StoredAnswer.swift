import Journal
import Scheduling

/// A write's first answer, as it is kept for every write of a day: a repetition gets it back.
struct StoredAnswer: Sendable, Hashable {
    var outcome: Outcome
    var position: Position

    init(outcome: Outcome, position: Position) {
        self.outcome = outcome
        self.position = position
    }

    /// What a key remembers of an answer; nil for a failure, which is none.
    init?(_ answer: Answer) {
        switch answer.outcome {
        case .done(let receipt): self.init(outcome: .done(receipt), position: answer.position)
        case .refused(let refusal, let item):
            self.init(outcome: .refused(refusal, item: item), position: answer.position)
        case .told(let fact): self.init(outcome: .told(fact), position: answer.position)
        case .failed: return nil
        }
    }
}

extension Answer {
    /// An answer that was given before.
    init(_ stored: StoredAnswer, again: Bool) {
        self.init(stored.outcome, position: stored.position, again: again)
    }
}

/// An answer as it lies in memory, or the note that there is none yet: 32 bytes. What is not one appointment or one
/// refusal is rare, and kept aside whole.
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

    private enum Tag: UInt8 { case underWay, abandoned, done, refused, aside }

    private init(_ tag: Tag, position: UInt64) {
        self.tag = tag
        self.position = position
    }

    static func underWay(since position: Position) -> PackedAnswer {
        PackedAnswer(.underWay, position: position.rawValue)
    }
    static let abandoned = PackedAnswer(.abandoned, position: 0)

    /// - Parameter aside: set to what is to be kept aside.
    init(_ answer: StoredAnswer, aside: inout Outcome?) {
        switch answer.outcome {
        case .done(let receipt) where receipt.together.isEmpty:
            self.init(.done, position: answer.position.rawValue)
            word = receipt.appointment.rawValue
            state = receipt.state.rawValue
            version = receipt.version
            holdUntil = receipt.holdUntil?.rawValue ?? 0
        case .done, .told:
            self.init(.aside, position: answer.position.rawValue)
            aside = answer.outcome
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
    var isAside: Bool { tag == .aside }

    /// Nil while the write is under way.
    func unpacked(aside: @autoclosure () -> Outcome?) -> StoredAnswer? {
        let position = Position(position)
        switch tag {
        case .underWay, .abandoned: return nil
        case .refused:
            guard let rule = Rule(rawValue: state), let authority = Authority(rawValue: authority) else {
                preconditionFailure("an answer is packed from a known rule")
            }
            let refusal = Refusal(
                rule, policyVersion: version, authority: authority, limit: UInt32(truncatingIfNeeded: word))
            return StoredAnswer(outcome: .refused(refusal, item: item), position: position)
        case .done:
            guard let state = AppointmentState(rawValue: state) else {
                preconditionFailure("an answer is packed from a known state")
            }
            let receipt = Receipt(
                appointment: AppointmentID(rawValue: word), state: state, version: version,
                holdUntil: holdUntil == 0 ? nil : Instant(rawValue: holdUntil))
            return StoredAnswer(outcome: .done(receipt), position: position)
        case .aside:
            guard let outcome = aside() else { preconditionFailure("what is kept aside is there as long as its key") }
            return StoredAnswer(outcome: outcome, position: position)
        }
    }
}
