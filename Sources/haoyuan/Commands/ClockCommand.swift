import ArgumentParser
import HaoyuanClient
import Terminal

struct ClockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock", abstract: "Say which clock is right (校时).", subcommands: [AcceptClock.self])
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
        ]
    }
}
