import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Slots: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show slots that can still be booked.",
        discussion:
            "Say at least one of --department, --service and --resource. Days are YYYY-MM-DD, today, tomorrow, or "
            + "+3 for three days from today, in the hospital's zone.")

    @Option(help: ArgumentHelp("Only slots of this department.", valueName: "code"))
    var department: String?

    @Option(help: ArgumentHelp("Only slots where this service fits.", valueName: "code"))
    var service: String?

    @Option(help: ArgumentHelp("Only slots of this resource.", valueName: "code"))
    var resource: String?

    @Option(
        name: .customLong("class"),
        help: ArgumentHelp("Only slots for sale to a patient of this class. Default: not said.", valueName: "class"))
    var patientClass: PatientClassArgument?

    @Option(help: ArgumentHelp("One day. Default: today.", valueName: "day"))
    var day: DayArgument?

    @Option(help: ArgumentHelp("The first of several days.", valueName: "day"))
    var from: DayArgument?

    @Option(help: ArgumentHelp("The last of several days.", valueName: "day"))
    var to: DayArgument?

    @Flag(help: "Only the next free slot, however far from the first day.")
    var next = false

    @Option(
        help: ArgumentHelp("At most so many slots. Default: 200.", valueName: "number"), transform: NumberText.whole)
    var limit = 200

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    /// Most slots that one page of the protocol carries.
    private static let page = 5_000

    func validate() throws {
        guard department != nil || service != nil || resource != nil else {
            throw ValidationError("say which slots: --department, --service or --resource")
        }
        if day != nil, from != nil || to != nil {
            throw ValidationError("--day is one day; --from and --to are several")
        }
        guard limit >= 1 else { throw ValidationError("--limit is \(limit), it must be at least 1") }
    }

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let names = try await link.names()
            var query = SlotQuery(
                department: try department.map { try names.department($0).id },
                service: try service.map { try names.service($0).id },
                resource: try resource.map { try names.resource($0).id }, nextFree: next,
                patientClass: patientClass?.patientClass)
            if let day = day ?? from { query.from = try await names.day(day, link) }
            if let to { query.to = try await names.day(to, link) }
            let (slots, hasMore) = try await search(query, link)
            show(slots, hasMore: hasMore, names)
        }
    }

    private func search(_ query: SlotQuery, _ link: ServerLink) async throws -> (slots: [FreeSlot], hasMore: Bool) {
        let wanted = next ? 1 : limit
        var query = query
        var slots: [FreeSlot] = []
        while true {
            query.limit = min(wanted - slots.count, Self.page)
            let page = try await link.client.searchSlots(query)
            slots += page.slots
            query.after = page.slots.last
            if !page.hasMore || page.slots.isEmpty || slots.count >= wanted { return (slots, page.hasMore) }
        }
    }

    private func show(_ slots: [FreeSlot], hasMore: Bool, _ names: HospitalNames) {
        if output.json {
            Output.document(["slots": .list(slots.map { Self.json($0, names) }), "more": .bool(hasMore && !next)])
            return
        }
        guard !slots.isEmpty else {
            Output.complain("no free slots; try another day, or --next for the first one")
            return
        }
        Output.lines(Self.table(slots, names).lines(.standardOutput))
        if hasMore, !next { Output.complain("there are more; raise --limit or name fewer days") }
    }

    /// Free slots as a table.
    static func table(_ slots: [FreeSlot], _ names: HospitalNames) -> Table {
        var table = Table(["DAY", "TIME", "POOL", "NAME", .right("FREE"), .right("OF"), "SLOT", "ID"])
        for slot in slots {
            table.add([
                Table.Cell(names.clock.day(slot.start.milliseconds)),
                Table.Cell(names.clock.stretch(slot.start.milliseconds, slot.end.milliseconds)),
                Table.Cell(names.poolCode(slot.pool)), Table.Cell(names.poolName(slot.pool)),
                Table.Cell(String(slot.free), .good), Table.Cell(String(slot.capacity)), Table.Cell(slot.slot.place),
                Table.Cell(slot.slot.description, .quiet),
            ])
        }
        return table
    }

    /// One free slot, for programs.
    static func json(_ slot: FreeSlot, _ names: HospitalNames) -> JSON {
        [
            "slot": .id(slot.slot.rawValue), "place": .text(slot.slot.place), "pool": .text(names.poolCode(slot.pool)),
            "start": .text(names.clock.iso(slot.start.milliseconds)),
            "end": .text(names.clock.iso(slot.end.milliseconds)),
            "free": .count(slot.free), "capacity": .count(slot.capacity),
        ]
    }
}
