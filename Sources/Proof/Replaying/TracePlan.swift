import Hosting
import Scheduling
import Terminal

/// The hospital that a trace took place in, derived from it by a stated rule (docs/reference/replay.md):
///
/// A clinic is a department with one pool. A clinic-day is one session, 06:00 to 22:00, of 64 slots of a quarter of an
/// hour. The trace knows only the day of a visit, so each appointment, in the order people booked, is planned into the
/// least filled slot of its clinic-day that starts after the booking, the earliest of equals; slots at which the
/// patient has nothing else planned that day come first. A slot's capacity is what was planned into it.
package struct TracePlan {
    /// One clinic on one day.
    struct Session {
        /// Index into `clinics`.
        let clinic: Int
        /// `YYYY-MM-DD`.
        let day: String
        /// When its first slot starts.
        let start: Int64
        /// Units of each slot.
        fileprivate(set) var capacities = [UInt32](repeating: 0, count: TracePlan.slots)
    }

    /// One appointment with its place. Moments are milliseconds since 1970.
    struct Booking {
        let line: Int
        let appointment: String
        /// Index into `patients`.
        let patient: Int
        /// Index into `sessions`.
        let session: Int
        let slot: Int
        let booked: Int64
        /// When its slot starts.
        let visit: Int64
        let cameNot: Bool
    }

    static let zone = "America/Sao_Paulo"
    static let slots = 64
    static let slotMinutes: Int64 = 15
    /// On the wall clock: 06:00.
    static let opens = "06:00"
    private static let opensMinute: Int64 = 6 * 60

    /// The clinics' names, sorted; the trace's neighbourhoods.
    private(set) var clinics: [String] = []
    /// The patients' ids in the trace, in the order of their first booking.
    private(set) var patients: [String] = []
    private(set) var sessions: [Session] = []
    /// In the order people booked: by moment, then as the file has them.
    private(set) var bookings: [Booking] = []

    private var clinicIndex: [String: Int] = [:]
    private var patientIndex: [String: Int] = [:]
    private var sessionIndex: [SessionKey: Int] = [:]
    /// Slot starts that a patient has planned on a day, in milliseconds.
    private var planned: [PatientDay: Set<Int64>] = [:]

    private struct SessionKey: Hashable {
        let clinic: Int
        let day: LocalDate
    }

    private struct PatientDay: Hashable {
        let patient: Int
        let day: LocalDate
    }

    /// Notes in the trace which rows have their visit before their booking.
    /// - Throws: where the machine's zone tables do not have the trace's zone.
    package init(_ trace: inout Trace) throws {
        let clock = try HospitalClock(zone: Self.zone)
        clinics = Set(trace.rows.map(\.clinic)).sorted()
        clinicIndex = Dictionary(uniqueKeysWithValues: clinics.enumerated().map { ($1, $0) })
        let order = trace.rows.indices.sorted {
            (trace.rows[$0].bookedWallSecond, $0) < (trace.rows[$1].bookedWallSecond, $1)
        }
        for index in order {
            let booking = plan(trace.rows[index], clock)
            if booking.visit <= booking.booked { trace.note(.late, line: booking.line) }
            bookings.append(booking)
        }
        // A session must have something to offer even when all that the trace has for it came too late.
        for index in sessions.indices where !sessions[index].capacities.contains(where: { $0 > 0 }) {
            sessions[index].capacities[0] = 1
        }
    }

    private mutating func plan(_ row: Trace.Row, _ clock: HospitalClock) -> Booking {
        let booked = clock.moment(wallSecond: row.bookedWallSecond) * 1_000
        let patient = patient(row.patient)
        let session = session(of: row, clock)
        let day = PatientDay(patient: patient, day: row.visit)
        let slot = leastFilled(sessions[session], after: booked, avoiding: planned[day] ?? [])
        let start = sessions[session].start(ofSlot: slot ?? Self.slots - 1)
        if let slot {
            sessions[session].capacities[slot] += 1
            planned[day, default: []].insert(start)
        }
        return Booking(
            line: row.line, appointment: row.appointment, patient: patient, session: session,
            slot: slot ?? Self.slots - 1, booked: booked, visit: start, cameNot: row.cameNot)
    }

    /// Nil when every slot has begun before the booking.
    private func leastFilled(_ session: Session, after booked: Int64, avoiding taken: Set<Int64>) -> Int? {
        var best: (slot: Int, isTaken: Bool, filled: UInt32)?
        for slot in 0..<Self.slots where session.start(ofSlot: slot) > booked {
            let candidate = (slot, taken.contains(session.start(ofSlot: slot)), session.capacities[slot])
            if let current = best, (current.isTaken ? 1 : 0, current.filled) <= (candidate.1 ? 1 : 0, candidate.2) {
                continue
            }
            best = candidate
        }
        return best?.slot
    }

    private mutating func patient(_ id: String) -> Int {
        if let known = patientIndex[id] { return known }
        patients.append(id)
        patientIndex[id] = patients.count - 1
        return patients.count - 1
    }

    private mutating func session(of row: Trace.Row, _ clock: HospitalClock) -> Int {
        guard let clinic = clinicIndex[row.clinic] else { preconditionFailure("every row's clinic was listed") }
        let key = SessionKey(clinic: clinic, day: row.visit)
        if let known = sessionIndex[key] { return known }
        let opens = Int64(row.visit.rawValue) * 86_400 + Self.opensMinute * 60
        sessions.append(
            Session(clinic: clinic, day: row.visit.description, start: clock.moment(wallSecond: opens) * 1_000))
        sessionIndex[key] = sessions.count - 1
        return sessions.count - 1
    }
}

extension TracePlan.Session {
    func start(ofSlot slot: Int) -> Int64 { start + Int64(slot) * TracePlan.slotMinutes * 60_000 }
}

extension TracePlan {
    /// A day before the first booking, in milliseconds since 1970: the hospital is there before its patients.
    package var begins: Int64 { (bookings.first?.booked ?? 0) - 86_400_000 }

    /// From then to the end of the last visit, in milliseconds.
    package var lasts: Int64 {
        let end = bookings.map { max($0.booked, $0.visit) }.max() ?? 0
        return max(0, end - begins)
    }
}
