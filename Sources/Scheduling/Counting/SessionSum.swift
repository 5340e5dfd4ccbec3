/// What one session adds to the rows of a report. It has few days, hours, services and channels, so a look through them
/// is shorter than a dictionary's.
struct SessionSum {
    /// Figures under few keys.
    struct Rows {
        private(set) var keys: [UInt32] = []
        private(set) var figures: [Figures] = []

        @inline(__always)
        mutating func place(of key: UInt32) -> Int {
            if let place = keys.firstIndex(of: key) { return place }
            keys.append(key)
            figures.append(Figures())
            return keys.count - 1
        }

        @inline(__always)
        subscript(place: Int) -> Figures {
            _read { yield figures[place] }
            _modify { yield &figures[place] }
        }
    }

    private(set) var all = Figures()
    private(set) var days = Rows()
    private(set) var hours = Rows()
    private(set) var services = Rows()
    private(set) var channels = Rows()
    /// The slots that count.
    private let wanted: Range<Int>
    /// Of each of these, its place in `days` and in `hours`.
    private var dayOfSlot: [Int] = []
    private var hourOfSlot: [Int] = []

    init(_ session: borrowing Session, _ wanted: Range<Int>, _ zone: TimeZoneRules) {
        self.wanted = wanted
        let walls = SlotWalls(session.times, zone)
        for slot in wanted {
            let date = session.times.date(ofSlot: UInt16(slot))
            dayOfSlot.append(days.place(of: UInt32(bitPattern: date.rawValue)))
            hourOfSlot.append(hours.place(of: walls.hour(slot)))
        }
    }

    /// What the session has for sale, and whether it was sold out.
    mutating func offer(_ session: borrowing Session, releasedAt released: Instant?) {
        for slot in wanted {
            let units = UInt64(session.slots[slot].capacity)
            all.offered += units
            days[dayOfSlot[slot - wanted.lowerBound]].offered += units
            hours[hourOfSlot[slot - wanted.lowerBound]].offered += units
        }
        // A session is of the day on which it begins.
        guard wanted.lowerBound == 0 else { return }
        let end = session.soldOutAt
        var seconds: Int64?
        if let end, let opened = session.opened {
            seconds = max(0, end.rawValue - max(opened, released ?? opened).rawValue) / 1_000
        }
        all.noteSession(isSoldOut: end != nil, after: seconds)
        days[dayOfSlot[0]].noteSession(isSoldOut: end != nil, after: seconds)
    }

    mutating func note(_ record: AppointmentRecord, _ times: SessionTimes, isLate: Bool) {
        let slots = Int(record.slot)..<Int(record.slot) + Int(record.span)
        let isSold = record.isSold
        guard wanted.contains(slots.lowerBound) || isSold && slots.overlaps(wanted) else { return }
        let service = services.place(of: record.service.rawValue)
        let channel = channels.place(of: UInt32(record.channel.rawValue))
        // Units are those of each slot, an appointment is where it begins.
        if isSold {
            let units = UInt64(record.units)
            for slot in slots.clamped(to: wanted) {
                all.soldUnits += units
                days[dayOfSlot[slot - wanted.lowerBound]].soldUnits += units
                hours[hourOfSlot[slot - wanted.lowerBound]].soldUnits += units
                services[service].soldUnits += units
                channels[channel].soldUnits += units
            }
        }
        guard wanted.contains(slots.lowerBound) else { return }
        let first = slots.lowerBound - wanted.lowerBound
        let mark = Figures.Mark(record, times, isLate: isLate)
        all.note(mark)
        days[dayOfSlot[first]].note(mark)
        hours[hourOfSlot[first]].note(mark)
        services[service].note(mark)
        channels[channel].note(mark)
    }
}

/// What wall clocks show at the slots of a session.
private struct SlotWalls {
    private let times: SessionTimes
    private let zone: TimeZoneRules
    /// Seconds ahead of UTC; nil where clocks change during the session.
    private let offset: Int64?

