/// What a frame asks for. The numbers are those of the frame's method byte.
package enum Method: UInt8, Hashable, Sendable, CaseIterable {
    case hello = 1
    case status = 2
    case acceptClock = 3
    case advanceClock = 4
    case putCatalogue = 10
    case getCatalogue = 11
    case registerPatients = 12
    case findPatients = 13
    case findEntities = 14
    case countReport = 15
    case bookAny = 16
    case generateSessions = 20
    case openSessions = 21
    case listSessions = 22
    case searchSlots = 23
    case lockSlots = 24
    case unlockSlots = 25
    case listLocks = 26
    case dayCounts = 27
    case previewSessions = 28
    case explainSlot = 29
    case book = 30
    case change = 31
    case move = 32
    case bookTogether = 33
    case batch = 34
    case stopSession = 35
    case resumeSession = 36
    case planStop = 37
    case fileAppeal = 38
    case decideAppeal = 39
    case getAppointments = 40
    case patientAppointments = 41
    case sessionAppointments = 42
    case patientStanding = 43
    case subscribe = 50
    case unsubscribe = 51
    case confirmEvents = 52
    case listReaders = 53
    case dropReader = 54
    case listRefunds = 57
    case reportPayment = 58
    case closeRefund = 59
    case goodbye = 60
    case follow = 70
    case confirmation = 71
    case promote = 72
    case depose = 73
    case goAlone = 74

    /// What it does, in the words of the protocol's table. The server's other columns stand in its table of methods.
    package enum Kind: String, Sendable {
        case read
        /// A repetition under the same key gets the first answer.
        case keyedWrite = "write, keyed"
        /// A repetition finds that there is nothing left to do.
        case idempotentWrite = "write, key optional"
        case batch = "batch of keyed writes"
        /// Answered, then pushed to until one side ends it.
        case stream
        /// About a named reader of the change feed; a repetition changes nothing.
        case reader
        /// About the connection and what runs over it.
        case connection
        /// What an operator tells a server about itself.
        case operation
        /// Between the two servers of a pair, or about which of them is the primary.
        case pair
    }

    package var kind: Kind {
        switch self {
        case .status, .getCatalogue, .findPatients, .findEntities, .listSessions, .listLocks, .planStop, .searchSlots,
            .explainSlot, .dayCounts, .countReport, .previewSessions, .getAppointments, .patientAppointments,
            .sessionAppointments, .patientStanding, .listReaders, .listRefunds:
            .read
        case .book, .change, .move, .bookTogether, .lockSlots, .unlockSlots, .stopSession, .resumeSession,
            .fileAppeal, .decideAppeal, .bookAny, .reportPayment, .closeRefund:
            .keyedWrite
        case .putCatalogue, .registerPatients, .generateSessions, .openSessions: .idempotentWrite
        case .batch: .batch
        case .subscribe, .follow: .stream
        case .confirmEvents, .dropReader: .reader
        case .hello, .unsubscribe, .goodbye: .connection
        case .acceptClock, .advanceClock: .operation
        case .confirmation, .promote, .depose, .goAlone: .pair
        }
    }

    /// Whether it changes the hospital's data, so that a lost answer leaves open whether it was applied.
    package var isWrite: Bool {
        switch kind {
        case .keyedWrite, .idempotentWrite, .batch: true
        case .read, .stream, .reader, .connection, .operation, .pair: false
        }
    }

    /// Whether a client may send it.
    package var isRequest: Bool { self != .goodbye }
}
