import Engine
import Scheduling
import Wire

extension MethodTable {
    /// The keyed writes. They are hot: `SessionHandler.carryOut` switches on them, and they go with their tick's batch.
    static let writeMethods = [
        MethodRow(
            .book, PBBookRequest.self, PBOutcome.self, needs: .book,
            "Takes one appointment, or holds it until it is confirmed."),
        MethodRow(
            .change, PBChangeRequest.self, PBOutcome.self, needs: .book,
            "Takes an appointment to its next state: confirm, cancel, arrive, call, start, complete, no-show, stop."),
        MethodRow(
            .move, PBMoveRequest.self, PBOutcome.self, needs: .book,
            "Gives up one appointment for another slot, both or neither."),
        MethodRow(
            .bookTogether, PBBookTogetherRequest.self, PBTogetherReply.self, needs: .book,
            "Takes several appointments of one patient, all or none."),
        MethodRow(
            .batch, PBBatchRequest.self, PBBatchReply.self, needs: .book,
            "Brings many bookings and changes in one frame, each with an outcome of its own."),
    ]

    /// What was booked.
    static let appointmentMethods = [
        MethodRow(
            .getAppointments, PBGetAppointmentsRequest.self, PBAppointmentsReply.self, needs: .readAppointments,
            "Reads appointments by id; unknown ids are left out."
        ) { request, _ throws(ProtocolError) in
            try checkCount(request.ids.count, "ids")
            let ids = request.ids.map(AppointmentID.init)
            return { engine, _ throws(EngineError) in PBAppointmentsReply(try await engine.appointments(ids)) }
        },
        MethodRow(
            .patientAppointments, PBPatientAppointmentsRequest.self, PBAppointmentsReply.self, needs: .readAppointments,
            "Reads a patient's appointments, with `history` the earlier ones too."
        ) { request, connection in
            let (patient, history) = (PatientID(rawValue: request.patient), request.history)
            let page = Page(request.limit, connection)
            let after =
                request.after == 0
                ? nil : (Instant(rawValue: request.afterStartMs), AppointmentID(rawValue: request.after))
            return { engine, _ throws(EngineError) in
                PBAppointmentsReply(
                    try await engine.appointments(of: patient, history: history, after: after, limit: page.limit), page)
            }
        },
        MethodRow(
            .sessionAppointments, PBSessionAppointmentsRequest.self, PBAppointmentsReply.self, needs: .readAppointments,
            "Reads a session's appointments."
        ) { request, connection throws(ProtocolError) in
            let session = SessionID(rawValue: request.session)
            let page = Page(request.limit, connection)
            let after = request.after == 0 ? nil : AppointmentID(rawValue: request.after)
            guard after.map({ $0.session == session }) ?? true else {
                throw ProtocolError.invalid("after", "appointment \(request.after) is of another session")
            }
            return { engine, _ throws(EngineError) in
                PBAppointmentsReply(
                    try await engine.appointments(in: session, after: after, limit: page.limit), page)
            }
        },
    ]
}
