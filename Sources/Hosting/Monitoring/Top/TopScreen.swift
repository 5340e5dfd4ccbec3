package import Terminal

/// One frame of `haoyuan top`, for a terminal of 80 columns and 24 lines.
package struct TopScreen {
    static let columns = 80
    static let lines = 24
    private static let mostMethods = 5
    private static let mostReasons = 4

    let reading: TopReading
    let address: String
    /// Milliseconds since 1970.
    let at: Int64
    let palette: Palette

    package init(reading: TopReading, address: String, at: Int64, palette: Palette) {
        self.reading = reading
        self.address = address
        self.at = at
        self.palette = palette
    }

    private var now: ScrapedMetrics { reading.now }

    package var lines: [String] {
        guard now[.admission, ["state": "open"]] != nil else {
            return [title, "", palette.paint("not serving: recovering or stopping", .caution)]
        }
        return [title, state, ""] + facts.lines(palette) + [""] + methods.lines(palette)
            + (reasons.isEmpty ? [] : [""] + reasons.lines(palette))
    }

    // MARK: Above

    private var title: String {
        let clock = HospitalClock.utc.second(at)
        let up = now[.startTime].map { ", up \(time(max(0, Double(at) / 1_000 - $0)))" } ?? ""
        let version = now.state(of: .build).map { "haoyuan \($0)" } ?? "haoyuan"
        return "\(palette.paint(version, .heading)) at \(address)\(up), \(clock)Z"
    }

    private var state: String {
        let admission = now.state(of: .admission) ?? "unknown"
        let isReady = now[.ready] == 1
        var parts = [
            palette.paint(isReady ? "ready" : "not ready", isReady ? .good : .bad),
            "admission " + palette.paint(admission, admission == "open" ? .good : .bad),
            "\(now.state(of: .role) ?? "?"), epoch \(count(.epoch))",
        ]
        if now[.standbyExpected] == 1 {
            parts.append("standbys \(count(.standbys)), lag \(count(.replicationLag))")
        }
        return parts.joined(separator: " · ")
    }

    private var facts: FactSheet {
        var facts = FactSheet()
        facts.add(
            "writes",
            "\(rate(.writes, ["outcome": "done"])) done, \(rate(.writes, ["outcome": "refused"])) refused, "
                + "\(rate(.writes, ["outcome": "failed"])) failed, \(rate(.repeatedWrites)) repeated a second")
        facts.add(
            "callers",
            "\(count(.connections)) connections, \(count(.inFlight)) in flight, \(count(.feeds)) feeds, lag \(count(.feedLag))",
            (now[.feedLag] ?? 0) > 100_000 ? .caution : nil)
        let p99 = now[.commitP99] ?? 0
        facts.add(
            "commits",
            "\(rate(.commits)) a second of \(perCommit) records, p99 \(time(p99)), queue \(bytes(.pendingBytes))",
            p99 > 0.05 ? .caution : nil)
        facts.add(
            "holds", "\(count(.holds)) waiting, \(rate(.expiredHolds)) expired a second, \(count(.expiredHolds)) in all"
        )
        facts.add(
            "memory",
            "\(bytes(.residentMemory)), \(count(.appointments)) appointments, \(count(.patients)) patients, \(count(.keys)) keys"
        )
        facts.add(
            "disk",
            "file \(bytes(.usedFileBytes)) of \(bytes(.fileLimit)), log \(bytes(.logBytes)), disk \(bytes(.diskFree)) free"
        )
        let behind = max(0, (now[.durablePosition] ?? 0) - (now[.checkpointPosition] ?? 0))
        facts.add(
            "checkpoint",
            "\(time(now[.checkpointAge] ?? 0)) old, \(whole(behind)) records behind position \(count(.durablePosition))"
        )
        return facts
    }

    private var perCommit: String {
        let (commits, records) = (reading.rate(.commits), reading.rate(.records))
        return commits > 0 ? whole(records / commits) : "0"
    }

    // MARK: Below

    private var methods: Table {
        var table = Table([
            Table.Column("REQUESTS"), .right("PER SECOND"), .right("NOT DONE/S"), .right("P50"), .right("P99"),
        ])
        for method in reading.methods.prefix(Self.mostMethods) {
            table.add([
                Table.Cell(method.name), Table.Cell(tenths(method.perSecond)),
                Table.Cell(tenths(method.notDonePerSecond), method.notDonePerSecond > 0 ? .caution : nil),
                Table.Cell(method.median.map(time) ?? "-"), Table.Cell(method.p99.map(time) ?? "-"),
            ])
        }
        return table
    }

    private var reasons: Table {
        var table = Table([Table.Column("NOT DONE"), Table.Column("WHY"), .right("PER SECOND"), .right("IN ALL")])
        for reason in reading.reasons.prefix(Self.mostReasons) {
            table.add([
                Table.Cell(reason.kind, reason.kind == "failed" ? .bad : .caution), Table.Cell(reason.name),
                Table.Cell(tenths(reason.perSecond)), Table.Cell(whole(reason.total)),
            ])
        }
        return table
    }

    // MARK: Numbers

    private func rate(_ metric: Metric, _ labels: [String: String] = [:]) -> String {
        tenths(reading.rate(metric, labels))
    }

    /// With one digit behind the point where it matters.
    private func tenths(_ number: Double) -> String {
        number < 100 && number > 0 ? JSON.fixed(number, 1) : whole(number)
    }

    private func count(_ metric: Metric) -> String { whole(now[metric] ?? 0) }

    /// From a million on with its unit: a line of five such numbers still fits.
    private func whole(_ number: Double) -> String {
        switch number.rounded() {
        case ..<1e6: Numbers.grouped(Int64(number.rounded()))
        case ..<1e9: "\(JSON.fixed(number / 1e6, 1))M"
        default: "\(JSON.fixed(number / 1e9, 1))G"
        }
    }

    private func bytes(_ metric: Metric) -> String { Numbers.bytes(Int64(now[metric] ?? 0)) }
    private func time(_ seconds: Double) -> String { Numbers.duration(.nanoseconds(Int64(seconds * 1e9))) }
}

