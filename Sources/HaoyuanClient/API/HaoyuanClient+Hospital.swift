import Wire

extension HaoyuanClient {
    /// How the server is doing.
    public func status(options: RequestOptions = .init()) async throws(HaoyuanError) -> ServerStatus {
        ServerStatus(try await read(.status, PBStatusRequest(), options))
    }

    /// Everything that can be booked, with the position it reflects.
    public func catalogue(
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> (catalogue: Catalogue, position: Position) {
        let reply: PBGetCatalogueReply = try await read(.getCatalogue, PBGetCatalogueRequest(), options)
        return (Catalogue(reply.catalogue), Position(rawValue: reply.position))
    }

    /// Adds and updates entities by code. All or nothing: one unknown code, or one value out of range, refuses the
    /// whole put with ``HaoyuanError/Code/invalidArgument``.
    ///
    /// - Parameter key: Chosen and stored before the call: the same key later gets the first answer. Without one the
    ///   put is not retried once it may have been applied, so as not to undo what another caller has put since.
    public func putCatalogue(
        _ catalogue: Catalogue, key: IdempotencyKey? = nil, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> CatalogueChange {
        var request = PBPutCatalogueRequest()
        request.catalogue = catalogue.wire
        request.keyHigh = key?.high ?? 0
        request.keyLow = key?.low ?? 0
        return CatalogueChange(try await write(.putCatalogue, request, key, options))
    }

    /// Registers patients under their identifiers, 1 to 16 each; at most 8,192 patients a call. One that is known by
    /// any of its identifiers keeps its id, and the identifiers that were unknown are added to it.
    ///
    /// - Parameter key: Chosen and stored before the call; nil for none.
    /// - Returns: What became of each, in order.
    public func registerPatients(
        _ patients: [[Identifier]], key: IdempotencyKey? = nil, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> [Registration] {
        var request = PBRegisterPatientsRequest()
        request.keyHigh = key?.high ?? 0
        request.keyLow = key?.low ?? 0
        request.patients = patients.map { identifiers in
            var patient = PBPatient()
            patient.identifiers = identifiers.map(\.wire)
            return patient
        }
        let reply: PBRegisterPatientsReply = try await write(.registerPatients, request, key, options)
        return reply.outcomes.map(Registration.init)
    }

    /// The patients with these identifiers, in order; nil where there is none. At most 8,192 identifiers a call.
    public func findPatients(
        _ identifiers: [Identifier], options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> [PatientID?] {
        var request = PBFindPatientsRequest()
        request.identifiers = identifiers.map(\.wire)
        let reply: PBFindPatientsReply = try await read(.findPatients, request, options)
        return reply.patients.map { $0 == 0 ? nil : PatientID(rawValue: $0) }
    }
}
