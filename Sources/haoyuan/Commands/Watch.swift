import ArgumentParser
import HaoyuanClient
import Hosting
import Scheduling
import Terminal

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow the change feed: every booking, change and refusal as it happens.",
        discussion:
            "Goes on until it is interrupted, connects again when the server was away, and misses nothing: it resumes "
            + "where it was. With --json each event is a document on a line of its own. With --name it also resumes "
            + "behind what an earlier run has shown: the server keeps the log for that name. haoyuan feed drop lets a "
            + "name begin anew.")

    @Option(
        help: ArgumentHelp(
            "Begin after this position; 0 for the oldest event kept. Default: from now on.", valueName: "position"))
    var after: PositionArgument?

    @Option(
        help: ArgumentHelp(
            "Read under this name, behind what it has confirmed; --after is only for a new name.",
            valueName: "name"))
    var name: String?

    @Flag(help: "Show the patient of refusals, too.")
    var refusedPatients = false

    @Option(help: ArgumentHelp("End after so many events.", valueName: "number"), transform: NumberText.whole)
    var count: Int?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count is \(count), it must be at least 1") }
        if let name, let fault = FeedMark.fault(of: name) { throw ValidationError("--\(fault)") }
    }

    func run() async throws {
        try await ServerLink.with(connection) { link in
            do {
                try await follow(link)
            } catch let error as HaoyuanError where error.code == .positionTrimmed {
                throw trimmed(error)
            }
        }
    }

    private func follow(_ link: ServerLink) async throws {
        var names = try await link.names()
        var shown = 0
        if !output.json, after == nil { Output.complain("watching; interrupt to end") }
        for try await page in try await pages(link.client) {
            // What is confirmed was shown: the last position of which all events were.
            var isWhole = true
            var shownPage = page
            for (place, event) in page.events.enumerated() {
                if event.kind == .catalogueChanged || Self.isUnnamed(event, names) {
                    names = try await link.names()
                }
                if output.json {
                    Output.record(EventView(event, names).json)
                } else {
                    Output.line(EventView(event, names).line(.standardOutput))
                }
                shown += 1
                guard shown == count, place + 1 < page.events.count else { continue }
                isWhole = false
                let next = page.events[place + 1].position
                let isSplit = next == event.position
                shownPage.through = isSplit ? Position(rawValue: next.rawValue - 1) : event.position
                break
            }
            if let name, !page.events.isEmpty { try await link.client.confirm(shownPage, of: name) }
            if !isWhole || shown == count { return }
        }
    }

    /// A name that is known resumes; where to begin is only for one that is new.
    private func pages(_ client: HaoyuanClient) async throws -> ChangePages {
        let position = after.map { Position(rawValue: $0.position) }
        guard let name else { return client.changePages(after: position, namingRefusedPatients: refusedPatients) }
        let beginning = position.map { $0.rawValue == 0 ? FeedBeginning.oldest : .after($0) }
        if beginning != nil, let known = try await client.feedReaders().first(where: { $0.name == name }) {
            throw CommandFailure.usage(
                "reader \(name) is known, and goes on behind position \(known.confirmed)",
                remedy: "leave --after out, or forget the name with haoyuan feed drop \(name) first")
        }
        return client.changePages(named: name, from: beginning, namingRefusedPatients: refusedPatients)
    }

    /// What to do where the log is not kept any more, as a step of the command line.
    private func trimmed(_ error: HaoyuanError) -> CommandFailure {
        guard let name else {
            return .usage(error.message, remedy: "haoyuan watch --after 0 begins with the oldest event that is kept")
        }
        return .usage(
            "the log that reader \(name) needs is not kept any more",
            remedy: "haoyuan feed drop \(name) forgets the name; then watch again, from now on or with --after 0")
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
        guard let line = event.line else { return "an event of kind \(event.kind), which this version does not know" }
        let tint = event.kind == .refused ? .bad : event.state?.tint
        let words = Table.Cell(line.words(EventNames(names: names))).text
        return tint.map { palette.paint(words, $0) } ?? words
    }

    var json: JSON {
        let clock = names.clock
        return [
            "position": .count(event.position.rawValue), "at": .text(clock.iso(event.at.milliseconds)),
            "kind": .text("\(event.kind)"), "channel": .text(event.channel.word), "operator": .text(event.operatorName),
            "appointment": .optional(event.appointment) { .id($0.rawValue) },
            "patient": .optional(event.patient) { .id($0.rawValue) },
            "slot": .optional(event.slot) { .id($0.rawValue) },
            "slots": .count(event.slots), "units": .count(event.units),
            "service": .optional(event.service) { .text(names.serviceCode($0)) },
            "state": .optional(event.state) { .text($0.word) }, "version": .optional(event.version) { .count($0) },
            "moved_from": .optional(event.movedFrom) { .id($0.rawValue) },
            "itinerary": .optional(event.itinerary) { .id($0.rawValue) },
            "hold_until": .optional(event.holdUntil) { .text(clock.iso($0.milliseconds)) },
            "session": .optional(event.session) { .id($0.rawValue) }, "rule": .optional(event.rule) { .text($0.name) },
            "reason": .text(event.reason), "entity": .text(event.entity),
        ]
    }
}

/// Names out of the catalogue that the server told.
private struct EventNames: FactNames {
    let names: HospitalNames

    func name(of pool: Scheduling.PoolID) -> String { names.poolName(PoolID(rawValue: pool.rawValue)) }
    func name(of service: Scheduling.ServiceID) -> String { names.serviceName(ServiceID(rawValue: service.rawValue)) }
    func text(of moment: Scheduling.Instant) -> String { names.clock.time(moment.rawValue) }
}
