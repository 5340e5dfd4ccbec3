import Scheduling
package import Wire

// Each enum of the wire. `unknown` is a number that a newer server knows and this version does not; sent in a request,
// the server refuses it by name.

/// 渠道: where a booking comes from.
public enum Channel: Hashable, Sendable {
    /// The hospital's own app.
    case app
    /// The WeChat mini-program.
    case miniProgram
    /// A self-service machine.
    case kiosk
    /// The registration window.
    case window
    /// The doctor's workstation.
    case workstation
    /// A ward's nurse station.
    case ward
    /// The district health platform.
    case platform
    /// The check-up centre.
    case checkup
    /// The engine itself: expired holds, archiving. Read only; no request may name it.
    case system
    /// A number this version does not know.
    case unknown(Int)

    /// Every value this version knows, in the order of their numbers.
    public static let known: [Channel] = [
        .app, .miniProgram, .kiosk, .window, .workstation, .ward, .platform, .checkup, .system,
    ]

    init(_ wire: PBChannel) {
        let number = wire.rawValue
        self = (1...Self.known.count).contains(number) ? Self.known[number - 1] : .unknown(number)
    }

    var wire: PBChannel { PBChannel(rawValue: number) ?? .unspecified }

    /// The number on the wire.
    public var number: Int {
        switch self {
        case .app: 1
        case .miniProgram: 2
        case .kiosk: 3
        case .window: 4
        case .workstation: 5
        case .ward: 6
        case .platform: 7
        case .checkup: 8
        case .system: 9
        case .unknown(let number): number
        }
    }
}

/// The states of an appointment (预约).
public enum AppointmentState: Hashable, Sendable {
    /// Taken, and expires unless confirmed.
    case held
    /// Taken for good.
    case booked
    /// The patient has come.
    case arrived
    /// The patient has been called.
    case called
    /// The visit or exam is under way.
    case started
    /// Done. Final.
    case completed
    /// Given up by the patient or the hospital. Final.
    case cancelled
    /// A hold nobody confirmed in time. Final.
    case expired
    /// The patient did not come. Final.
    case noShow
    /// Given up for another slot in the same step. Final.
    case moved
    /// Withdrawn by the hospital (停诊). Final.
    case stopped
    /// A number this version does not know.
    case unknown(Int)

    /// Every value this version knows, in the order of their numbers.
    public static let known: [AppointmentState] = [
        .held, .booked, .arrived, .called, .started, .completed, .cancelled, .expired, .noShow, .moved, .stopped,
    ]

    package init(_ wire: PBAppointmentState) {
        let number = wire.rawValue
        self = (1...Self.known.count).contains(number) ? Self.known[number - 1] : .unknown(number)
    }

    var wire: PBAppointmentState { PBAppointmentState(rawValue: number) ?? .unspecified }

    /// The number on the wire.
    public var number: Int {
        switch self {
        case .held: 1
        case .booked: 2
        case .arrived: 3
        case .called: 4
        case .started: 5
        case .completed: 6
        case .cancelled: 7
        case .expired: 8
        case .noShow: 9
        case .moved: 10
        case .stopped: 11
        case .unknown(let number): number
        }
    }
}

/// What a change asks of an appointment.
public enum Transition: Hashable, Sendable {
    /// Held to booked.
    case confirm
    /// To cancelled.
    case cancel
    /// To arrived.
    case arrive
    /// To called.
    case call
    /// To started.
    case start
    /// To completed.
    case complete
    /// To no-show.
    case noShow
    /// To stopped, by the hospital.
    case stop
    /// A number this version does not know.
    case unknown(Int)

    /// Every value this version knows, in the order of their numbers.
    public static let known: [Transition] = [.confirm, .cancel, .arrive, .call, .start, .complete, .noShow, .stop]

    init(_ wire: PBTransition) {
        let number = wire.rawValue
        self = (1...Self.known.count).contains(number) ? Self.known[number - 1] : .unknown(number)
    }

    var wire: PBTransition { PBTransition(rawValue: number) ?? .unspecified }

    /// The number on the wire.
    public var number: Int {
        switch self {
        case .confirm: 1
        case .cancel: 2
        case .arrive: 3
        case .call: 4
        case .start: 5
        case .complete: 6
        case .noShow: 7
        case .stop: 8
        case .unknown(let number): number
        }
    }
}