extension TopScreen {
    /// The same for programs: fields and their order are stable.
    package var json: JSON {
        [
            "monitor": .text(address), "at": .text(HospitalClock.utc.iso(at)),
            "version": .optional(now.state(of: .build)) { .text($0) }, "ready": .bool(now[.ready] == 1),
            "admission": .optional(now.state(of: .admission)) { .text($0) },
            "role": .optional(now.state(of: .role)) { .text($0) }, "epoch": whole(.epoch),
            "writes": [
                "done_per_second": rate(.writes, ["outcome": "done"]),
                "refused_per_second": rate(.writes, ["outcome": "refused"]),
                "failed_per_second": rate(.writes, ["outcome": "failed"]),
                "repeated_per_second": rate(.repeatedWrites),
            ],
            "requests": .list(reading.methods.map(Self.json)), "not_done": .list(reading.reasons.map(Self.json)),
            "in_flight": whole(.inFlight), "connections": whole(.connections), "feeds": whole(.feeds),
            "feed_lag_records": whole(.feedLag),
            "commits": [
                "per_second": rate(.commits), "records_per_second": rate(.records),
                "p50_ms": milliseconds(reading.percentile(50, of: .commitDurations)),
                "recent_p99_ms": milliseconds(now[.commitP99]), "pending_bytes": whole(.pendingBytes),
            ],
            "positions": [
                "last": whole(.lastPosition), "durable": whole(.durablePosition),
                "checkpoint": whole(.checkpointPosition), "oldest": whole(.oldestPosition),
            ],
            "checkpoint_age_seconds": .optional(now[.checkpointAge]) { .decimal($0, digits: 1) },
            "expired_holds": whole(.expiredHolds),
            "sizes": [
                "sessions": whole(.sessions), "slots": whole(.slots), "appointments": whole(.appointments),
                "holds": whole(.holds), "patients": whole(.patients), "keys": whole(.keys),
                "resident_bytes": whole(.residentMemory), "open_files": whole(.openDescriptors),
                "file_bytes": whole(.fileBytes), "file_bytes_used": whole(.usedFileBytes),
                "file_bytes_limit": whole(.fileLimit), "log_bytes": whole(.logBytes),
                "disk_bytes_free": whole(.diskFree),
            ],
            "standby": [
                "expected": .bool(now[.standbyExpected] == 1), "connected": whole(.standbys),
                "alone": .bool(now[.alone] == 1), "lag_records": whole(.replicationLag),
                "heard_seconds_ago": .optional(now[.standbyHeard]) { .decimal($0, digits: 3) },
            ],
        ]
    }

    private static func json(_ method: TopReading.Method) -> JSON {
        [
            "method": .text(method.name), "per_second": .decimal(method.perSecond, digits: 1),
            "not_done_per_second": .decimal(method.notDonePerSecond, digits: 1),
            "p50_ms": .optional(method.median) { .decimal($0 * 1_000, digits: 3) },
            "p99_ms": .optional(method.p99) { .decimal($0 * 1_000, digits: 3) },
        ]
    }

    private static func json(_ reason: TopReading.Reason) -> JSON {
        [
            "kind": .text(reason.kind), "name": .text(reason.name),
            "per_second": .decimal(reason.perSecond, digits: 1), "total": .number(Int64(reason.total)),
        ]
    }

    private func rate(_ metric: Metric, _ labels: [String: String] = [:]) -> JSON {
        .decimal(reading.rate(metric, labels), digits: 1)
    }

    private func whole(_ metric: Metric) -> JSON { .optional(now[metric]) { .number(Int64($0)) } }
    private func milliseconds(_ seconds: Double?) -> JSON { .optional(seconds) { .decimal($0 * 1_000, digits: 3) } }
}
