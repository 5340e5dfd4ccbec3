import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct ClockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock", abstract: "Say which clock is right (校时), or move a trial's.",
        subcommands: [AcceptClock.self, AdvanceClock.self])
}

struct AcceptClock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Say that the machine's clock is right, and the engine's time is not.",
        discussion:
            "Look at the machine's clock first (date): there is no way back. One that is ahead is followed at once: what is "
            + "due by then expires and is archived. One that is behind is waited for, with the engine's time at half its "
            + "speed, since time never goes back.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerLink.with(connection.single()) { link in
            let (before, after) = try await link.client.acceptClock()
            guard !output.json else {
                Output.document([
                    "accepted": .bool(before.isFault), "before": ClockView(before).json,
                    "after": ClockView(after).json,
                ])
                return
            }
            var sheet = FactSheet()
            if before.isFault {
                sheet.add("accepted", "the machine's clock, \(ClockView(before).difference) the engine's time", .good)
                if after.isSlowed {
                    sheet.add(
                        "slowed", "time passes at half its speed for \(Numbers.duration(after.ahead * -2))", .caution)
                }
            } else {
                sheet.add(
                    "nothing to accept", "the machine's clock is \(ClockView(before).difference) the engine's time")
            }
            Output.lines(sheet.lines(.standardOutput))
        }
    }
}

struct AdvanceClock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "advance",
        abstract: "Let time pass on a trial's clock (serve --clock simulated).",
        discussion:
            "By a length of time such as 30m, or to a moment. What is due on the way becomes true, each at its own moment, "
            + "before it ends. At most 366 days at once.")

    @Argument(help: ArgumentHelp("How far, such as 90s, 30m, 24h or 7d.", valueName: "time"))
    var by: SpanArgument?

    @Option(help: ArgumentHelp("Until the clock shows this moment, in the hospital's zone.", valueName: "moment"))
    var to: MomentArgument?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (by == nil) != (to == nil) else { throw ValidationError("say how far, such as 30m, or --to a moment") }
    }

    func run() async throws {
        try await ServerLink.with(connection.single()) { link in
            let clock = try await link.names().clock
            let (before, now) =
                if let to { try await link.client.advanceClock(to: to.moment(clock)) } else {
                    try await link.client.advanceClock(by: .milliseconds(by?.milliseconds ?? 0))
                }
            guard !output.json else {
                Output.document([
                    "before": .text(clock.iso(before.milliseconds)), "now": .text(clock.iso(now.milliseconds)),
                ])
                return
            }
            var sheet = FactSheet()
            sheet.add("before", clock.iso(before.milliseconds))
            sheet.add("now", clock.iso(now.milliseconds), .good)
            Output.lines(sheet.lines(.standardOutput))
        }
    }
}

/// How `status` and `clock accept` show the machine's clock.
struct ClockView {
    let clock: ServerStatus.Clock

    init(_ clock: ServerStatus.Clock) { self.clock = clock }

    /// `3 min ahead of`, without the engine's time.
    var difference: String {
        clock.ahead < .zero
            ? "\(Numbers.duration(.zero - clock.ahead)) behind" : "\(Numbers.duration(clock.ahead)) ahead of"
    }

    func add(to sheet: inout FactSheet) {
        if clock.isSimulated { sheet.add("clock", "simulated: it stands until haoyuan clock advance", .caution) }
        guard clock.isFault else { return }
        // What to do is said by the trouble.
        sheet.add(
            "machine's clock", "\(difference) this" + (clock.isSlowed ? ", accepted" : ""),
            clock.isSlowed ? .caution : .bad)
    }

    var json: JSON {
        [
            "ahead_ms": .number(clock.ahead.milliseconds), "fault": .bool(clock.isFault),
            "slowed": .bool(clock.isSlowed), "synchronised": .bool(clock.isSynchronised),
            "simulated": .bool(clock.isSimulated),
        ]
    }
}
