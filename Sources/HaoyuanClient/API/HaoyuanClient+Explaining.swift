import Wire

extension HaoyuanClient {
    /// Why a slot is, or is not, for sale to somebody: what every rule of a booking says of it now. Nothing is taken.
    ///
    /// - Parameters:
    ///   - patient: For whom; nil for anybody: rules about the patient are not judged then.
    ///   - patientClass: How the patient is in the hospital; nil: rules about it are not judged.
    ///   - options: Its channel is who asks; nil: that of the client's configuration.
    /// - Throws: ``HaoyuanError/Code/notFound`` where there is no such slot, service or patient.
    public func explainSlot(
        _ slot: SlotID, service: ServiceID, patient: PatientID? = nil, patientClass: PatientClass? = nil,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> SlotExplanation {
        var request = PBExplainSlotRequest()
        request.slot = slot.rawValue
        request.service = service.rawValue
        request.patient = patient?.rawValue ?? 0
        request.patientClass = patientClass?.wire ?? .unspecified
        request.channel = options.channel?.wire ?? .unspecified
        return SlotExplanation(try await read(.explainSlot, request, options))
    }

    /// What else can be booked where a booking was refused: the next free slots of the same service that this patient
    /// may book through this channel. One search; empty where the rule refuses in every slot.
    ///
    /// - Parameters:
    ///   - department: Only in this one; nil for all that offer the service.
    ///   - patientClass: How the patient is in the hospital; nil: rules about it are not judged.
    ///   - from: Nil for today in the hospital's zone.
    ///   - limit: Most slots, 1 to 5,000.
    public func alternatives(
        to refusal: Refusal, service: ServiceID, patient: PatientID, department: DepartmentID? = nil,
        patientClass: PatientClass? = nil, from: LocalDate? = nil, limit: Int = 3, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> [FreeSlot] {
        guard refusal.rule.mayPassElsewhere else { return [] }
        let query = SlotQuery(
            department: department, service: service, from: from, limit: limit, nextFree: true, patient: patient,
            patientClass: patientClass)
        return try await searchSlots(query, options: options).slots
    }
}

extension Rule {
    /// Whether another slot may be booked where it refuses one. Not where it judges an appointment that there is, or
    /// the patient whatever the slot.
    public var mayPassElsewhere: Bool { !Self.passingNowhere.contains(self) }

    private static let passingNowhere: Set<Rule> = [
        .holdExpired, .state, .version, .tooEarly, .inProgress, .patientAppointments,
    ]
}
