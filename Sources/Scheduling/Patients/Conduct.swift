/// What an appointment says of its patient once it has ended: nothing, a no-show, or a cancellation shortly before it.
/// It follows from the appointment's last state, so that no further fact tells it.
package struct Conduct: RawRepresentable, Hashable, Sendable {
    /// 0 for nothing, 1 for a no-show, else the whole minutes that were left at a cancellation, and 2.
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let none = Conduct(rawValue: 0)
    package static let noShow = Conduct(rawValue: 1)

    /// A cancellation with so many whole minutes left; none from `Limits.minutesOfConduct` on.
    package static func late(_ minutes: Int64) -> Conduct {
        minutes < Int64(Limits.minutesOfConduct) ? Conduct(rawValue: UInt16(max(0, minutes)) + 2) : .none
    }

    /// - Parameter start: when its first slot starts.
    package init(_ record: AppointmentRecord, start: Instant) {
        switch record.state {
        case .noShow: self = .noShow
        // A hold that was released paid nothing and kept nobody waiting.
        case .cancelled where record.holdUntil == nil || record.version > 2:
            self = .late(max(0, start.rawValue - record.changed.rawValue) / 60_000)
        default: self = .none
        }
    }

    /// Minutes that were left at a cancellation; nil for what is none.
    package var minutesLeft: UInt16? { rawValue >= 2 ? rawValue - 2 : nil }
}

/// A no-show or late cancellation of a patient.
package struct Strike: Hashable, Sendable {
    package let appointment: AppointmentID
    package let department: DepartmentID
    /// When its first slot starts, in minutes since 1970.
    package let minute: UInt32
    package let conduct: Conduct

    package init(appointment: AppointmentID, department: DepartmentID, minute: UInt32, conduct: Conduct) {
        self.appointment = appointment
        self.department = department
        self.minute = minute
        self.conduct = conduct
    }
}

/// An appointment that left memory, as far as rules over longer periods need it.
package struct PastAppointment: Hashable, Sendable {
    package let appointment: AppointmentID
    package let department: DepartmentID
    package let minute: UInt32
    package let date: LocalDate
    /// Whether it took its slots to the end.
    package let counts: Bool
    package let conduct: Conduct

    package init(
        appointment: AppointmentID, department: DepartmentID, minute: UInt32, date: LocalDate, counts: Bool,
        conduct: Conduct
    ) {
        self.appointment = appointment
        self.department = department
        self.minute = minute
        self.date = date
        self.counts = counts
        self.conduct = conduct
    }

    /// What is kept of it when its session leaves memory; nil where that is nothing.
    /// - Parameter keepsVisits: whether a term limits visits to the department over a period.
    package init?(
        _ record: AppointmentRecord, _ id: AppointmentID, _ times: SessionTimes, department: DepartmentID,
        keepsVisits: Bool
    ) {
        let conduct = Conduct(record, start: times.start(ofSlot: record.slot))
        guard conduct != .none || keepsVisits && record.state.occupiesSlot else { return nil }
        self.init(
            appointment: id, department: department, minute: times.startMinute(ofSlot: record.slot),
            date: times.date(ofSlot: record.slot), counts: record.state.occupiesSlot, conduct: conduct)
    }

    package func encode(into writer: inout ByteWriter) {
        writer.varint(department.rawValue)
        writer.varint(minute)
        writer.varint(UInt64(date.rawValue))
        writer.byte(counts ? 1 : 0)
        writer.varint(UInt64(conduct.rawValue))
    }

    package init(_ appointment: AppointmentID, from reader: inout ByteReader) throws(CodingError) {
        let department = DepartmentID(rawValue: try reader.number())
        let minute: UInt32 = try reader.number()
        let date: UInt16 = try reader.number()
        let counts = try reader.byte() != 0
        self.init(
            appointment: appointment, department: department, minute: minute, date: LocalDate(rawValue: Int32(date)),
            counts: counts, conduct: Conduct(rawValue: try reader.number()))
    }
}

/// What rules over longer periods look at of one patient.
package struct PatientConduct: Hashable, Sendable {
    /// Those that a granted appeal struck out are not among them.
    package internal(set) var strikes: [Strike] = []
    /// Departments and days of appointments that count.
    package internal(set) var visits: [Visit] = []

    /// One appointment that counts.
    package struct Visit: Hashable, Sendable {
        package let department: DepartmentID
        package let date: LocalDate
    }

    package static let none = PatientConduct()
}

extension PolicyTerm {
    /// Until when these strikes block, in minutes since 1970; nil where they block nothing now.
    ///
    /// A strike counts on the day of its slot. Where one, with those in the days before it, makes the limit full, a
    /// block begins that lasts so many days from it on.
    package func blockedUntil(_ strikes: [Strike], at now: Instant) -> UInt32? {
        let weights = strikes.map { (minute: Int64($0.minute), weight: weight(of: $0.conduct)) }.filter {
            $0.weight > 0
        }
        var end: Int64 = 0
        for last in weights {
            let window = last.minute - Int64(days) * 1_440
            let sum = weights.reduce(0) { $1.minute > window && $1.minute <= last.minute ? $0 + $1.weight : $0 }
            if sum >= UInt64(limit) * 100 { end = max(end, last.minute + Int64(blockDays) * 1_440) }
        }
        return end * 60_000 > now.rawValue ? UInt32(end) : nil
    }

    /// What a strike weighs, in percent of a no-show.
    package func weight(of conduct: Conduct) -> UInt64 {
        if conduct == .noShow { return 100 }
        return conduct.minutesLeft.map { UInt32($0) < minutes ? UInt64(weight) : 0 } ?? 0
    }

    /// How many of these days lie within one period of the term with a day: seven in a row, its month, its quarter.
    package func count(_ days: [LocalDate], beside day: LocalDate) -> UInt32 {
        switch self.days {
        case 31:
            return UInt32(days.count { $0.civil.month == day.civil.month && $0.civil.year == day.civil.year })
        case 92:
            let quarter = (day.civil.month - 1) / 3
            return UInt32(
                days.count { ($0.civil.month - 1) / 3 == quarter && $0.civil.year == day.civil.year })
        default:
            return (0..<7).reduce(0) { most, back in
                let first = day.advanced(days: -Int32(back))
                return max(most, UInt32(days.count { $0 >= first && $0 < first.advanced(days: 7) }))
            }
        }
    }
}

extension Policy {
    /// Whether it has terms about what a patient did, or had, over longer periods.
    @inline(__always)
    package var readsConduct: Bool {
        !terms.isEmpty && terms.contains { $0.rule == .blocked || $0.rule == .perPeriod }
    }

    /// Whether no-shows are found at the end of a session: where a term counts them.
    package var findsNoShows: Bool { terms.contains { $0.rule == .blocked } }

    /// Whether a term limits visits over a period.
    package var limitsPeriods: Bool { terms.contains { $0.rule == .perPeriod } }

    /// The strikes that its terms count: a department's own policy counts those in the department.
    package func counted(_ strikes: [Strike]) -> [Strike] {
        department.map { own in strikes.filter { $0.department == own } } ?? strikes
    }
}
