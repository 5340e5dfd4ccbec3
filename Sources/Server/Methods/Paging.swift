import Engine
import Journal
import Scheduling
import SwiftProtobuf
import Wire

/// What a reply holds: all that was asked for, or a page of at most so many and of as many as a frame holds.
struct Page: Sendable {
    /// Nil where all was asked for.
    let limit: Int?
    private let bytes: Int

    /// - Parameter limit: of the request; 0 where it asks for all.
    init(_ limit: UInt32, _ connection: ConnectionOrigin) {
        self.limit = limit == 0 ? nil : min(Int(clamping: limit), EngineLimits.itemsPerPage)
        // The reply's own fields, a hospital's name and zone among them.
        bytes = connection.replyBytes - 2_048
    }

    /// What is left of the page while it is filled.
    struct Room {
        fileprivate var items: Int
        fileprivate var bytes: Int
        private var isEmpty = true

        fileprivate init(items: Int, bytes: Int) {
            self.items = items
            self.bytes = bytes
        }

        /// Whether it takes something of so many bytes. It always takes the first.
        /// - Parameter isItem: false for what does not count as one of so many.
        mutating func takes(_ size: Int, isItem: Bool = true) -> Bool {
            defer { isEmpty = false }
            guard isEmpty || (size <= bytes && items > 0) else { return false }
            bytes -= size
            if isItem { items -= 1 }
            return true
        }

        /// Leaves so many bytes to what the reply has beside its list.
        mutating func leave(_ bytes: Int) { self.bytes -= bytes }
    }

    var room: Room { limit.map { Room(items: $0, bytes: bytes) } ?? Room(items: .max, bytes: .max) }

    /// Takes from a list what the reply does not hold.
    /// - Returns: Whether something was taken away.
    func cut<Item: Message>(_ items: inout [Item]) -> Bool {
        guard limit != nil else { return false }
        var room = room
        guard let end = items.firstIndex(where: { !room.takes($0.bytesInList) }) else { return false }
        items.removeSubrange(end...)
        return true
    }

    /// How many of so many numbers the reply holds.
    func numbers(_ count: Int) -> Int { limit.map { min(count, $0, bytes / 10) } ?? count }
}

extension PBAppointmentsReply {
    init(_ reading: Reading<[FoundAppointment]>, _ page: Page) {
        self.init(reading)
        more = page.cut(&appointments) || reading.more
    }
}

extension PBListSessionsReply {
    init(_ reading: Reading<[SessionSummary]>, _ page: Page) {
        self.init(reading)
        more = page.cut(&sessions) || reading.more
        guard more, let last = sessions.last else { return }
        nextStartMs = last.startMs
        next = last.id
    }
}

extension PBListLocksReply {
    /// Of a page of sessions, the locks that withdraw something on these days. A page ends with a session, which has
    /// few locks.
    init(_ reading: Reading<[SessionSummary]>, _ page: Page, _ from: LocalDate, _ to: LocalDate) {
        self.init()
        position = reading.position.rawValue
        more = reading.more
        var room = page.room
        var last: SessionSummary?
        for summary in reading.value {
            let wanted = summary.times.slots(from: from, to: to)
            let own = summary.session.openLocks.filter { $0.range.overlaps(wanted) }.map { PBLock($0, of: summary.id) }
            guard room.takes(own.reduce(0) { $0 + $1.bytesInList }, isItem: false) else {
                more = true
                break
            }
            locks += own
            last = summary
        }
        guard more, let last else { return }
        nextStartMs = last.times.start.rawValue
        next = last.id.rawValue
    }
}

extension PBGetCatalogueReply {
    /// - Parameter after: where the page before ended; 0 at the beginning.
    init(_ dated: (reading: Reading<Catalogue>, changed: Position), after: UInt64, _ page: Page) {
        self.init()
        position = dated.reading.position.rawValue
        changed = dated.changed.rawValue
        clockChanges = dated.reading.value.hospital.zone.changes.map { PBClockChange($0) }
        guard page.limit != nil else {
            catalogue = PBCatalogue(dated.reading.value)
            return
        }
        var room = page.room
        room.leave(clockChanges.reduce(0) { $0 + $1.bytesInList })
        let (part, end) = PBCatalogue.page(of: dated.reading.value, after: after) { room.takes($0) }
        catalogue = part
        more = end != nil
        next = end ?? 0
    }
}
