import Journal
import Scheduling
import Wire

@testable import Engine

/// The bookings that are measured: those of `haoyuan bench`, from the same hospital of 20 departments and 200 pools.
/// Each is for another patient, and neighbours go to different pools.
enum Bookings {
    /// Bookings of one iteration: the largest batch that a frame may bring.
    static let perIteration = 8_192
    /// Batches as they come: one caller that waits, one connection's tick, a loop's tick, a full frame.
    static let sizes = [1, 16, 256, 8_192]
    /// Iterations of a benchmark at most. With the warm-up they take fewer bookings than there are patients.
    static let iterations = 100
    static let patients = 1_000_000

    static let pools = 200
    static let slots = 40
    static let places = UInt16(patients / (pools * slots) + 1)
    static let service = ServiceID(rawValue: 1)
    static let connection = ConnectionOrigin(channel: .app, operatorName: "bench")
    static let origin = Origin(channel: .app, operatorName: "bench")
    /// Monday, 2026-03-02, 08:00 in Shanghai; what is booked is two days later.
    static let now = Instant(rawValue: 1_772_409_600_000)
    static let times = SessionTimes(
        date: LocalDate(rawValue: 20_516), start: Instant(rawValue: 1_772_582_400_000), slotMinutes: 10,
        slots: UInt16(slots))

    /// The numbers of an iteration's bookings, counted over all iterations.
    static func range(_ iteration: Int) -> Range<Int> {
        iteration * perIteration..<(iteration + 1) * perIteration
    }

    static func key(_ index: Int) -> IdempotencyKey {
        IdempotencyKey(high: 0x68_616f_7975_616e, low: UInt64(index) + 1)
    }
    static func patient(_ index: Int) -> PatientID { PatientID(rawValue: UInt64(index % patients) + 1) }

    static func slot(_ index: Int) -> SlotID {
        let session = SessionID(pool: PoolID(rawValue: UInt32(index % pools) + 1), index: 0)
        return SlotID(session: session, index: UInt16(index / pools % slots))
    }

    static func write(_ index: Int) -> Write {
        Write(
            key: key(index), by: origin,
            command: .book(
                patient: patient(index), item: Command.Item(slot: slot(index), service: service), hold: false))
    }

    static func taken(_ index: Int) -> Taken {
        Taken(
            appointment: AppointmentID(session: slot(index).session, number: UInt32(index / pools) + 1),
            patient: patient(index), slot: UInt16(slot(index).index), span: 1, units: 1, service: service,
            state: .booked, holdUntil: nil)
    }

    static func event(_ index: Int) -> Event {
        let write = write(index)
        let answered = Event.Answered(key: write.key, fingerprint: write.fingerprint)
        return Event(at: now, by: origin, answer: answered, fact: .booked(taken(index)))
    }

    static func request(_ index: Int) -> PBBookRequest {
        var request = PBBookRequest()
        (request.keyHigh, request.keyLow) = (key(index).high, key(index).low)
        request.patient = patient(index).rawValue
        request.slot = slot(index).rawValue
        request.service = service.rawValue
        return request
    }

    static func outcome(_ index: Int) -> PBOutcome {
        let appointment = taken(index).appointment
        var outcome = PBOutcome()
        outcome.result = .done
        outcome.appointment = appointment.rawValue
        outcome.number = appointment.number
        outcome.state = .booked
        outcome.version = 1
        outcome.position = UInt64(index) + 1
        return outcome
    }

    static var draft: CatalogueDraft {
        var draft = CatalogueDraft()
        draft.departments = (0..<20).map { .init(code: "d\($0)", name: "d\($0)") }
        draft.services = [.init(code: "v", name: "v", kind: .clinic)]
        draft.pools = (0..<pools).map {
            .init(code: "p\($0)", name: "p\($0)", department: "d\($0 % 20)", resources: [], services: ["v"])
        }
        return draft
    }

    /// What every batch takes once: catalogue, timetable, and how many patients there are.
    static func snapshot() throws -> EngineView.Snapshot {
        var catalogue = Catalogue()
        for entity in try catalogue.decide(draft).events { catalogue.evolve(entity) }
        var timetable = Timetable()
        for session in sessions { timetable.open(session.id, session.times) }
        return EngineView.Snapshot(
            catalogue: CatalogueSnapshot(catalogue), timetable: timetable, patients: UInt64(patients))
    }

    /// One session of each pool, with places for all patients.
    static var sessions: [SessionDefinition] {
        (1...pools).map {
            SessionDefinition(
                id: SessionID(pool: PoolID(rawValue: UInt32($0)), index: 0), times: times, template: nil,
                capacities: [UInt16](repeating: places, count: slots))
        }
    }

    /// The bookings of an iteration in batches of a size.
    static func batches<Element>(of size: Int, _ range: Range<Int>, _ make: (Int) -> Element) -> [[Element]] {
        stride(from: range.lowerBound, to: range.upperBound, by: size).map { ($0..<$0 + size).map(make) }
    }
}
