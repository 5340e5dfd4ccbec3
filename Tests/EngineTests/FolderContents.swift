import Foundation
import Journal
import Scheduling

@testable import Engine

/// What a data folder of an earlier version holds, as the JSON beside it tells it. Everything is a line for people, so
/// that a difference can be read; numbers and names are those of the version that wrote it.
struct FolderContents: Codable {
    /// Positions of the journal as the folder lies there, before any start.
    struct Positions: Codable, Equatable {
        /// The oldest record that the log still has.
        var oldest: UInt64
        /// The first record that the state tables need not reflect.
        var checkpoint: UInt64
        /// The last record in the log; those behind it stand in the tail's file alone.
        var log: UInt64
        var last: UInt64
    }

    /// One keyed write with the answer that it got.
    struct Keyed: Codable {
        var high: UInt64
        var low: UInt64
        var channel: UInt8
        var asked: Asked
        var answer: String
    }

    /// A write as numbers: `Command` may change its form, what was asked does not.
    enum Asked: Codable {
        case book(patient: UInt64, slot: UInt64, service: UInt32, hold: Bool)
        case together(patient: UInt64, slots: [UInt64], services: [UInt32], hold: Bool)
        case change(appointment: UInt64, transition: UInt8, ifVersion: UInt32, reason: String)
        case move(appointment: UInt64, slot: UInt64, ifVersion: UInt32, reason: String)
    }

    var writtenBy: String
    /// The moment at which it was left, in milliseconds since 1970.
    var moment: Int64
    var epoch: UInt32
    var positions: Positions
    /// Records of each kind behind the checkpoint, in the log and in the tail's file.
    var recordsInLog: [String: Int]
    var recordsInTail: [String: Int]
    var state: FolderState
    var keys: [Keyed]
}

extension FolderContents.Keyed {
    var key: IdempotencyKey { IdempotencyKey(high: high, low: low) }

    var write: Write { write(asked.command) }

    func write(_ command: Command) -> Write {
        Write(
            key: key, by: Origin(channel: Channel(rawValue: channel) ?? .system, operatorName: "again"),
            command: command)
    }
}

extension FolderContents.Asked {
    var command: Command {
        switch self {
        case .book(let patient, let slot, let service, let hold):
            .book(patient: PatientID(rawValue: patient), item: Self.item(slot, service), hold: hold)
        case .together(let patient, let slots, let services, let hold):
            .bookTogether(
                patient: PatientID(rawValue: patient), items: zip(slots, services).map { Self.item($0, $1) }, hold: hold
            )
        case .change(let appointment, let transition, let ifVersion, let reason):
            .change(
                AppointmentID(rawValue: appointment), Transition(rawValue: transition) ?? .stop, ifVersion: ifVersion,
                reason: reason)
        case .move(let appointment, let slot, let ifVersion, let reason):
            .move(
                AppointmentID(rawValue: appointment), to: SlotID(rawValue: slot), ifVersion: ifVersion, reason: reason)
        }
    }

    private static func item(_ slot: UInt64, _ service: UInt32) -> Command.Item {
        Command.Item(slot: SlotID(rawValue: slot), service: ServiceID(rawValue: service))
    }
}

/// Everything that an engine shows of what it has, whether it is in memory or in the history table.
struct FolderState: Codable, Equatable {
    /// An identifier and the patient that it names.
    struct Known: Codable, Hashable {
        var system: String
        var value: String
        var patient: UInt64

        var identifier: Identifier { Identifier(system: system, value: value) }
    }

    var counts: [String: Int]
    /// Appointments by state, those of archived sessions too.
    var states: [String: Int]
    var catalogue: [String]
    var sessions: [String]
    /// By session and number.
    var appointments: [String]
    var identifiers: [Known]

    /// Reads it from an engine, while nothing is written.
    /// - Parameter asked: the identifiers to ask for, since no reading lists them.
    init(of engine: Engine, asking asked: [Identifier]) async throws {
        let state = await engine.state()
        let counts = await engine.status().counts
        catalogue = state.catalogue.entities.map(Self.line)
        sessions = []
        appointments = []
        states = [:]
        var archived = 0
        for id in state.pools.flatMap(\.allSessionIDs).sorted(by: { $0.rawValue < $1.rawValue }) {
            sessions.append(Self.line(id, state.pools.lazy.compactMap { $0.session(id) }.first))
            for found in try await engine.appointments(in: id).value {
                appointments.append(Self.line(found))
                states["\(found.appointment.record.state)", default: 0] += 1
                if found.isArchived { archived += 1 }
            }
        }
        identifiers = zip(asked, try await engine.findPatients(asked).value).map {
            Known(system: $0.system, value: $0.value, patient: $1?.rawValue ?? 0)
        }
        self.counts = [
            "sessions": counts.sessions, "slots": counts.slots, "appointments": counts.appointments,
            "holds": counts.holds, "archived appointments": archived, "patients": Int(state.registered),
        ]
    }

