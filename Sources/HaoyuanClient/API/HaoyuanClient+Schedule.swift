import Wire

extension HaoyuanClient {
    /// Opens what the templates say for these days, both inclusive, that is not open yet. Repeating it changes nothing.
    ///
    /// - Parameters:
    ///   - templates: codes; empty for all.
    ///   - key: Chosen and stored before the call; nil for none.
    public func generateSessions(
        from: LocalDate, to: LocalDate, templates: [String] = [], key: IdempotencyKey? = nil,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> SessionsOpened {
        var request = PBGenerateSessionsRequest()
        request.from = from.description
        request.to = to.description
        request.templates = templates
        request.keyHigh = key?.high ?? 0
        request.keyLow = key?.low ?? 0
        return SessionsOpened(try await write(.generateSessions, request, key, options))
    }

    /// What ``generateSessions(from:to:templates:key:options:)`` with the same days and templates would do at this
    /// moment. Nothing is changed by it. A large one comes in pages, each of which is of its own moment.
    ///
    /// - Parameter templates: codes; empty for all.
    public func previewSessions(
        from: LocalDate, to: LocalDate, templates: [String] = [], options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> SessionsPreview {
        var request = PBPreviewSessionsRequest()
        request.from = from.description
        request.to = to.description
        request.templates = templates
        request.limit = Self.pageLimit
        var reply: PBPreviewSessionsReply = try await read(.previewSessions, request, options)
        var preview = SessionsPreview(reply)
        while reply.more {
            request.after = reply.next
            reply = try await read(.previewSessions, request, options)
            preview.add(reply)
        }
        return preview
    }

    /// Opens sessions that no template describes; at most 8,192 a call. One that stands already (same pool, start and
    /// shape) is left alone; one that would overlap another of its pool is a conflict and is not opened.
    ///
    /// - Parameter key: Chosen and stored before the call; nil for none.
    public func openSessions(
        _ sessions: [NewSession], key: IdempotencyKey? = nil, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> SessionsOpened {
        var request = PBOpenSessionsRequest()
        request.sessions = sessions.map(\.wire)
        request.keyHigh = key?.high ?? 0
        request.keyLow = key?.low ?? 0
        return SessionsOpened(try await write(.openSessions, request, key, options))
    }

    /// The open sessions of these days, both inclusive, in a department or a pool or everywhere.
    public func sessions(
        department: DepartmentID? = nil, pool: PoolID? = nil, from: LocalDate, to: LocalDate,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> [Session] {
        var request = PBListSessionsRequest()
        request.department = department?.rawValue ?? 0
        request.pool = pool?.rawValue ?? 0
        request.from = from.description
        request.to = to.description
        request.limit = Self.pageLimit
        var found: [Session] = []
        while true {
            let reply: PBListSessionsReply = try await read(.listSessions, request, options)
            found += reply.sessions.map(Session.init)
            guard reply.more else { return found }
            (request.afterStartMs, request.after) = (reply.nextStartMs, reply.next)
        }
    }

    /// Slots that can still be booked, by start, then by slot id. They are judged by the rules of a booking, as far as
    /// the query says who asks and for whom; ``SlotPage/notJudged`` names the rules that may still refuse.
    public func searchSlots(
        _ query: SlotQuery, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> SlotPage {
        var request = query.wire
        request.channel = options.channel?.wire ?? .unspecified
        return SlotPage(try await read(.searchSlots, request, options))
    }

    /// What there is on each day, for a calendar. Free is the sum of what ``searchSlots(_:options:)`` would list.
    public func dayCounts(
        _ query: DayQuery, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> DayPage {
        var request = query.wire
        request.channel = options.channel?.wire ?? .unspecified
        return DayPage(try await read(.dayCounts, request, options))
    }

    /// The first slot from a day on that can still be booked, however far; nil when there is none.
    ///
    /// - Parameters:
    ///   - service: Only slots where it fits.
    ///   - from: Nil for today in the hospital's zone.
    public func nextFreeSlot(
        service: ServiceID? = nil, department: DepartmentID? = nil, resource: ResourceID? = nil, from: LocalDate? = nil,
        options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> FreeSlot? {
        let query = SlotQuery(
            department: department, service: service, resource: resource, from: from, limit: 1, nextFree: true)
        return try await searchSlots(query, options: options).slots.first
    }

    /// These appointments; ids that do not exist are left out. At most 8,192 ids a call.
    public func appointments(
        _ ids: [AppointmentID], options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> [Appointment] {
        var request = PBGetAppointmentsRequest()
        request.ids = ids.map(\.rawValue)
        let reply: PBAppointmentsReply = try await read(.getAppointments, request, options)
        return reply.appointments.map(Appointment.init)
    }

    /// The appointments of one patient.
    ///
    /// - Parameter includingHistory: the archived ones too.
    public func appointments(
        of patient: PatientID, includingHistory: Bool = false, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> [Appointment] {
        var request = PBPatientAppointmentsRequest()
        request.patient = patient.rawValue
        request.history = includingHistory
        request.limit = Self.pageLimit
        return try await pages { (after) throws(HaoyuanError) in
            request.afterStartMs = after?.startMs ?? 0
            request.after = after?.id ?? 0
            return try await self.read(.patientAppointments, request, options)
        }
    }

    /// The appointments of one session, by number.
    public func appointments(
        in session: SessionID, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> [Appointment] {
        var request = PBSessionAppointmentsRequest()
        request.session = session.rawValue
        request.limit = Self.pageLimit
        return try await pages { (after) throws(HaoyuanError) in
            request.after = after?.id ?? 0
            return try await self.read(.sessionAppointments, request, options)
        }
    }

    /// All pages, each asked for with the last appointment of the one before.
    private func pages(
        _ page: (PBAppointment?) async throws(HaoyuanError) -> PBAppointmentsReply
    ) async throws(HaoyuanError) -> [Appointment] {
        var found: [Appointment] = []
        var last: PBAppointment?
        while true {
            let reply = try await page(last)
            found += reply.appointments.map(Appointment.init)
            guard reply.more, let end = reply.appointments.last else { return found }
            last = end
        }
    }
}
