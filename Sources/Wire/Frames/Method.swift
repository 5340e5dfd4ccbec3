/// What a frame asks for. The numbers are those of the frame's method byte.
package enum Method: UInt8, Hashable, Sendable, CaseIterable {
    case hello = 1
    case status = 2
    case putCatalogue = 10
    case getCatalogue = 11
    case registerPatients = 12
    case findPatients = 13
    case generateSessions = 20
    case openSessions = 21
    case listSessions = 22
    case searchSlots = 23
    case book = 30
    case change = 31
    case move = 32
    case bookTogether = 33
    case batch = 34
    case getAppointments = 40
    case patientAppointments = 41
    case sessionAppointments = 42
    case subscribe = 50
    case unsubscribe = 51
    case goodbye = 60
    case follow = 70
    case confirmation = 71
    case promote = 72
    case depose = 73
    case goAlone = 74

    /// Whether it changes the hospital's data, so that a lost answer leaves open whether it was applied.
    package var isWrite: Bool {
        switch self {
        case .putCatalogue, .registerPatients, .generateSessions, .openSessions, .book, .change, .move, .bookTogether,
            .batch:
            true
        case .hello, .status, .getCatalogue, .findPatients, .listSessions, .searchSlots, .getAppointments,
            .patientAppointments, .sessionAppointments, .subscribe, .unsubscribe, .goodbye, .follow, .confirmation,
            .promote, .depose, .goAlone:
            false
        }
    }

    /// Whether a client may send it.
    package var isRequest: Bool { self != .goodbye }
}
