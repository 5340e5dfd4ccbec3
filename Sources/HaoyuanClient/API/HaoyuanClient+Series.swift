import Scheduling

/// A course of appointments: so many, every so many days, at given times of day.
public struct Series: Hashable, Sendable {
    /// Whose it is.
    public var patient: PatientID
    /// What is booked on each date.
    public var service: ServiceID
    /// The first date.
    public var first: LocalDate
    /// From one date to the next, 1 to 366.
    public var everyDays: Int
    /// Dates, 1 to 64.
    public var count: Int
    /// When a slot may start, in the order in which that is wanted.
    public var times: [WallTime]
    /// Where: a pool, or a department, or both nil for every pool that offers the service.
    public var pool: PoolID?
    /// As `pool`.
    public var department: DepartmentID?
    /// All dates or none: at most 16 dates and one time, so that it is clear what is asked for.
    public var isAllOrNothing = false
    /// Held, else booked at once.
    public var hold = false
    /// How the patient is in the hospital; nil: not said.
    public var patientClass: PatientClass?

    /// A course, as many of its dates as can be had.
    public init(
        patient: PatientID, service: ServiceID, first: LocalDate, everyDays: Int, count: Int, times: [WallTime],
        pool: PoolID? = nil, department: DepartmentID? = nil
    ) {
        self.patient = patient
        self.service = service
        self.first = first
        self.everyDays = everyDays
        self.count = count
        self.times = times
        self.pool = pool
        self.department = department
    }
}

/// What became of one date of a course.
public struct SeriesDate: Hashable, Sendable {
    /// The date.
    public var date: LocalDate
    /// The slots that were asked for, in the order in which they were; none where no session has a slot then.
    public var slots: [SlotID]
    /// What was taken; nil where nothing was.
    public var appointment: AppointmentID?
    /// The slot that was taken.
    public var slot: SlotID?
    /// Of the slots before it, or of all: the rule that stood in the way. Of a course that is all or nothing, what an
    /// explanation said when it was refused.
    public var refusals: [Rule]
    /// What went wrong with this date, where the course went on without it.
    public var failure: HaoyuanError?
}

extension HaoyuanClient {
    /// Books a course, checks every date of it and tells of each.
    ///
    /// What is asked of a date follows from the sessions that are open on it, free or not, and its key from the
    /// course's key. So a course that is asked for again under the same key books nothing twice and goes on where it
    /// ended, as long as the sessions are the same; a date whose sessions changed since tells so
    /// (``HaoyuanError/Code/keyReused``).
    ///
    /// ```swift
    /// var course = Series(patient: patient, service: infusion, first: "2026-12-01", everyDays: 7, count: 6,
    ///                     times: ["09:00", "09:30"], department: department)
    /// for date in try await client.bookSeries(course, key: key) { print(date.date, date.appointment ?? "none") }
    /// ```
    ///
    /// - Parameter key: Chosen and stored before the call.
    /// - Returns: In the order of the dates.
    /// - Throws: `invalidArgument` for a course that cannot be; else what a first reading throws.
    public func bookSeries(
        _ series: Series, key: IdempotencyKey, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> [SeriesDate] {
        var dates = try await slots(of: series, options)
        guard !series.isAllOrNothing else { return try await bookWhole(series, dates, key, options) }
        for index in dates.indices where !dates[index].slots.isEmpty {
            let items = dates[index].slots.map { series.item($0) }
            do throws(HaoyuanError) {
                let outcome = try await bookAny(
                    patient: series.patient, items: items, hold: series.hold, key: key.part(index), options: options)
                switch outcome {
                case .done(let receipt, let item, let passed):
                    dates[index].appointment = receipt.appointment
                    dates[index].slot = dates[index].slots[item]
                    dates[index].refusals = passed
                case .refused(let rules, _): dates[index].refusals = rules
                }
            } catch {
                dates[index].failure = error
            }
        }
        return dates
    }

    private func bookWhole(
        _ series: Series, _ dates: [SeriesDate], _ key: IdempotencyKey, _ options: RequestOptions
    ) async throws(HaoyuanError) -> [SeriesDate] {
        var dates = dates
        guard dates.allSatisfy({ $0.slots.count == 1 }) else { return dates }
        let items = dates.map { series.item($0.slots[0]) }
        let appointments: [AppointmentID]?
        if items.count == 1 {
            let outcome = try await book(
                patient: series.patient, slot: items[0].slot, service: series.service, hold: series.hold,
                patientClass: series.patientClass, key: key, options: options)
            appointments = outcome.receipt.map { [$0.appointment] }
        } else {
            let outcome = try await bookTogether(
                patient: series.patient, items: items, hold: series.hold, key: key, options: options)
            if case .done(_, let all) = outcome { appointments = all } else { appointments = nil }
        }
        for index in dates.indices {
            if let appointments {
                dates[index].appointment = appointments[index]
                dates[index].slot = dates[index].slots[0]
            } else {
                let explanation = try await explainSlot(
                    dates[index].slots[0], service: series.service, patient: series.patient,
                    patientClass: series.patientClass, options: options)
                if let rule = explanation.refusal?.rule { dates[index].refusals = [rule] }
            }
        }
        return dates
    }

    /// The slots that each date is to be looked for in, free or not.
    private func slots(
        of series: Series, _ options: RequestOptions
    ) async throws(HaoyuanError) -> [SeriesDate] {
        let (days, times) = try series.checked()
        let catalogue = try await catalogue(options: options).catalogue
        let zone = catalogue.zoneRules
        let pools = Set(
            catalogue.pools.filter { pool in
                pool.services.contains { code in
                    catalogue.services.contains { $0.code == code && $0.id == series.service }
                }
            }.map(\.id))
        var dates: [SeriesDate] = []
        for day in days {
            let date = LocalDate(day.description)
            let sessions = try await sessions(
                department: series.department, pool: series.pool, from: date, to: date, options: options)
            var slots: [SlotID] = []
            for time in times {
                let start = Instant(milliseconds: zone.instant(of: day, time).rawValue)
                let found = sessions.filter { pools.contains($0.pool) }.compactMap { $0.slot(startingAt: start) }
                slots += found.sorted { $0.rawValue < $1.rawValue }
            }
            if series.isAllOrNothing { slots = Array(slots.prefix(1)) }
            let most = Limits.itemsOfChoice
            guard slots.count <= most else {
                throw HaoyuanError(
                    .invalidArgument,
                    "times: \(slots.count) slots on \(date), at most \(most); name a pool, or fewer times")
            }
            dates.append(SeriesDate(date: date, slots: slots, refusals: []))
        }
        return dates
    }
}

extension Series {
    fileprivate func item(_ slot: SlotID) -> JointItem {
        JointItem(slot: slot, service: service, patientClass: patientClass)
    }

