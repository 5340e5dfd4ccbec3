import Hosting
import Journal
import Scheduling
package import Terminal

/// One record of the log, for people and for programs.
package struct RecordView {
    let position: Position
    let event: Event
    /// As far as it is known at this record.
    let catalogue: Catalogue

    private var clock: HospitalClock { HospitalClock(catalogue.hospital.zone) }

    // MARK: For people

    package func line(_ palette: Palette) -> String {
        let by =
            event.by.operatorName.isEmpty ? event.by.channel.name : "\(event.by.channel.name), \(event.by.operatorName)"
        let key = event.answer.map { "  key \(Self.text($0.key))" } ?? ""
        return palette.paint("\(position)  \(clock.second(event.at.rawValue))", .quiet) + "  "
            + Table.Cell(event.fact.lines.map { $0.words(names) }.joined(separator: "; ")).text
            + palette.paint("  (\(Table.Cell(by).text))\(key)", .quiet)
    }

    private var names: CatalogueNames { CatalogueNames(catalogue: catalogue, clock: clock) }

    private static func text(_ key: IdempotencyKey) -> String {
        [key.high, key.low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    // MARK: For programs

    package var json: JSON {
        [
            "position": .count(position.rawValue), "at": .text(clock.iso(event.at.rawValue)),
            "kind": .text(event.fact.kind.row.name), "channel": .text(event.by.channel.name),
            "operator": .text(event.by.operatorName), "key": .optional(event.answer) { .text(Self.text($0.key)) },
            "lines": .list(event.fact.lines.map { $0.json(names) { clock.iso($0.rawValue) } }),
        ]
    }
}

/// Names out of a catalogue, as far as it is known.
private struct CatalogueNames: FactNames {
    let catalogue: Catalogue
    let clock: HospitalClock

    func name(of pool: PoolID) -> String { catalogue.pools[pool.rawValue]?.code ?? "pool \(pool.rawValue)" }

    func name(of service: ServiceID) -> String {
        catalogue.services[service.rawValue]?.code ?? "service \(service.rawValue)"
    }

    func text(of moment: Instant) -> String { clock.second(moment.rawValue) }
}
