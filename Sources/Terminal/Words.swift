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

extension EntityKind {
    package var word: String {
        switch self {
        case .department: "department"
        case .resource: "resource"
        case .service: "service"
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
