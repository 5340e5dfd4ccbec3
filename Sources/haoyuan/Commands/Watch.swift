import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow the change feed: every booking, change and refusal as it happens.",
        discussion:
            "Goes on until it is interrupted, connects again when the server was away, and misses nothing: it resumes "
            + "where it was. With --json each event is a document on a line of its own.")

    @Option(
        help: ArgumentHelp(
            "Begin after this position; 0 for the oldest event kept. Default: from now on.", valueName: "position"))
    var after: UInt64?

    @Option(help: ArgumentHelp("End after so many events.", valueName: "number"))
    var count: Int?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count is \(count), it must be at least 1") }
    }

    func run() async throws {
        try await ServerLink.with(connection) { link in
            var names = try await link.names()
            var shown = 0
            if !output.json, after == nil { Output.complain("watching; interrupt to end") }
            for try await event in link.client.changes(after: after.map { Position(rawValue: $0) }) {
                if event.kind == .catalogueChanged || Self.isUnnamed(event, names) { names = try await link.names() }
                if output.json {
                    Output.record(EventView(event, names).json)
                } else {
                    Output.line(EventView(event, names).line(.standardOutput))
                }
                shown += 1
                if shown == count { return }
            }
        }
    }

    /// A pool that came since the names were read.
    private static func isUnnamed(_ event: ChangeEvent, _ names: HospitalNames) -> Bool {
        guard let pool = (event.session ?? event.appointment?.session)?.pool else { return false }
        return names.pool(pool) == nil
    }
}

/// One event, for people and for programs.
private struct EventView {
    private let event: ChangeEvent
    private let names: HospitalNames

    init(_ event: ChangeEvent, _ names: HospitalNames) {
        self.event = event
        self.names = names
    }

    func line(_ palette: Palette) -> String {
        let place = Table.Cell(who).text
        return [
            palette.paint(names.clock.second(event.at.milliseconds), .quiet),
            palette.paint("@\(event.position)", .quiet), sentence(palette),
            place.isEmpty ? "" : palette.paint("(\(place))", .quiet),
        ].filter { !$0.isEmpty }.joined(separator: "  ")
    }

    private var who: String {
        event.operatorName.isEmpty ? event.channel.word : "\(event.channel.word), \(event.operatorName)"
    }

    private func sentence(_ palette: Palette) -> String {
        switch event.kind {
        case .booked:
            let state = event.state.map { palette.paint($0.word, $0.tint) } ?? "booked"
            return "\(state) \(appointment) for \(patient): \(service)\(itinerary)\(until)"
        case .changed:
            let state = event.state.map { palette.paint($0.word, $0.tint) } ?? "changed"
            return "\(state) \(appointment) of \(patient)\(reason)"
        case .moved:
            return
                "\(palette.paint("moved", .good)) \(event.movedFrom?.place ?? "?") of \(patient) to \(appointment)\(reason)"
        case .refused:
            let rule = event.rule?.word ?? "a rule"
            let subject = event.patient == nil ? "" : " \(patient)"
            let object = event.slot.map { " slot \($0.place)" } ?? ""
            return "\(palette.paint("refused", .bad))\(subject)\(object): \(rule)"
        case .sessionOpened: return "session \(event.session?.place ?? "?") opened: \(pool)"
        case .sessionArchived: return "session \(event.session?.place ?? "?") archived: \(pool)"
        case .patientRegistered: return "patient \(patient) registered"
        case .catalogueChanged: return "catalogue: \(Table.Cell(event.entity).text)"
        case .epochBegan: return "epoch \(event.epoch) began: another server is primary now"
        case .unknown(let number): return "an event of kind \(number), which this version does not know"
        }
    }

    private var appointment: String { event.appointment?.place ?? "?" }
    private var patient: String { event.patient.map { "#\($0)" } ?? "?" }
    private var service: String {
        [event.service.map(names.serviceName), pool].compactMap { $0 }.joined(separator: " · ")
    }
    private var pool: String {
        (event.session ?? event.appointment?.session).map { names.poolName($0.pool) } ?? "?"
    }
    private var itinerary: String { event.itinerary.map { ", together with \($0.place)" } ?? "" }
    private var until: String {
        guard event.state == .held, let until = event.holdUntil else { return "" }
        return ", until \(names.clock.time(until.milliseconds))"
    }
    private var reason: String { event.reason.isEmpty ? "" : ": \(Table.Cell(event.reason).text)" }

    var json: JSON {
        let clock = names.clock
        return [
            "position": .count(event.position.rawValue), "at": .text(clock.iso(event.at.milliseconds)),
            "kind": .text(event.kind.word), "channel": .text(event.channel.word), "operator": .text(event.operatorName),
            "appointment": .optional(event.appointment) { .id($0.rawValue) },
            "patient": .optional(event.patient) { .id($0.rawValue) },
            "slot": .optional(event.slot) { .id($0.rawValue) },
            "slots": .count(event.slots), "units": .count(event.units),
            "service": .optional(event.service) { .text(names.serviceCode($0)) },
            "state": .optional(event.state) { .text($0.word) }, "version": .optional(event.version) { .count($0) },
            "moved_from": .optional(event.movedFrom) { .id($0.rawValue) },
            "itinerary": .optional(event.itinerary) { .id($0.rawValue) },
            "hold_until": .optional(event.holdUntil) { .text(clock.iso($0.milliseconds)) },
            "session": .optional(event.session) { .id($0.rawValue) }, "rule": .optional(event.rule) { .text($0.word) },
            "reason": .text(event.reason), "entity": .text(event.entity),
        ]
    }
}