/// The rule that refused. A number that this version does not know is a rule, too: of a newer server.
public struct Rule: Hashable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    public let number: Int

    /// The rule of a number on the wire.
    public init(number: Int) { self.number = number }

    /// No free units left in one of the slots.
    public static let slotFull = Rule(number: 1)
    /// The slot has begun, or its session is archived or withdrawn.
    public static let slotPast = Rule(number: 2)
    /// One patient, one day, one department: the limit is reached.
    public static let perDayDepartment = Rule(number: 3)
    /// One patient, one day: the limit is reached.
    public static let perDay = Rule(number: 4)
    /// The patient has another appointment at that time.
    public static let overlap = Rule(number: 5)
    /// The hold expired before it was confirmed.
    public static let holdExpired = Rule(number: 6)
    /// The appointment's state does not allow this transition.
    public static let state = Rule(number: 7)
    /// `ifVersion` did not match.
    public static let version = Rule(number: 8)
    /// Arriving before the day, a no-show before the start.
    public static let tooEarly = Rule(number: 9)
    /// The slot's pool does not offer the service, or the session is too short for it.
    public static let serviceNotOffered = Rule(number: 10)
    /// The session has given out its last number.
    public static let numbersExhausted = Rule(number: 11)
    /// The patient has as many appointments as the engine keeps for one.
    public static let patientAppointments = Rule(number: 12)
    /// A move or a joint booking holds this appointment at this moment; try again with a new key.
    public static let inProgress = Rule(number: 13)
    /// The department's policy does not open the slot to this channel.
    public static let channelClosed = Rule(number: 14)
    /// A resource of the slot's pool is in an earlier session of another pool at that time.
    public static let resourceElsewhere = Rule(number: 15)
    /// The slot is not for sale yet, or no more of its session is.
    public static let notReleased = Rule(number: 16)
    /// The policy takes no more bookings so shortly before the slot.
    public static let bookingClosed = Rule(number: 17)
    /// So shortly before the slot the policy lets no appointment be cancelled or given up.
    public static let tooLate = Rule(number: 18)
    /// What is free in the session is kept for other channels, classes of patients or services.
    public static let quota = Rule(number: 19)
    /// The slot's session does not take place (停诊).
    public static let sessionStopped = Rule(number: 20)
    /// The patient is blocked after no-shows or late cancellations (爽约).
    public static let blocked = Rule(number: 22)
    /// As many appointments in the department in seven days, a month or a quarter as are allowed.
    public static let perPeriod = Rule(number: 23)

    /// Every value this version knows, in the order of their numbers.
    public static let known = Scheduling.Rule.allCases.map { Rule(number: Int($0.rawValue)) }

    private var rule: Scheduling.Rule? { UInt8(exactly: number).flatMap(Scheduling.Rule.init) }

    /// Its name as the protocol writes it, without its prefix: `SLOT_FULL`.
    public var name: String { rule?.name ?? "RULE_\(number)" }

    /// Why it says no, as the end of the sentence "refused, because …".
    public var meaning: String { meaning(in: .english) }

    /// What the caller can do instead.
    public var remedy: String { remedy(in: .english) }

    /// The rule's name as Swift writes it: `slotFull`.
    public var description: String { rule.map { "\($0)" } ?? "rule \(number)" }

    package init(_ wire: PBRule) { number = wire.rawValue }

    var wire: PBRule { PBRule(rawValue: number) ?? .unspecified }
}

/// Who may set aside the rule that refused.
public enum Authority: Hashable, Sendable {
    /// Nobody.
    case nobody
    /// The department's number manager.
    case department
    /// The hospital's number manager.
    case hospital
    /// A number this version does not know.
    case unknown(Int)

    /// Every value this version knows, in the order of their numbers.
    public static let known: [Authority] = [.nobody, .department, .hospital]

    init(_ wire: PBAuthority) {
        let number = wire.rawValue
        self = (1...Self.known.count).contains(number) ? Self.known[number - 1] : .unknown(number)
    }

    var wire: PBAuthority { PBAuthority(rawValue: number) ?? .unspecified }

    /// The number on the wire.
    public var number: Int {
        switch self {
        case .nobody: 1
        case .department: 2
        case .hospital: 3
        case .unknown(let number): number
        }
    }
}

/// What a resource is.
public enum ResourceKind: Hashable, Sendable {
    /// 医师.
    case practitioner
    /// 设备, such as CT-1.
    case device
    /// 诊室.
    case room
    /// A lab desk.
    case desk
    /// A number this version does not know.
    case unknown(Int)

    /// Every value this version knows, in the order of their numbers.
    public static let known: [ResourceKind] = [.practitioner, .device, .room, .desk]

