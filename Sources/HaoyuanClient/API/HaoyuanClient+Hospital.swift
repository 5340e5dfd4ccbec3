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
    /// It is not retried once it may have been applied, so as not to undo what somebody else has put since; putting the
    /// same again is harmless.
    public func putCatalogue(
        _ catalogue: Catalogue, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> CatalogueChange {
        var request = PBPutCatalogueRequest()
        request.catalogue = catalogue.wire
        return CatalogueChange(try await write(.putCatalogue, request, options))
    }

    /// Registers patients under their identifiers, 1 to 16 each; at most 8,192 patients a call. One that is known by
    /// any of its identifiers keeps its id, and the identifiers that were unknown are added to it.
    ///
    /// - Returns: What became of each, in order.
    public func registerPatients(
        _ patients: [[Identifier]], options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> [Registration] {
        var request = PBRegisterPatientsRequest()
        request.patients = patients.map { identifiers in
            var patient = PBPatient()
            patient.identifiers = identifiers.map(\.wire)
            return patient
        }
        let reply: PBRegisterPatientsReply = try await write(.registerPatients, request, options)
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