    init(_ times: SessionTimes, _ zone: TimeZoneRules) {
        self.times = times
        self.zone = zone
        let offsets = [times.start, times.end].map { zone.offset(atSecond: $0.rawValue / 1_000) }
        offset = offsets[0] == offsets[1] ? offsets[0] : nil
    }

    /// The hour of the week in which a slot begins: 24 times the weekday, Monday 0, and the hour.
    func hour(_ slot: Int) -> UInt32 {
        let start = times.start(ofSlot: UInt16(slot))
        guard let offset else {
            let wall = zone.wall(at: start)
            return UInt32(wall.date.weekday * 24 + Int(wall.time.rawValue) / 60)
        }
        let hours = (start.rawValue / 1_000 + offset) / 3_600
        return UInt32(LocalDate(rawValue: Int32(hours / 24)).weekday * 24 + Int(hours % 24))
    }
}

extension AppointmentRecord {
    /// Whether it is booked, or was spent.
    fileprivate var isSold: Bool { state.occupiesSlot && state != .held }

    /// Whether it ever was booked. A hold that is not is at its first or its second state.
    fileprivate var wasBooked: Bool { holdUntil == nil || isSold || version > 2 }
}

extension Figures {
    /// What one appointment adds.
    fileprivate struct Mark {
        let state: AppointmentState
        let isLate: Bool
        /// Its bucket of `lead`; nil where it never was booked.
        let lead: Int?

        init(_ record: AppointmentRecord, _ times: SessionTimes, isLate: Bool) {
            state = record.state
            self.isLate = isLate
            let minutes = (times.start(ofSlot: record.slot).rawValue - record.made.rawValue) / 60_000
            lead = record.wasBooked ? Figures.bucket(minutes, Figures.leadBounds) : nil
        }
    }

    fileprivate mutating func note(_ mark: Mark) {
        guard let lead = mark.lead else {
            if mark.state == .held { held += 1 } else { lapsed += 1 }
            return
        }
        self.lead[lead] += 1
        switch mark.state {
        case .held, .expired: lapsed += 1
        case .booked, .arrived, .called, .started: sold += 1
        case .completed:
            sold += 1
            completed += 1
        case .noShow:
            sold += 1
            noShow += 1
        case .cancelled:
            cancelled += 1
            if mark.isLate { late += 1 }
        case .stopped: stopped += 1
        case .moved: moved += 1
        }
    }

    /// Takes note of a session as a whole, which is sold out by what had its units, and not by locks.
    /// - Parameter seconds: how long it took; nil where its opening is not known.
    fileprivate mutating func noteSession(isSoldOut: Bool, after seconds: Int64?) {
        sessions += 1
        guard isSoldOut else { return }
        soldOut += 1
        guard let seconds else { return }
        selling[Self.bucket(seconds, Self.sellingBounds)] += 1
        sellingSeconds += UInt64(seconds)
    }
}

extension Session {
    /// The first millisecond at whose end appointments had every unit; nil where there was none.
    fileprivate var soldOutAt: Instant? {
        var most = 0
        for case let record? in appointments { most += Int(record.units) * Int(record.span) }
        guard most >= Int(capacity), capacity > 0 else { return nil }
        var steps: [(at: Instant, units: Int)] = []
        for case let record? in appointments {
            let units = Int(record.units) * Int(record.span)
            steps.append((record.made, units))
            if !record.state.occupiesSlot { steps.append((record.changed, -units)) }
        }
        steps.sort { $0.at < $1.at }
        var taken = 0
        for (place, step) in steps.enumerated() {
            taken += step.units
            let isLast = place + 1 == steps.count || steps[place + 1].at > step.at
            if isLast, taken >= Int(capacity) { return step.at }
        }
        return nil
    }
}

extension Session {
    /// A session that is in memory no more, of what the history table has of it: its definition and what stood in it.
    package init(_ definition: SessionDefinition, with standing: [Fact]) {
        self.init(definition)
        for fact in standing {
            if case .sessionStopped(_, let stop) = fact { _ = note(stop) } else { _ = evolve(fact) }
        }
    }
}