    init(_ wire: PBResourceKind) {
        let number = wire.rawValue
        self = (1...Self.known.count).contains(number) ? Self.known[number - 1] : .unknown(number)
    }

    var wire: PBResourceKind { PBResourceKind(rawValue: number) ?? .unspecified }

    /// The number on the wire.
    public var number: Int {
        switch self {
        case .practitioner: 1
        case .device: 2
        case .room: 3
        case .desk: 4
        case .unknown(let number): number
        }
    }
}

/// What a service is.
public enum ServiceKind: Hashable, Sendable {
    /// A clinic visit.
    case clinic
    /// An exam.
    case exam
    /// A lab test.
    case lab
    /// A number this version does not know.
    case unknown(Int)

    /// Every value this version knows, in the order of their numbers.
    public static let known: [ServiceKind] = [.clinic, .exam, .lab]

    init(_ wire: PBServiceKind) {
        let number = wire.rawValue
        self = (1...Self.known.count).contains(number) ? Self.known[number - 1] : .unknown(number)
    }

    var wire: PBServiceKind { PBServiceKind(rawValue: number) ?? .unspecified }

    /// The number on the wire.
    public var number: Int {
        switch self {
        case .clinic: 1
        case .exam: 2
        case .lab: 3
        case .unknown(let number): number
        }
    }
}

/// What an event of the change feed tells. A number that this version does not know is a kind, too: of a newer server.
public struct ChangeKind: Hashable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    public let number: Int

    /// The kind of a number on the wire.
    public init(number: Int) { self.number = number }

    /// An appointment was made: held or booked.
    public static let booked = ChangeKind(number: 1)
    /// An appointment moved through its states.
    public static let changed = ChangeKind(number: 2)
    /// `movedFrom` ended and `appointment` was made in the same step.
    public static let moved = ChangeKind(number: 3)
    /// A write was refused.
    public static let refused = ChangeKind(number: 4)
    /// A session was opened.
    public static let sessionOpened = ChangeKind(number: 5)
    /// A session's appointments have all ended and went to the history table.
    public static let sessionArchived = ChangeKind(number: 6)
    /// A patient is new, or has further identifiers.
    public static let patientRegistered = ChangeKind(number: 7)
    /// An entity of the catalogue was put; `entity` names it.
    public static let catalogueChanged = ChangeKind(number: 8)
    /// Another server became primary; `epoch` is its term.
    public static let epochBegan = ChangeKind(number: 9)
    /// A session will not take place: its template says something else now, and nothing is booked in it.
    public static let sessionWithdrawn = ChangeKind(number: 12)

    /// Every value this version knows, in the order of their numbers.
    public static let known = Set(FactKind.allCases.compactMap(\.row.event)).sorted().map { ChangeKind(number: $0) }

    /// Its name for people and programs: `session-opened`.
    public var description: String { FactKind(event: number)?.row.name ?? "event-\(number)" }

    init(_ wire: PBEventKind) { number = wire.rawValue }

    var wire: PBEventKind { PBEventKind(rawValue: number) ?? .unspecified }
}

/// How a patient is in the hospital: FHIR's Encounter.class.
public enum PatientClass: Hashable, Sendable {
    /// 门诊.
    case outpatient
    /// 住院.
    case inpatient
    /// 急诊.
    case emergency
    /// 体检.
    case checkup
    /// A class of a newer server, by its number.
    case unknown(Int)

    /// Every class that this version knows.
    public static let known: [PatientClass] = [.outpatient, .inpatient, .emergency, .checkup]

    /// As files and commands write it: `outpatient`.
    public var word: String {
        switch self {
        case .outpatient: "outpatient"
        case .inpatient: "inpatient"
        case .emergency: "emergency"
        case .checkup: "checkup"
        case .unknown(let number): "class-\(number)"
        }
    }

    /// Nil where the message does not say.
    init?(_ wire: PBPatientClass) {
        switch wire {
        case .unspecified: return nil
        case .outpatient: self = .outpatient
        case .inpatient: self = .inpatient
        case .emergency: self = .emergency
        case .checkup: self = .checkup
        case .UNRECOGNIZED(let number): self = .unknown(number)
        }
    }

    var wire: PBPatientClass {
        switch self {
        case .outpatient: .outpatient
        case .inpatient: .inpatient
        case .emergency: .emergency
        case .checkup: .checkup
        case .unknown(let number): .UNRECOGNIZED(number)
        }
    }
}
