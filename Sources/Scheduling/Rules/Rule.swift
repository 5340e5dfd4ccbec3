/// The rules that can refuse. The numbers are those of the wire and of the journal.
package enum Rule: UInt8, Hashable, Sendable, CaseIterable {
    case slotFull = 1
    case slotPast
    case perDayDepartment
    case perDay
    case overlap
    case holdExpired
    case state
    case version
    case tooEarly
    case serviceNotOffered
    case numbersExhausted
    case patientAppointments
    case inProgress
    case channelClosed
    case resourceElsewhere
    case notReleased
    case bookingClosed
    case tooLate
    case quota
    case sessionStopped
    case blocked = 22
    case perPeriod

    /// What is said of the rule, in its own file.
    package var about: RuleAbout {
        switch self {
        case .slotFull: SlotFull.about
        case .slotPast: SlotPast.about
        case .perDayDepartment: PerDayDepartment.about
        case .perDay: PerDay.about
        case .overlap: Overlap.about
        case .holdExpired: HoldExpired.about
        case .state: WrongState.about
        case .version: WrongVersion.about
        case .tooEarly: TooEarly.about
        case .serviceNotOffered: ServiceNotOffered.about
        case .numbersExhausted: NumbersExhausted.about
        case .patientAppointments: PatientAppointments.about
        case .inProgress: InProgress.about
        case .channelClosed: ChannelClosed.about
        case .resourceElsewhere: ResourceElsewhere.about
        case .notReleased: NotReleased.about
        case .bookingClosed: BookingClosed.about
        case .tooLate: TooLate.about
        case .sessionStopped: SessionStopped.about
        case .quota: Quota.about
        case .blocked: Blocked.about
        case .perPeriod: PerPeriod.about
        }
    }

    /// Its name as the protocol writes it, without its prefix: `slotFull` is `SLOT_FULL`.
    package var name: String {
        "\(self)".reduce(into: "") { text, letter in
            if letter.isUppercase { text += "_" }
            text += letter.uppercased()
        }
    }

    /// The rule of this name.
    package init?(name: String) {
        guard let rule = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = rule
    }
}

/// What is said of a rule where a person, a page or a program asks.
package struct RuleAbout: Sendable {
    /// As the end of the sentence "refused, because …", and what the caller can do instead.
    package let english: RuleWords
    /// What a patient is told: a sentence, and what to do.
    package let chinese: RuleWords
    /// What a search must name for the rule to be judged there.
    package let needs: SearchNaming
    /// What it reads of a policy's terms; nil where a policy can have none for it.
    package let terms: TermFields?

    package init(
        _ meaning: String, remedy: String, chinese: RuleWords, needs: SearchNaming = [], terms: TermFields? = nil
    ) {
        english = RuleWords(meaning, remedy: remedy)
        self.chinese = chinese
        self.needs = needs
        self.terms = terms
    }

    /// Why it says no, and what to do, in a language.
    package func words(in language: Language) -> RuleWords {
        switch language {
        case .english: english
        case .chinese: chinese
        }
    }
}

/// What a search may leave out, and a rule may need.
package struct SearchNaming: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let channel = SearchNaming(rawValue: 1)
    package static let patient = SearchNaming(rawValue: 2)
    package static let patientClass = SearchNaming(rawValue: 4)
    package static let service = SearchNaming(rawValue: 8)
}

/// What a rule reads of its terms beside their scope, services and pools.
package struct TermFields: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let channels = TermFields(rawValue: 1)
    package static let limit = TermFields(rawValue: 2)
    /// At least one channel: a term without any says nothing to the rule.
    package static let someChannel = TermFields(rawValue: 4)
    package static let classes = TermFields(rawValue: 8)
    /// `days` and `at`: a time on the wall clock, days before the slot's.
    package static let wallTime = TermFields(rawValue: 16)
    /// The time must be said: the rule has no moment of its own.
    package static let someWallTime = TermFields(rawValue: 32)
    package static let minutes = TermFields(rawValue: 64)
    /// Several terms of one scope stand beside each other, one for each moment.
    package static let staged = TermFields(rawValue: 128)
    /// The limit is a share in percent, 1 to 100; a later stage has a larger one.
    package static let share = TermFields(rawValue: 256)
    /// A time or minutes must be said, or both.
    package static let someMoment = TermFields(rawValue: 512)
    /// `days` within which so many count, `block_days` that follow; `minutes` and `weight` of what counts less.
    package static let ladder = TermFields(rawValue: 1_024)
    /// `days` is a period: 7, 31 for a month, 92 for a quarter.
    package static let period = TermFields(rawValue: 2_048)
}

