import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Why: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say why a slot is, or is not, for sale: what every rule of a booking says.",
        discussion:
            "Judged as a booking is, by the channel of --channel, and nothing is taken. What is not named is not "
            + "judged. Ends with 2 when a rule refuses, as the booking would.")

    @Argument(help: ArgumentHelp("The slot, by id or place (1/0/5).", valueName: "slot"))
    var slot: SlotArgument

    @Option(
        help: ArgumentHelp(
            "What is to be booked. Default: the only service that the slot’s pool offers.", valueName: "code"))
    var service: String?

    @Option(
        help: ArgumentHelp(
            "For whom: '#17' or 17 by id, 'system|value' by identifier (in quotes, for the shell).",
            valueName: "patient"))
    var patient: PatientArgument?

    @Option(
        name: .customLong("class"), help: ArgumentHelp("How the patient is in the hospital.", valueName: "class"))
    var patientClass: PatientClassArgument?

    @OptionGroup var language: LanguageOption
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let names = try await link.names()
            let service = try names.service(service, in: slot.id)
            var known: PatientID?
            if let patient { known = try await link.patient(patient) }
            let explanation = try await link.client.explainSlot(
                slot.id, service: service.id, patient: known, patientClass: patientClass?.patientClass)
            let view = ExplanationView(explanation, language.language)
            if output.json {
                Output.document(view.json(slot.id, service.code))
            } else {
                Output.line(view.headline)
                Output.lines(view.table.lines(.standardOutput))
            }
            if explanation.refusal != nil { throw Ending(status: .refused) }
        }
    }
}

/// What the rules say of a slot, for people and for programs.
struct ExplanationView {
    private let explanation: SlotExplanation
    private let language: Language

    init(_ explanation: SlotExplanation, _ language: Language) {
        self.explanation = explanation
        self.language = language
    }

    private func say(_ english: String, _ chinese: String) -> String { language == .chinese ? chinese : english }

    /// The answer in one line.
    var headline: String {
        if let refusal = explanation.refusal {
            let meaning = refusal.rule.meaning(in: language)
            return say("not for sale: \(refusal.rule.name), \(meaning)", "不可预约：\(meaning)（\(refusal.rule.name)）")
        }
        let open = explanation.notJudged.count
        return open == 0
            ? say("for sale: no rule refuses", "可预约：没有规则拒绝")
            : say("for sale as far as judged: \(open) rules are not judged", "就已判断的规则可预约：\(open) 条规则未判断")
    }

    var table: Table {
        var table = Table([
            Table.Column(say("RULE", "规则")), Table.Column(say("VERDICT", "结论")), Table.Column(say("WHY", "原因")),
            Table.Column(say("MAY OVERRIDE", "可放行")), Table.Column(say("INSTEAD", "可改为")),
        ])
        for verdict in explanation.verdicts {
            let refuses = verdict.judgement == .refuses
            table.add([
                Table.Cell(verdict.rule.name), word(verdict), Table.Cell(why(verdict)),
                Table.Cell(verdict.authority.map(who) ?? ""),
                Table.Cell(refuses ? verdict.rule.remedy(in: language) : needed(verdict)),
            ])
        }
        return table
    }

    private func word(_ verdict: RuleVerdict) -> Table.Cell {
        switch verdict.judgement {
        case .passes: Table.Cell(say("passes", "通过"), .good)
        case .refuses: Table.Cell(say("refuses", "拒绝"), .bad)
        case .notJudged: Table.Cell(say("not judged", "未判断"), .quiet)
        case .unknown(let number): Table.Cell(say("verdict \(number)", "结论 \(number)"), .quiet)
        }
    }

    private func why(_ verdict: RuleVerdict) -> String {
        switch verdict.judgement {
        case .refuses:
            var details: [String] = []
            if let limit = verdict.limit { details.append(say("limit \(limit)", "上限 \(limit)")) }
            if verdict.policyVersion > 0 {
                details.append(say("policy version \(verdict.policyVersion)", "策略版本 \(verdict.policyVersion)"))
            }
            let brackets =
                details.isEmpty
                ? "" : say(" (\(details.joined(separator: ", ")))", "（\(details.joined(separator: "，"))）")
            return verdict.rule.meaning(in: language) + brackets
        case .notJudged where verdict.needs.isEmpty: return say("the slot’s session is gone", "该班次已不存在")
        case .notJudged: return say("the question does not say enough", "所给条件不足")
        case .passes, .unknown: return ""
        }
    }

    private func who(_ authority: Authority) -> String {
        switch authority {
        case .nobody: say("nobody", "无人")
        case .department: say("department", "科室号源管理员")
        case .hospital: say("hospital", "医院号源管理员")
        case .unknown: authority.word
        }
    }

    /// What the command line must say for the rule to be judged.
    private func needed(_ verdict: RuleVerdict) -> String {
        guard !verdict.needs.isEmpty else { return "" }
        return say("say ", "请给出 ") + verdict.needs.map(Self.option).joined(separator: say(" and ", " 和 "))
    }

    private static func option(_ naming: RuleVerdict.Naming) -> String {
        switch naming {
        case .channel: "--channel"
        case .patient: "--patient"
        case .patientClass: "--class"
        case .service: "--service"
        case .unknown(let number): "naming-\(number)"
        }
    }

    func json(_ slot: SlotID, _ service: String) -> JSON {
        [
            "slot": .id(slot.rawValue), "place": .text(slot.place), "service": .text(service),
            "refused_by": .optional(explanation.refusal) { .text($0.rule.name) },
            "verdicts": .list(explanation.verdicts.map(json)), "position": .count(explanation.position.rawValue),
        ]
    }

    private func json(_ verdict: RuleVerdict) -> JSON {
        let refuses = verdict.judgement == .refuses
        return [
            "rule": .text(verdict.rule.name), "verdict": .text(Self.name(verdict.judgement)),
            "meaning": refuses ? .text(verdict.rule.meaning(in: language)) : .null,
            "remedy": refuses ? .text(verdict.rule.remedy(in: language)) : .null,
            "policy_version": refuses ? .count(verdict.policyVersion) : .null,
            "authority": .optional(verdict.authority) { .text($0.word) },
            "limit": .optional(verdict.limit) { .count($0) },
            "until_ms": .optional(verdict.until) { .count($0.milliseconds) },
            "needs": .list(verdict.needs.map { .text(Self.name($0)) }),
        ]
    }

    private static func name(_ judgement: RuleVerdict.Judgement) -> String {
        switch judgement {
        case .passes: "passes"
        case .refuses: "refuses"
        case .notJudged: "not-judged"
        case .unknown(let number): "verdict-\(number)"
        }
    }

    private static func name(_ naming: RuleVerdict.Naming) -> String {
        switch naming {
        case .channel: "channel"
        case .patient: "patient"
        case .patientClass: "patient-class"
        case .service: "service"
        case .unknown(let number): "naming-\(number)"
        }
    }
}
