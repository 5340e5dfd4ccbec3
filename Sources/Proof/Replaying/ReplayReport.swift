import Hosting
package import Terminal

/// What a replay came to.
package struct ReplayReport {
    /// One pass over the trace.
    struct Pass {
        var bookings: Int
        var writes: Int
        var repeated: Int
        var batches: Int
        var took: Duration
        var before: UInt64
        var after: UInt64

        var bookingsPerSecond: Double { Double(bookings) / max(Numbers.seconds(took), 1e-9) }
        var writesPerSecond: Double { Double(writes) / max(Numbers.seconds(took), 1e-9) }
    }

    var file: String
    var rowsRead: Int
    var rowsUsed: Int
    var faults: [(name: String, tally: Trace.Tally)]
    var oddities: [(name: String, tally: Trace.Tally)]
    var clinics: Int
    var patients: Int
    var sessions: Int
    var slots: Int
    var capacity: Int
    var passes: [Pass] = []
    var booked = 0
    var refused = 0
    var completed = 0
    var noShows = 0
    /// Rule and how often it refused, by rule.
    var refusals: [(rule: String, count: Int)] = []
    var recordBytes: UInt64 = 0
    var fileBytes: UInt64 = 0
    var logBytes: UInt64 = 0
    var checks: [ReplayAudit.Check] = []

    /// Adds what the data folder is like afterwards.
    package mutating func add(_ audit: FolderAudit) {
        checks.append(
            .init(name: "the data folder verifies offline", count: audit.records, problems: audit.problems))
    }

    package var isRight: Bool { checks.allSatisfy(\.isRight) }

    /// Problems of one check that are shown; the rest is only counted.
    private static let mostProblems = 5

    // MARK: For people

    package func lines(_ palette: Palette) -> [String] {
        var sheet = FactSheet()
        sheet.add("trace", "\(file): \(Numbers.counted(rowsRead, "row")), \(Numbers.grouped(rowsUsed)) used")
        for (name, tally) in faults {
            sheet.add(
                "  left out", "\(Numbers.grouped(tally.count)): \(name) (first: line \(tally.firstLine))", .caution)
        }
        for (name, tally) in oddities {
            sheet.add("  odd", "\(Numbers.grouped(tally.count)): \(name) (first: line \(tally.firstLine))", .caution)
        }
        sheet.add(
            "hospital",
            "\(Numbers.counted(clinics, "clinic")), \(Numbers.counted(patients, "patient")), \(Numbers.counted(sessions, "session")), "
                + "\(Numbers.counted(slots, "slot")) with \(Numbers.counted(capacity, "unit"))")
        for (index, pass) in passes.enumerated() {
            sheet.add(
                "pass \(index + 1)",
                "\(Numbers.counted(pass.bookings, "booking")) and \(Numbers.counted(pass.writes - pass.bookings, "change")) in "
                    + "\(Numbers.duration(pass.took)): \(Numbers.grouped(Int(pass.bookingsPerSecond))) bookings/s, "
                    + "\(Numbers.grouped(Int(pass.writesPerSecond))) writes/s; \(Numbers.grouped(pass.repeated)) answered before; "
                    + "position \(Numbers.grouped(pass.before)) to \(Numbers.grouped(pass.after))")
        }
        sheet.add(
            "booked",
            "\(Numbers.grouped(booked)): \(Numbers.grouped(completed)) completed, \(Numbers.grouped(noShows)) no-shows")
        sheet.add(
            "refused",
            ([Numbers.counted(refused, "booking")] + refusals.map { "\(Numbers.grouped($0.count)) × \($0.rule)" })
                .joined(separator: ", "))
        sheet.add(
            "journal",
            "\(Numbers.bytes(recordBytes)) of records, log \(Numbers.bytes(logBytes)), file \(Numbers.bytes(fileBytes))"
        )
        var lines = sheet.lines(palette) + [""]
        for check in checks {
            let mark = check.isRight ? palette.paint("ok", .good) : palette.paint("WRONG", .bad)
            lines.append("\(mark)  \(check.name) (\(Numbers.grouped(check.count)))")
            lines += check.problems.prefix(Self.mostProblems).map { "      \($0)" }
            if check.problems.count > Self.mostProblems {
                lines.append("      and \(Numbers.grouped(check.problems.count - Self.mostProblems)) more")
            }
        }
        return lines
    }

    // MARK: For programs

    package var json: JSON {
        [
            "ok": .bool(isRight),
            "trace": [
                "file": .text(file), "rows": .count(rowsRead), "used": .count(rowsUsed),
                "left_out": .list(faults.map(Self.json)), "odd": .list(oddities.map(Self.json)),
            ],
            "hospital": [
                "clinics": .count(clinics), "patients": .count(patients), "sessions": .count(sessions),
                "slots": .count(slots), "units": .count(capacity),
            ],
            "passes": .list(passes.map(Self.json)),
            "booked": .count(booked), "completed": .count(completed), "no_shows": .count(noShows),
            "refused": .count(refused),
            "refusals": .object(refusals.map { JSON.Field(name: $0.rule, value: .count($0.count)) }),
            "journal": [
                "record_bytes": .count(recordBytes), "log_bytes": .count(logBytes), "file_bytes": .count(fileBytes),
            ],
            "checks": .list(
                checks.map {
                    [
                        "name": .text($0.name), "ok": .bool($0.isRight), "looked_at": .count($0.count),
                        "wrong": .count($0.problems.count),
                        "problems": .list($0.problems.prefix(Self.mostProblems).map { .text($0) }),
                    ]
                }),
        ]
    }

    private static func json(_ item: (name: String, tally: Trace.Tally)) -> JSON {
        ["reason": .text(item.name), "count": .count(item.tally.count), "first_line": .count(item.tally.firstLine)]
    }

    private static func json(_ pass: Pass) -> JSON {
        [
            "bookings": .count(pass.bookings), "writes": .count(pass.writes), "again": .count(pass.repeated),
            "batches": .count(pass.batches), "seconds": .decimal(Numbers.seconds(pass.took), digits: 3),
            "bookings_per_second": .count(Int(pass.bookingsPerSecond)),
            "writes_per_second": .count(Int(pass.writesPerSecond)), "position_before": .count(pass.before),
            "position_after": .count(pass.after),
        ]
    }
}

extension ReplayReport {
    /// Of a trace, before any pass.
    package init(file: String, _ trace: Trace, _ plan: TracePlan) {
        self.init(
            file: file, rowsRead: trace.rowsRead, rowsUsed: trace.rows.count,
            faults: Trace.Fault.allCases.compactMap { fault in trace.faults[fault].map { (fault.rawValue, $0) } },
            oddities: Trace.Oddity.allCases.compactMap { oddity in trace.oddities[oddity].map { (oddity.rawValue, $0) }
            },
            clinics: plan.clinics.count, patients: plan.patients.count, sessions: plan.sessions.count,
            slots: plan.sessions.count * TracePlan.slots,
            capacity: plan.sessions.reduce(0) { $0 + $1.capacities.reduce(0) { $0 + Int($1) } })
    }
}
