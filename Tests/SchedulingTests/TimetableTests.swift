import Scheduling
import Testing

@Suite struct `The timetable` {
    @Test func `a closed session is known and not open, a session never opened is neither`() throws {
        let date = try #require(LocalDate("2025-07-01"))
        let times = SessionTimes(date: date, start: Instant(minute: 29_000_000), slotMinutes: 10, slots: 6)
        let id = SessionID(pool: PoolID(rawValue: 7), index: 3)
        var timetable = Timetable()
        #expect(!timetable.knows(id) && timetable[id] == nil)
        timetable.open(id, times)
        let kept = timetable
        timetable.close(id)
        #expect(timetable.knows(id) && timetable[id] == nil)
        #expect(kept[id] == times, "a reader keeps the timetable it took")
        #expect(!timetable.knows(SessionID(pool: PoolID(rawValue: 7), index: 4)))
        #expect(!timetable.knows(SessionID(pool: PoolID(rawValue: 8), index: 0)))
    }
}

@Suite struct `Ids` {
    @Test(arguments: [(0, 0), (1, 1), (0xFF_FFFF, 0xF_FFFF)] as [(UInt32, UInt32)])
    func `an id says its pool, its session and its number`(pool: UInt32, index: UInt32) {
        let session = SessionID(pool: PoolID(rawValue: pool), index: index)
        let slot = SlotID(session: session, index: 511)
        let appointment = AppointmentID(session: session, number: Limits.numbersPerSession)
        #expect(session.pool.rawValue == pool && session.index == index)
        #expect(slot.session == session && slot.pool.rawValue == pool && slot.index == 511)
        #expect(appointment.session == session && appointment.pool.rawValue == pool)
        #expect(appointment.number == Limits.numbersPerSession)
    }

    @Test func `an identifier is compared byte by byte, not by what it looks like`() {
        let composed = Identifier(system: "mrn", value: "é")
        let decomposed = Identifier(system: "mrn", value: "e\u{301}")
        #expect(composed != decomposed)
    }
}
