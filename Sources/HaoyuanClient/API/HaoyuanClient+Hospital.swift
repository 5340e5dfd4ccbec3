import Wire

extension HaoyuanClient {
    /// How the server is doing.
    ///
    /// - Parameter zone: An IANA zone whose clock changes ``ServerStatus/zones`` compares the hospital's with, at most
    ///   256 bytes; nil for the hospital's own.
    public func status(
        zone: String? = nil, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> ServerStatus {
        var request = PBStatusRequest()
        request.zone = zone ?? ""
        return ServerStatus(try await read(.status, request, options))
    }

    /// Everything that can be booked, with the position it reflects.
    public func catalogue(
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> (catalogue: Catalogue, position: Position) {
        // Nothing leaves a catalogue, but what one page shows may refer to what another did not show yet: where it was
        // changed between two pages, it is read anew.
        for _ in 0..<Self.readings {
            var whole = PBCatalogue()
            var (request, changed) = (PBGetCatalogueRequest(), UInt64?.none)
            request.limit = Self.pageLimit
            while true {
                let reply: PBGetCatalogueReply = try await read(.getCatalogue, request, options)
                guard changed == nil || changed == reply.changed else { break }
                changed = reply.changed
                whole.append(reply.catalogue)
                guard reply.more else {
                    var catalogue = Catalogue(whole)
                    catalogue.clockChanges = reply.clockChanges.map(Catalogue.ClockChange.init)
                    return (catalogue, Position(rawValue: reply.position))
                }
                request.after = reply.next
            }
        }
        throw HaoyuanError(.overloaded, "the catalogue was changed each time it was read; read it again")
    }

    /// Most items of a page that is asked for: the server puts in as many as a frame holds.
    static let pageLimit: UInt32 = 5_000
    /// How often a catalogue that is changed meanwhile is read anew.
    private static let readings = 16

    /// Adds and updates entities by code. All or nothing: one unknown code, or one value out of range, refuses the
    /// whole put with ``HaoyuanError/Code/invalidArgument``.
    ///
    /// One that no frame holds goes in parts, which apply together or not at all.
    ///
    /// - Parameter key: Chosen and stored before the call: the same key later gets the first answer. Without one the
    ///   put is not retried once it may have been applied, so as not to undo what another caller has put since.
    public func putCatalogue(
        _ catalogue: Catalogue, key: IdempotencyKey? = nil, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> CatalogueChange {
        let parts = catalogue.wire.parts(of: Self.partBytes)
        if parts.count > 1 { return try await put(parts, key ?? .random(), options) }
        var request = PBPutCatalogueRequest()
        request.catalogue = parts[0]
        request.keyHigh = key?.high ?? 0
        request.keyLow = key?.low ?? 0
        return CatalogueChange(try await write(.putCatalogue, request, key, options))
    }

    /// Bytes of one part of a catalogue, well within a frame.
    private static let partBytes = 2 << 20
    /// How often all parts are sent, where a server has lost the first ones because it was started meanwhile.
    private static let uploads = 8

    private func put(
        _ parts: [PBCatalogue], _ key: IdempotencyKey, _ options: RequestOptions
    ) async throws(HaoyuanError) -> CatalogueChange {
        var request = PBPutCatalogueRequest()
        request.keyHigh = key.high
        request.keyLow = key.low
        request.parts = UInt32(parts.count)
        var (next, uploads) = (0, 1)
        while true {
            request.catalogue = parts[next]
            request.part = UInt32(next + 1)
            do throws(HaoyuanError) {
                let reply: PBPutCatalogueReply = try await write(.putCatalogue, request, key, options)
                // A key that was answered before is answered by its last part, too.
                guard reply.waiting else { return CatalogueChange(reply) }
                next += 1
                guard next < parts.count else {
                    throw HaoyuanError(.protocolViolation, "the server waits for more parts than there are")
                }
            } catch {
                guard error.code == .notFound, uploads < Self.uploads else { throw error }
                uploads += 1
                next = 0
            }
        }
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

    /// The patients with these identifiers, in order; nil where there is none. However many: they are asked for in
    /// pieces.
    public func findPatients(
        _ identifiers: [Identifier], options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> [PatientID?] {
        var found: [PatientID?] = []
        while found.count < identifiers.count {
            var request = PBFindPatientsRequest()
            request.identifiers = identifiers.dropFirst(found.count).prefix(Int(Self.pageLimit)).map(\.wire)
            request.limit = Self.pageLimit
            let reply: PBFindPatientsReply = try await read(.findPatients, request, options)
            guard !reply.patients.isEmpty else {
                throw HaoyuanError(.protocolViolation, "the server answers for none of the identifiers")
            }
            found += reply.patients.map { $0 == 0 ? nil : PatientID(rawValue: $0) }
        }
        return found
    }
}
