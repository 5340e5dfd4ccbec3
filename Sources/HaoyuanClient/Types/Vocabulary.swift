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

/// The rules that can refuse.
public enum Rule: Hashable, Sendable {
    /// No free units left in one of the slots.
    case slotFull
    /// The slot has begun, or its session is archived.
    case slotPast
    /// One patient, one day, one department: the limit is reached.
    case perDayDepartment
    /// One patient, one day: the limit is reached.
    case perDay
    /// The patient has another appointment at that time.
    case overlap
    /// The hold expired before it was confirmed.
    case holdExpired
    /// The appointment's state does not allow this transition.
    case state
    /// `ifVersion` did not match.
    case version
    /// Arriving before the day, a no-show before the start.
    case tooEarly
    /// The slot's pool does not offer the service, or the session is too short for it.
    case serviceNotOffered
    /// The session has given out its last number.
    case numbersExhausted
    /// The patient has as many appointments as the engine keeps for one.
    case patientAppointments
    /// A move or a joint booking holds this appointment at this moment; try again with a new key.
    case inProgress
    /// A number this version does not know.
    case unknown(Int)

    /// Every value this version knows, in the order of their numbers.
    public static let known: [Rule] = [
        .slotFull, .slotPast, .perDayDepartment, .perDay, .overlap, .holdExpired, .state, .version, .tooEarly,
        .serviceNotOffered, .numbersExhausted, .patientAppointments, .inProgress,
    ]

    package init(_ wire: PBRule) {
        let number = wire.rawValue
        self = (1...Self.known.count).contains(number) ? Self.known[number - 1] : .unknown(number)
    }

    var wire: PBRule { PBRule(rawValue: number) ?? .unspecified }

    /// The number on the wire.
    public var number: Int {
        switch self {
        case .slotFull: 1
        case .slotPast: 2
        case .perDayDepartment: 3
        case .perDay: 4
        case .overlap: 5
        case .holdExpired: 6
        case .state: 7
        case .version: 8
        case .tooEarly: 9
        case .serviceNotOffered: 10
        case .numbersExhausted: 11
        case .patientAppointments: 12
        case .inProgress: 13
        case .unknown(let number): number
        }
    }
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

/// What an event of the change feed tells.
public enum ChangeKind: Hashable, Sendable {
    /// An appointment was made: held or booked.
    case booked
    /// An appointment moved through its states.
    case changed
    /// `movedFrom` ended and `appointment` was made in the same step.
    case moved
    /// A write was refused.
    case refused
    /// A session was opened.
    case sessionOpened
    /// A session's appointments have all ended and went to the history table.
    case sessionArchived
    /// A patient is new, or has further identifiers.
    case patientRegistered
    /// An entity of the catalogue was put; `entity` names it.
    case catalogueChanged
    /// Another server became primary; `epoch` is its term.
    case epochBegan
    /// A number this version does not know.
    case unknown(Int)

    /// Every value this version knows, in the order of their numbers.
    public static let known: [ChangeKind] = [
        .booked, .changed, .moved, .refused, .sessionOpened, .sessionArchived, .patientRegistered, .catalogueChanged,
        .epochBegan,
    ]

    init(_ wire: PBEventKind) {
        let number = wire.rawValue
        self = (1...Self.known.count).contains(number) ? Self.known[number - 1] : .unknown(number)
    }

    var wire: PBEventKind { PBEventKind(rawValue: number) ?? .unspecified }

    /// The number on the wire.
    public var number: Int {
        switch self {
        case .booked: 1
        case .changed: 2
        case .moved: 3
        case .refused: 4
        case .sessionOpened: 5
        case .sessionArchived: 6
        case .patientRegistered: 7
        case .catalogueChanged: 8
        case .epochBegan: 9
        case .unknown(let number): number
        }
    }
}
