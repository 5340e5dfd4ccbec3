import Wire

/// FHIR's Identifier: who gave it out, and what it says. Compared byte by byte; 1 to 128 bytes each.
public struct Identifier: Hashable, Sendable {
    /// Who gave it out, such as `urn:hospital:mrn`.
    public var system: String
    /// What it says.
    public var value: String

    /// An identifier of a patient.
    public init(system: String, value: String) {
        self.system = system
        self.value = value
    }

    var wire: PBIdentifier {
        var wire = PBIdentifier()
        wire.system = system
        wire.value = value
        return wire
    }
}

/// What became of one patient of a registration.
public enum Registration: Hashable, Sendable {
    /// New, with this id.
    case created(PatientID)
    /// Known by one of the identifiers; unknown identifiers were added.
    case known(PatientID)
    /// Not registered; a sentence says why, for example that the identifiers belong to two different patients.
    case failed(String)

    /// The patient's id, unless it failed.
    public var patient: PatientID? {
        switch self {
        case .created(let patient), .known(let patient): patient
        case .failed: nil
        }
    }

    init(_ outcome: PBPatientOutcome) {
        let patient = PatientID(rawValue: outcome.patient)
        self = outcome.patient == 0 ? .failed(outcome.problem) : outcome.created ? .created(patient) : .known(patient)
    }
}
