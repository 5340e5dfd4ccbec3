// The durable form of sessions and of their appointments: one value for the definition, one for each page of
// appointments.

extension SessionDefinition {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(id.rawValue)
        writer.varint(UInt64(times.date.rawValue))
        writer.varint(times.startMinute)
        writer.varint(times.slotMinutes)
        writer.varint(template?.rawValue ?? 0)
        writer.varint(times.slots)
        for capacity in capacities { writer.varint(capacity) }
        // Facts that stand beside a definition in a table begin with their kind, which is never 0.
        guard times.midnights != .unknown else { return }
        writer.byte(0)
        writer.varint(times.midnights.rawValue)
        guard let wallStart else { return }
        writer.byte(0)
        writer.varint(wallStart.rawValue)
        guard let opened else { return }
        writer.byte(0)
        writer.varint(UInt64(max(0, opened.rawValue)) / 1_000)
    }

    package init(from reader: inout ByteReader) throws(CodingError) {
        let id = try reader.sessionID()
        let date = LocalDate(rawValue: Int32(try reader.number(UInt16.self)))
        let start = Instant(minute: try reader.number())
        let slotMinutes: UInt16 = try reader.number()
        let template: UInt32 = try reader.number()
        let slots: UInt16 = try reader.number()
        guard slots >= 1, Int(slots) <= Limits.slotsPerSession else { throw CodingError("a session of \(slots) slots") }
        guard slotMinutes >= 1, Int(slotMinutes) * Int(slots) <= Limits.sessionMinutes else {
            throw CodingError("a session of \(slots) slots of \(slotMinutes) minutes")
        }
        // No clock is more than a day from UTC.
        guard start <= Instant(minute: UInt32(date.rawValue + 2) * 1_440) else {
            throw CodingError("a session that starts after its day")
        }
        var capacities: [UInt16] = []
        for _ in 0..<slots { capacities.append(try reader.number()) }
        var midnights = Midnights.unknown
        var wallStart: WallTime?
        var opened: Instant?
        if reader.skip(0) {
            midnights = Midnights(rawValue: try reader.number())
            if reader.skip(0) { wallStart = WallTime(rawValue: try reader.number()) }
            if wallStart != nil, reader.skip(0) {
                opened = Instant(rawValue: Int64(try reader.number(UInt32.self)) * 1_000)
            }
        }
        if let wallStart, wallStart.rawValue >= 1_440 { throw CodingError("a session that starts at no time of day") }
        let times = SessionTimes(
            date: date, start: start, slotMinutes: slotMinutes, slots: slots, midnights: midnights)
        self.init(
            id: id, times: times, template: template == 0 ? nil : TemplateID(rawValue: template),
            capacities: capacities, wallStart: wallStart)
        self.opened = opened
    }
}

extension Session {
    /// The appointments of one page, each with its number. A number that has no appointment (yet) is left out.
    package func encodePage(_ page: Int, into writer: inout ByteWriter) {
        let indexes = page * Self.pageLength..<min((page + 1) * Self.pageLength, appointments.count)
        for index in indexes {
            guard let record = appointments[index] else { continue }
            let id = AppointmentID(session: id, number: UInt32(index + 1))
            record.taken(id, payments[id.number]).encode(into: &writer)
            writer.byte(record.state.rawValue)
            writer.varint(record.version)
            writer.instant(record.made)
            writer.instant(record.changed)
            writer.byte(record.channel.rawValue)
        }
    }

    /// Reads a page back, in the order of the numbers.
    /// - Parameter paid: told of each appointment that was paid for, before `body` is told of it.
    package static func decodePage(
        _ bytes: UnsafeRawBufferPointer, paid: (AppointmentID, Payment) -> Void = { _, _ in },
        _ body: (AppointmentID, AppointmentRecord) throws(CodingError) -> Void
    ) throws(CodingError) {
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            let taken = try Taken(from: &reader)
            let state = try reader.state()
            let version: UInt32 = try reader.number()
            let made = try reader.instant() ?? Instant(rawValue: 0)
            let changed = try reader.instant() ?? Instant(rawValue: 0)
            let record = AppointmentRecord(
                taken, channel: try reader.channel(), made: made, changed: changed, state: state, version: version)
            if let payment = taken.payment { paid(taken.appointment, payment) }
            try body(taken.appointment, record)
        }
    }
}

extension AppointmentRecord {
    /// The fact that made this appointment, as far as the record still knows it.
    fileprivate func taken(_ id: AppointmentID, _ payment: Payment?) -> Taken {
        Taken(
            appointment: id, patient: patient, slot: slot, span: span, units: units, service: service, state: state,
            holdUntil: holdUntil, itinerary: itinerary, movedFrom: movedFrom, patientClass: patientClass,
            payment: payment)
    }
}