    /// Its days and times, or what is wrong with it.
    fileprivate func checked() throws(HaoyuanError) -> ([Scheduling.LocalDate], [Scheduling.WallTime]) {
        func wrong(_ sentence: String) -> HaoyuanError { HaoyuanError(.invalidArgument, sentence) }
        guard let start = Scheduling.LocalDate(first.description) else {
            throw wrong("first: \(first) is no day; write it as 2026-12-01")
        }
        guard (1...366).contains(everyDays) else { throw wrong("every_days: \(everyDays), it must be in 1...366") }
        guard (1...64).contains(count) else { throw wrong("count: \(count) dates, it must be in 1...64") }
        guard !times.isEmpty else { throw wrong("times: none; name one at least, as 09:00") }
        guard Set(times).count == times.count else { throw wrong("times: one is named twice") }
        if isAllOrNothing, count > Limits.itemsTogether || times.count > 1 {
            throw wrong(
                "all or nothing takes at most \(Limits.itemsTogether) dates and one time; there are \(count) and "
                    + "\(times.count)")
        }
        var walls: [Scheduling.WallTime] = []
        for time in times {
            guard let wall = Scheduling.WallTime(time.description) else {
                throw wrong("times: \(time) is no time of day; write it as 09:00")
            }
            walls.append(wall)
        }
        return ((0..<count).map { start.advanced(days: Int32($0 * everyDays)) }, walls)
    }
}

extension Session {
    /// The slot that starts just then; nil where none does.
    fileprivate func slot(startingAt moment: Instant) -> SlotID? {
        let length = Int64(slotMinutes) * 60_000
        let past = moment.milliseconds - start.milliseconds
        guard length > 0, past >= 0, past % length == 0, past / length < Int64(capacities.count) else { return nil }
        return SlotID(rawValue: id.rawValue << 20 | UInt64(past / length))
    }
}

extension Catalogue {
    /// The zone that its hospital goes by.
    fileprivate var zoneRules: TimeZoneRules {
        guard !clockChanges.isEmpty else { return .utc }
        return TimeZoneRules(
            name: "",
            changes: clockChanges.map { .init(fromSecond: $0.from.milliseconds / 1_000, offsetSeconds: $0.offset) })
    }
}

extension IdempotencyKey {
    /// The key of one part of what has this key: the same part has the same key each time, and no other has it.
    fileprivate func part(_ index: Int) -> IdempotencyKey {
        var (first, second) = (Fingerprint(), Fingerprint())
        first.mix(high, low, UInt64(index), 1)
        second.mix(high, low, UInt64(index), 2)
        return IdempotencyKey(high: first.value, low: second.value | 1)
    }
}
