import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct StandingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "standing",
        abstract: "Show what a patient did, and what follows: no-shows, late cancellations, blocks, appeals.")

    @Argument(help: ArgumentHelp("The patient, '#17' or 'system|value'.", valueName: "patient"))
    var patient: PatientArgument

    @OptionGroup var language: LanguageOption
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let names = try await link.names()
            let standing = try await link.client.standing(of: link.patient(patient))
            let view = StandingView(standing: standing, names: names, language: language.language)
            if output.json { Output.document(view.json) } else { Output.lines(view.lines) }
        }
    }
}

/// What a patient did, for people and for programs.
struct StandingView {
    let standing: PatientStanding
    let names: HospitalNames
    let language: Language

    private func say(_ english: String, _ chinese: String) -> String { language == .chinese ? chinese : english }

    var lines: [String] {
        let blocks = standing.blocks.map { block in
            let channels =
                block.term.channels.isEmpty
                ? say("every channel", "所有渠道") : block.term.channels.map(\.word).joined(separator: " ")
            let whose = block.department.isEmpty ? say("the hospital", "全院") : block.department
            let end = names.clock.second(block.until.milliseconds)
            return say(
                "blocked until \(end): \(whose), \(channels), policy version \(block.policyVersion)",
                "暂停预约至 \(end)：\(whose)，\(channels)，策略版本 \(block.policyVersion)")
        }
        let head = blocks.isEmpty ? [say("not blocked", "未被暂停预约")] : blocks
        guard !standing.strikes.isEmpty else { return head }
        var table = Table(["APPOINTMENT", "DAY", "TIME", "WHAT", "COUNTS", "APPEAL", "ID"])
        for strike in standing.strikes {
            let start = strike.start.milliseconds
            let appeal = standing.appeals.first { $0.appointment == strike.appointment }
            table.add([
                Table.Cell(strike.appointment.place), Table.Cell(names.clock.day(start)),
                Table.Cell(names.clock.time(start)), Table.Cell(what(strike)),
                Table.Cell(strike.isStruckOut ? say("no", "否") : say("yes", "是")),
                Table.Cell(appeal.map(\.word) ?? "-"), Table.Cell(strike.appointment.description, .quiet),
            ])
        }
        return head + table.lines(.standardOutput)
    }

    private func what(_ strike: PatientStanding.Strike) -> String {
        guard let minutes = strike.minutesLeft else { return say("no-show", "爽约") }
        return say("cancelled \(minutes) min before", "就诊前 \(minutes) 分钟取消")
    }

    var json: JSON {
        [
            "blocks": .list(
                standing.blocks.map { block in
                    [
                        "department": .text(block.department), "policy_version": .count(block.policyVersion),
                        "term": CatalogueListing.json(block.term),
                        "until": .text(names.clock.iso(block.until.milliseconds)),
                    ]
                }),
            "strikes": .list(
                standing.strikes.map { strike in
                    [
                        "appointment": .id(strike.appointment.rawValue), "place": .text(strike.appointment.place),
                        "department": .id(UInt64(strike.department.rawValue)),
                        "start": .text(names.clock.iso(strike.start.milliseconds)),
                        "kind": .text(strike.minutesLeft == nil ? "no-show" : "late-cancellation"),
                        "minutes_left": .optional(strike.minutesLeft) { .count($0) },
                        "struck_out": .bool(strike.isStruckOut),
                    ]
                }),
            "appeals": .list(standing.appeals.map { $0.json(names.clock) }),
        ]
    }
}

extension Appeal {
    /// Lower case: open, granted or denied.
    var word: String { decision.map { $0.isGranted ? "granted" : "denied" } ?? "open" }

    func json(_ clock: HospitalClock) -> JSON {
        [
            "patient": .id(patient.rawValue), "appointment": .id(appointment.rawValue),
            "place": .text(appointment.place), "state": .text(word), "filed": .text(clock.iso(filed.milliseconds)),
            "filed_by": .text(filedBy), "reason": .text(reason),
            "decided": .optional(decision) { .text(clock.iso($0.at.milliseconds)) },
            "decided_by": .optional(decision) { .text($0.by) },
            "decision_reason": .optional(decision) { .text($0.reason) },
        ]
    }
}
