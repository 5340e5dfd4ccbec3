package import HaoyuanClient

// The words of the protocol's enums, as arguments take them and as tables and JSON show them: lower case, with hyphens.

extension Channel {
    package var word: String {
        switch self {
        case .app: "app"
        case .miniProgram: "mini-program"
        case .kiosk: "kiosk"
        case .window: "window"
        case .workstation: "workstation"
        case .ward: "ward"
        case .platform: "platform"
        case .checkup: "checkup"
        case .system: "system"
        case .unknown(let number): "channel-\(number)"
        }
    }
}

extension AppointmentState {
    package var word: String {
        switch self {
        case .held: "held"
        case .booked: "booked"
        case .arrived: "arrived"
        case .called: "called"
        case .started: "started"
        case .completed: "completed"
        case .cancelled: "cancelled"
        case .expired: "expired"
        case .noShow: "no-show"
        case .moved: "moved"
        case .stopped: "stopped"
        case .unknown(let number): "state-\(number)"
        }
    }

    package var tint: Palette.Tint? {
        switch self {
        case .held: .caution
        case .booked, .arrived, .called, .started, .completed: .good
        case .noShow, .stopped: .bad
        case .cancelled, .expired, .moved: .quiet
        case .unknown: nil
        }
    }
}

extension Transition {
    package var word: String {
        switch self {
        case .confirm: "confirm"
        case .cancel: "cancel"
        case .arrive: "arrive"
        case .call: "call"
        case .start: "start"
        case .complete: "complete"
        case .noShow: "no-show"
        case .stop: "stop"
        case .unknown(let number): "transition-\(number)"
        }
    }
}

extension ResourceKind {
    package var word: String {
        switch self {
        case .practitioner: "practitioner"
        case .device: "device"
        case .room: "room"
        case .desk: "desk"
        case .unknown(let number): "kind-\(number)"
        }
    }
}

extension ServiceKind {
    package var word: String {
        switch self {
        case .clinic: "clinic"
        case .exam: "exam"
        case .lab: "lab"
        case .unknown(let number): "kind-\(number)"
        }
    }
}

extension ChangeKind {
    package var word: String {
        switch self {
        case .booked: "booked"
        case .changed: "changed"
        case .moved: "moved"
        case .refused: "refused"
        case .sessionOpened: "session-opened"
        case .sessionArchived: "session-archived"
        case .patientRegistered: "patient-registered"
        case .catalogueChanged: "catalogue-changed"
        case .epochBegan: "epoch-began"
        case .unknown(let number): "event-\(number)"
        }
    }
}

extension Authority {
    package var word: String {
        switch self {
        case .nobody: "nobody"
        case .department: "department"
        case .hospital: "hospital"
        case .unknown(let number): "authority-\(number)"
        }
    }
}

extension Rule {
    /// The rule's name as the protocol writes it, without its prefix.
    package var word: String {
        switch self {
        case .slotFull: "SLOT_FULL"
        case .slotPast: "SLOT_PAST"
        case .perDayDepartment: "PER_DAY_DEPARTMENT"
        case .perDay: "PER_DAY"
        case .overlap: "OVERLAP"
        case .holdExpired: "HOLD_EXPIRED"
        case .state: "STATE"
        case .version: "VERSION"
        case .tooEarly: "TOO_EARLY"
        case .serviceNotOffered: "SERVICE_NOT_OFFERED"
        case .numbersExhausted: "NUMBERS_EXHAUSTED"
        case .patientAppointments: "PATIENT_APPOINTMENTS"
        case .inProgress: "IN_PROGRESS"
        case .unknown(let number): "RULE_\(number)"
        }
    }

    /// What it says, and what the caller can do instead.
    package var sentences: (meaning: String, remedy: String) {
        switch self {
        case .slotFull: ("no free units are left in the slot", "choose another slot (haoyuan slots)")
        case .slotPast: ("the slot has begun already", "choose a later slot (haoyuan slots)")
        case .perDayDepartment:
            ("the patient has as many appointments in this department on this day as are allowed", "choose another day")
        case .perDay: ("the patient has as many appointments on this day as are allowed", "choose another day")
        case .overlap:
            ("the patient has another appointment at that time", "choose another time, or move or cancel the other one")
        case .holdExpired: ("the hold had run out before it was confirmed", "hold or book a slot again")
        case .state:
            ("the appointment’s state does not allow this", "look at it with haoyuan appointments --id")
        case .version: ("the appointment has changed since", "look at it again and repeat with its version")
        case .tooEarly:
            ("it is too early: arriving begins with the day, a no-show with the start", "wait for it")
        case .serviceNotOffered:
            (
                "the slot’s pool does not offer the service, or the session ends before it would",
                "choose another slot or service"
            )
        case .numbersExhausted: ("the session has given out its last number", "choose another session")
        case .patientAppointments:
            ("the patient has as many appointments as are kept for one", "wait until some are archived")
        case .inProgress: ("another change of this appointment is under way", "try again with a new key")
        case .unknown: ("a rule that this version does not know said no", "use a newer haoyuan")
        }
    }
}
