import Journal
import Scheduling

/// Which facts may not be told yet, and whom they concern: so a reading waits for what it shows and for nothing else.
///
/// Only what is not settled is kept, so it is as short as the queue before the disk and the standby.
struct UnsettledFacts: Sendable {
    private struct Entry: Sendable {
        var position: Position
        var subject: UInt64
    }

    private var entries: ContiguousArray<Entry> = []
    private var last = Position.zero
    /// So many entries are kept before the settled ones among them go.
    private var room = Self.leastRoom
    /// Up to here it is not known whom the facts concern, so every reading waits for them.
    private let unknown: Position

    private static let leastRoom = 256

    init(unknownUpTo position: Position = .zero) { unknown = position }

    mutating func note(_ subject: UInt64, at position: Position, settled: Position) {
        if entries.count >= room {
            entries.removeAll { $0.position <= settled }
            room = max(Self.leastRoom, entries.count * 2)
        }
        entries.append(Entry(position: position, subject: subject))
        last = max(last, position)
    }

    /// The last unsettled fact about what is chosen; zero where there is none.
    func last(after settled: Position, where isChosen: (UInt64) -> Bool) -> Position {
        var found = unknown > settled ? unknown : .zero
        guard last > settled else { return found }
        for entry in entries where entry.position > max(settled, found) && isChosen(entry.subject) {
            found = entry.position
        }
        return found
    }

    /// The last unsettled fact of each session; for a shard whose subjects are appointments.
    func sessions(after settled: Position) -> [(session: SessionID, position: Position)] {
        guard last > settled else { return [] }
        var sessions: [SessionID: Position] = [:]
        for entry in entries where entry.position > settled {
            let session = AppointmentID(rawValue: entry.subject).session
            sessions[session] = max(sessions[session] ?? .zero, entry.position)
        }
        return sessions.map { ($0.key, $0.value) }
    }

    /// Up to here every reading waits.
    func unknown(after settled: Position) -> Position { unknown > settled ? unknown : .zero }
}

extension Fact {
    /// Whom a fact about one appointment or one session concerns; a session is its number 0.
    var subject: UInt64? {
        switch self {
        case .booked(let taken): taken.appointment.rawValue
        case .changed(let change): change.appointment.rawValue
        default: session.map { $0.rawValue << 20 }
        }
    }
}
