import HaoyuanClient
import Hosting
import Terminal

/// One write of a drill's load, as often as it is sent.
struct DrillRequest: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case book(PatientID, SlotID, hold: Bool)
        /// All or none.
        case together(PatientID, [SlotID])
        case change(AppointmentID, Transition)
        case move(AppointmentID, to: SlotID)
    }

    let key: IdempotencyKey
    let action: Action

    /// Sends it with its key.
    /// - Returns: the answer, and whether it had been given before.
    func send(
        to client: HaoyuanClient, service: ServiceID, timeout: Duration? = nil
    ) async throws(HaoyuanError) -> (answer: DrillAnswer, isRepetition: Bool) {
        let options = RequestOptions(timeout: timeout)
        switch action {
        case .book(let patient, let slot, let hold):
            return DrillAnswer.reading(
                try await client.book(
                    patient: patient, slot: slot, service: service, hold: hold, key: key, options: options))
        case .together(let patient, let slots):
            let items = slots.map { JointItem(slot: $0, service: service) }
            switch try await client.bookTogether(patient: patient, items: items, key: key, options: options) {
            case .done(let receipt, let appointments):
                return (DrillAnswer(receipt, appointments), receipt.isRepetition)
            case .refused(let refusal, _): return (DrillAnswer(refusal), refusal.isRepetition)
            }
        case .change(let appointment, let transition):
            return DrillAnswer.reading(try await client.change(appointment, transition, key: key, options: options))
        case .move(let appointment, let slot):
            return DrillAnswer.reading(try await client.move(appointment, to: slot, key: key, options: options))
        }
    }
}

/// What the first answer to a write said; each further one must say the same.
enum DrillAnswer: Hashable, Sendable, CustomStringConvertible {
    case done(appointments: [AppointmentID], state: AppointmentState, version: UInt32, holdUntil: Instant?, Position)
    case refused(Rule, Position)

    init(_ receipt: Receipt, _ appointments: [AppointmentID]) {
        self = .done(
            appointments: appointments, state: receipt.state, version: receipt.version, holdUntil: receipt.holdUntil,
            receipt.position)
    }

    /// The record that holds it.
    var position: Position {
        switch self {
        case .done(_, _, _, _, let position), .refused(_, let position): position
        }
    }

    init(_ refusal: Refusal) { self = .refused(refusal.rule, refusal.position) }

    fileprivate static func reading(_ outcome: Outcome) -> (answer: DrillAnswer, isRepetition: Bool) {
        switch outcome {
        case .done(let receipt): (DrillAnswer(receipt, [receipt.appointment]), receipt.isRepetition)
        case .refused(let refusal): (DrillAnswer(refusal), refusal.isRepetition)
        }
    }

    var description: String {
        switch self {
        case .done(let appointments, let state, let version, _, let position):
            "\(appointments.map(\.place).joined(separator: " and ")) \(state.word) in version \(version) at \(position)"
        case .refused(let rule, let position): "refused by \(rule.name) at \(position)"
        }
    }
}