/// The one list: which rules judge what, in the order that proto/PROTOCOL.md states. The first that fails answers.
///
/// A reservation is judged where the state lies: by the timetable and the catalogue, at the patient, at the pool. A
/// search asks all three of every slot it lists, so that what is listed can be booked.
package enum RuleList {
    /// `BOOK`, each item of `BOOK_TOGETHER`, the new place of `MOVE`: what the timetable and the catalogue know.
    @inline(__always)
    package static func judge(
        _ asking: borrowing Asking, isOffered: Bool, isElsewhere: Bool
    ) throws(Refusal) {
        try SlotPast.judge(asking)
        try ServiceNotOffered.judge(asking, isOffered: isOffered)
        try ChannelClosed.judge(asking)
        try NotReleased.judge(asking)
        try BookingClosed.judge(asking)
        try ResourceElsewhere.judge(isElsewhere: isElsewhere)
    }

    /// `BOOK`, at the patient.
    @inline(__always)
    package static func judge(_ asking: borrowing Asking, _ tally: PatientTally) throws(Refusal) {
        try Blocked.judge(asking, tally)
        try PerDayDepartment.judge(asking, tally)
        try PerDay.judge(asking, tally)
        try PerPeriod.judge(asking, tally)
        try Overlap.judge(tally)
        try PatientAppointments.judge(tally)
    }

    /// `BOOK`, at the pool.
    @inline(__always)
    package static func judge(_ asking: borrowing Asking, _ session: borrowing Session) throws(Refusal) {
        try SessionStopped.judge(asking, session)
        try NumbersExhausted.judge(session)
        try ServiceNotOffered.judge(asking, session)
        try SlotFull.judge(asking, session)
        // A full slot is full for everybody, so only of what is free it is asked for whom.
        try Quota.judge(asking, session)
        try NotReleased.judge(asking, session)
    }

    /// Whether none of the rules at the pool can say no in this session to what fits and lies ahead, under a policy
    /// without terms: a search asks it once for the session, where it would ask them of every slot.
    @inline(__always)
    static func leaveFree(_ session: borrowing Session) -> Bool {
        !session.hasStops && session.nextNumber <= Limits.numbersPerSession
    }

    /// `CHANGE`.
    @inline(__always)
    package static func judge(_ change: ChangeAsking, _ asking: borrowing Asking) throws(Refusal) {
        try InProgress.judge(change)
        try WrongVersion.judge(change)
        if change.transition == .confirm { try HoldExpired.judge(ended: change) }
        try WrongState.judge(change)
        if change.transition == .confirm { try HoldExpired.judge(change, asking) }
        try TooEarly.judge(change, asking)
        if change.transition == .cancel { try TooLate.judge(change, asking) }
    }

    /// `MOVE`, the appointment that is given up.
    @inline(__always)
    package static func judge(move change: ChangeAsking, _ asking: borrowing Asking) throws(Refusal) {
        try InProgress.judge(change)
        try WrongVersion.judge(change)
        try WrongState.judge(move: change)
        try HoldExpired.judge(change, asking)
        try TooLate.judge(change, asking)
    }

    /// `LOCK_SLOTS`.
    static func judge(
        _ lock: SlotLock, of session: borrowing Session, _ asking: borrowing Asking
    ) throws(Refusal) {
        try SlotPast.judge(lock, of: session, asking)
        try NumbersExhausted.judge(lockIn: session)
    }

    /// `UNLOCK_SLOTS`.
    static func judge(unlock isOpen: Bool) throws(Refusal) {
        try WrongState.judge(unlock: isOpen)
    }

    /// `REPORT_PAYMENT`.
    static func judge(paymentOf isMoving: Bool) throws(Refusal) {
        try InProgress.judge(isMoving: isMoving)
    }

    /// `REPORT_PAYMENT`, of one that is not known.
    static func judge(payments count: Int) throws(Refusal) {
        try WrongState.judge(payments: count)
    }

    /// `CLOSE_REFUND`.
    static func judge(closing refund: Refund) throws(Refusal) {
        try WrongState.judge(closing: refund)
    }

    /// `STOP_SESSION`.
    static func judge(
        stopFrom slot: UInt16, of session: borrowing Session, isMoving: Bool, _ asking: borrowing Asking
    ) throws(Refusal) {
        try SlotPast.judge(session, asking)
        try SessionStopped.judge(stopFrom: slot, of: session)
        try InProgress.judge(isMoving: isMoving || !session.claims.isEmpty)
    }

    /// `RESUME_SESSION`.
    static func judge(resume session: borrowing Session, _ asking: borrowing Asking) throws(Refusal) {
        try SlotPast.judge(session, asking)
        try WrongState.judge(resume: session.openStop != nil)
        try InProgress.judge(isMoving: session.isStopping)
    }

    /// The rules that a search does not judge, because it does not name what they need.
    package static func unjudged(naming named: SearchNaming) -> [Rule] { unjudged[Int(named.rawValue)] }

    /// For each combination of what can be named; made once, for every search asks.
    private static let unjudged: [[Rule]] = (0..<16).map { named in
        Rule.allCases.filter { !$0.about.needs.isSubset(of: SearchNaming(rawValue: named)) }
    }
}