    private static func line(_ id: SessionID, _ session: Session?) -> String {
        guard let session else { return "\(place(id)) archived" }
        let slots = session.slots.map { "\($0.taken)/\($0.capacity)" }.joined(separator: " ")
        return
            "\(place(id)) \(session.times.date) from minute \(session.times.startMinute), "
            + "\(session.times.slotMinutes) minutes each, template \(session.template?.rawValue ?? 0), "
            + "\(session.live) live: \(slots)"
    }

    static func line(_ found: FoundAppointment) -> String {
        let record = found.appointment.record
        var line =
            "\(place(found.appointment.id)) \(record.state) version \(record.version) patient \(record.patient.rawValue) "
            + "slot \(record.slot) span \(record.span) units \(record.units) service \(record.service.rawValue) "
            + "\(record.channel) made \(record.made.rawValue) changed \(record.changed.rawValue)"
        if let until = record.holdUntil { line += " until \(until.rawValue)" }
        if let itinerary = record.itinerary { line += " with \(place(itinerary))" }
        if let movedFrom = record.movedFrom { line += " from \(place(movedFrom))" }
        if found.isArchived { line += " archived" }
        return line
    }

    private static func line(_ entity: CatalogueEntity) -> String {
        switch entity {
        case .hospital(let hospital):
            return "hospital \(hospital.name), \(hospital.zone.name): "
                + hospital.zone.changes.map { "\($0.fromSecond) \($0.offsetSeconds)" }.joined(separator: ", ")
        case .department(let department):
            return "department \(department.id.rawValue) \(department.code) \(department.name)"
        case .resource(let resource):
            return "resource \(resource.id.rawValue) \(resource.code) \(resource.name), \(resource.kind), "
                + "department \(resource.department.rawValue)"
        case .service(let service):
            return "service \(service.id.rawValue) \(service.code) \(service.name), \(service.kind), "
                + "\(service.slots) slots, \(service.units) units, \(service.priceFen) fen, "
                + "preparation of \(service.preparation.utf8.count) bytes: \(service.preparation.prefix(24))"
        case .pool(let pool):
            return "pool \(pool.id.rawValue) \(pool.code) \(pool.name), department \(pool.department.rawValue), "
                + "resources \(pool.resources.map(\.rawValue)), services \(pool.services.map(\.rawValue))"
        case .policy(let policy):
            return "policy of department \(policy.department?.rawValue ?? 0), version \(policy.version): "
                + "\(policy.perDayDepartment) and \(policy.perDay) a day, holds of \(policy.holdSeconds) s"
        case .template(let template):
            return "template \(template.id.rawValue) \(template.code), pool \(template.pool.rawValue), "
                + "weekdays \(template.weekdays), \(template.start), \(template.slots) slots of "
                + "\(template.slotMinutes) min, \(template.capacity) units, "
                + "\(template.validFrom?.description ?? "any") to \(template.validUntil?.description ?? "any")"
        case .calendar(let calendar):
            return "calendar \(calendar.id.rawValue) \(calendar.code), \(calendar.first) to \(calendar.last), "
                + "\(calendar.days.count) days"
        case .leave(let leave): return "leave \(leave.id.rawValue) \(leave.code)"
        }
    }

    static func place(_ id: SessionID) -> String { "\(id.pool.rawValue)/\(id.index)" }

    static func place(_ id: AppointmentID) -> String { "\(place(id.session))/\(id.number)" }
}

extension Answer {
    /// The answer as a line that every version must give alike.
    var line: String {
        switch outcome {
        case .done(let receipt):
            let together = receipt.together.map(FolderState.place).joined(separator: " ")
            return "done \(FolderState.place(receipt.appointment)) \(receipt.state) version \(receipt.version) "
                + "until \(receipt.holdUntil?.rawValue ?? 0) together [\(together)] at \(position.rawValue)"
        case .refused(let refusal, let item):
            return "refused \(refusal.rule) item \(item) policy \(refusal.policyVersion) \(refusal.authority) "
                + "limit \(refusal.limit) at \(position.rawValue)"
        case .told(let fact): return "told \(fact.kindName) at \(position.rawValue)"
        case .failed(let error): return "failed \(error.code): \(error.message)"
        }
    }
}

extension Fact {
    /// The name of its kind.
    var kindName: String { kind.row.name.replacing("-", with: " ") }
}
