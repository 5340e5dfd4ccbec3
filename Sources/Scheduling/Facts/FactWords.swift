/// The names that words need and a fact does not have: pools and services by id, moments in the hospital's zone.
package protocol FactNames {
    func name(of pool: PoolID) -> String
    func name(of service: ServiceID) -> String
    func text(of moment: Instant) -> String
}

extension FactLine {
    /// The line as a sentence, from its kind's row in the table. `{field}` stands for the field's value, `[…]` is left
    /// out where a field in it has none. Beside the fields there are `{pool}`, that of the session, and `{place}`, the
    /// slot within its session.
    package func words(_ names: some FactNames) -> String {
        var text = ""
        var rest = kind.row.sentence[...]
        while let next = rest.first {
            if next == "[", let end = rest.firstIndex(of: "]") {
                text += fill(rest[rest.index(after: rest.startIndex)..<end], names) ?? ""
                rest = rest[rest.index(after: end)...]
            } else {
                let end = rest.dropFirst().firstIndex(of: "[") ?? rest.endIndex
                text += fill(rest[..<end], names, missing: "?") ?? ""
                rest = rest[end...]
            }
        }
        return text
    }

    /// A piece of a sentence with its values in their places; nil where one is not there and nothing stands for it.
    private func fill(_ piece: Substring, _ names: some FactNames, missing: String? = nil) -> String? {
        var text = ""
        var rest = piece
        while let begin = rest.firstIndex(of: "{"), let end = rest[begin...].firstIndex(of: "}") {
            text += rest[..<begin]
            guard let value = word(String(rest[rest.index(after: begin)..<end]), names) ?? missing else { return nil }
            text += value
            rest = rest[rest.index(after: end)...]
        }
        return text + rest
    }

    /// The value under a name, in words; nil where there is none, or none worth a word.
    private func word(_ name: String, _ names: some FactNames) -> String? {
        switch name {
        case "pool": session.map { names.name(of: $0.pool) }
        case "place": slot.map { "slot \($0.index)" }
        default: FactField(rawValue: name).flatMap { word($0, names) }
        }
    }

    private func word(_ field: FactField, _ names: some FactNames) -> String? {
        func number(_ value: UInt32, above: UInt32 = 0) -> String? { value > above ? "\(value)" : nil }
        func text(_ value: String) -> String? { value.isEmpty ? nil : value }
        return switch field {
        case .appointment: appointment?.place
        case .patient: patient.map { "#\($0.rawValue)" }
        case .slot: slot?.place
        case .slots: number(slots, above: 1)
        case .units: number(units, above: 1)
        case .service: service.map { names.name(of: $0) }
        case .state: state?.name
        case .version: number(version)
        case .itinerary: itinerary?.place
        case .session: session?.place
        case .rule: rule?.name
        case .limit: number(limit)
        case .item: number(item)
        case .reason: text(reason)
        case .entity: text(entity)
        case .epoch: number(epoch)
        case .identifiers: identifiers == 0 ? nil : identifiers == 1 ? "1 identifier" : "\(identifiers) identifiers"
        case .shape: text(shape)
        case .report: text(report)
        case .through: "\(through)"
        case .movedFrom: movedFrom?.place
        case .holdUntil: holdUntil.map { names.text(of: $0) }
        case .policyVersion: number(policyVersion)
        case .patientClass: patientClass?.name
        case .payment: text(payment)
        case .amount: amount == 0 ? nil : "\(amount / 100).\(amount % 100 < 10 ? "0" : "")\(amount % 100) yuan"
        case .refund: refund?.place
        case .cause: cause?.name
        }
    }

    /// The line's fields that have a value, for programs, in the order of `FactField`.
    package var values: [(field: FactField, value: FactValue)] {
        FactField.allCases.compactMap { field in
            guard kind.row.fields[field] != nil, let value = value(field) else { return nil }
            return (field, value)
        }
    }

    private func value(_ field: FactField) -> FactValue? {
        func count(_ value: UInt32) -> FactValue? { value == 0 ? nil : .count(UInt64(value)) }
        func text(_ value: String) -> FactValue? { value.isEmpty ? nil : .text(value) }
        return switch field {
        case .appointment: appointment.map { .id($0.rawValue) }
        case .patient: patient.map { .id($0.rawValue) }
        case .slot: slot.map { .id($0.rawValue) }
        case .slots: count(slots)
        case .units: count(units)
        case .service: service.map { .id(UInt64($0.rawValue)) }
        case .state: state.map { .text($0.name) }
        case .version: count(version)
        case .itinerary: itinerary.map { .id($0.rawValue) }
        case .session: session.map { .id($0.rawValue) }
        case .rule: rule.map { .text($0.name) }
        case .limit: count(limit)
        case .item: .count(UInt64(item))
        case .reason: text(reason)
        case .entity: text(entity)
        case .epoch: count(epoch)
        case .identifiers: .count(UInt64(identifiers))
        case .shape: text(shape)
        case .report: text(report)
        case .through: .count(through)
        case .movedFrom: movedFrom.map { .id($0.rawValue) }
        case .holdUntil: holdUntil.map { .moment($0) }
        case .policyVersion: count(policyVersion)
        case .patientClass: patientClass.map { .text($0.name) }
        case .payment: text(payment)
        case .amount: count(amount)
        case .refund: refund.map { .id($0.rawValue) }
        case .cause: cause.map { .text($0.name) }
        }
    }
}

// Ids as people write them.

extension SessionID {
    /// `pool/index`.
    package var place: String { "\(pool.rawValue)/\(index)" }
}

extension SlotID {
    /// `pool/index of the session/index of the slot`.
    package var place: String { "\(session.place)/\(index)" }
}

extension AppointmentID {
    /// `pool/index of the session/number`.
    package var place: String { "\(session.place)/\(number)" }
}

extension RefundID {
    /// `pool/index of the session/number`.
    package var place: String { "\(session.place)/\(number)" }
}

extension AppointmentState {
    /// Lower case, with hyphens.
    package var name: String { self == .noShow ? "no-show" : "\(self)" }
}

extension PatientClass {
    /// Lower case.
    package var name: String { "\(self)" }
}

extension Channel {
    /// Lower case, with hyphens.
    package var name: String { self == .miniProgram ? "mini-program" : "\(self)" }
}
