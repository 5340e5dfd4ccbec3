package import Scheduling

extension LocalDate {
    /// A day that a field must give.
    package init(_ text: String, field: String) throws(ProtocolError) {
        guard let date = LocalDate(text), LocalDate.range.contains(date) else {
            throw ProtocolError.invalid(
                field, "a day is written YYYY-MM-DD, \(LocalDate.range.lowerBound) to \(LocalDate.range.upperBound)")
        }
        self = date
    }

    /// A day that a field may give; nil where it is empty.
    package static func optional(_ text: String, field: String) throws(ProtocolError) -> LocalDate? {
        text.isEmpty ? nil : try LocalDate(text, field: field)
    }
}

extension WallTime {
    package init(_ text: String, field: String) throws(ProtocolError) {
        guard let time = WallTime(text) else {
            throw ProtocolError.invalid(field, "a time of day is written HH:MM, 00:00 to 23:59")
        }
        self = time
    }
}

extension Identifier {
    /// - Parameter field: where it stands in the request, for the error.
    package init(_ message: PBIdentifier, field: @autoclosure () -> String) throws(ProtocolError) {
        func check(_ text: String, _ name: String) throws(ProtocolError) {
            guard (1...Limits.identifierBytes).contains(text.utf8.count) else {
                throw ProtocolError.invalid(
                    "\(field()).\(name)", "has 1 to \(Limits.identifierBytes) bytes, not \(text.utf8.count)")
            }
        }
        try check(message.system, "system")
        try check(message.value, "value")
        self.init(system: message.system, value: message.value)
    }
}

extension PBRegisterPatientsRequest {
    /// The identifiers of each patient.
    package func identifiers() throws(ProtocolError) -> [[Identifier]] {
        var all: [[Identifier]] = []
        all.reserveCapacity(patients.count)
        for (index, patient) in patients.enumerated() {
            guard (1...Limits.identifiersPerPatient).contains(patient.identifiers.count) else {
                throw ProtocolError.invalid(
                    "patients[\(index)].identifiers",
                    "a patient has 1 to \(Limits.identifiersPerPatient), not \(patient.identifiers.count)")
            }
            var own: [Identifier] = []
            own.reserveCapacity(patient.identifiers.count)
            for (place, identifier) in patient.identifiers.enumerated() {
                own.append(try Identifier(identifier, field: "patients[\(index)].identifiers[\(place)]"))
            }
            all.append(own)
        }
        return all
    }
}
