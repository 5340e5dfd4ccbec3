import Scheduling

/// A language in which people are told why something was refused. The raw values are those of ISO 639-1.
public enum Language: String, Hashable, Sendable, CaseIterable {
    /// English.
    case english = "en"
    /// 中文.
    case chinese = "zh"

    fileprivate var domain: Scheduling.Language {
        switch self {
        case .english: .english
        case .chinese: .chinese
        }
    }
}

extension Rule {
    /// Why it says no, without a full stop; in English the end of the sentence "refused, because …".
    public func meaning(in language: Language) -> String { words(in: language).meaning }

    /// What the caller can do instead, without a full stop.
    public func remedy(in language: Language) -> String { words(in: language).remedy }

    private func words(in language: Language) -> RuleWords {
        if let rule = UInt8(exactly: number).flatMap(Scheduling.Rule.init) {
            return rule.about.words(in: language.domain)
        }
        return switch language {
        case .english: RuleWords("a rule that this version does not know said no", remedy: "use a newer client")
        case .chinese: RuleWords("被本版本未知的规则拒绝", remedy: "请升级客户端")
        }
    }
}

extension Authority {
    /// Who may set the rule aside, as a clause; nil where nobody may, or it is not known who.
    public func clause(in language: Language) -> String? {
        switch (self, language) {
        case (.department, .english): "the department’s number manager may override it"
        case (.hospital, .english): "the hospital’s number manager may override it"
        case (.department, .chinese): "科室号源管理员可以放行"
        case (.hospital, .chinese): "医院号源管理员可以放行"
        case (.nobody, _), (.unknown, _): nil
        }
    }
}

extension Refusal {
    /// Why it was refused, and what to do instead: one sentence for a patient, without a full stop.
    public func sentence(in language: Language) -> String {
        let (meaning, remedy) = (rule.meaning(in: language), rule.remedy(in: language))
        return switch language {
        case .english: "\(meaning); \(remedy)"
        case .chinese: "\(meaning)，\(remedy)"
        }
    }

    /// What is known beside the rule, for those who work with numbers: its limit, the policy that judged, who may
    /// override it.
    public func details(in language: Language) -> [String] {
        var details: [String] = []
        if let limit {
            switch (rule == .version, language) {
            case (false, .english): details.append("limit \(limit)")
            case (true, .english): details.append("it is at version \(limit)")
            case (false, .chinese): details.append("上限 \(limit)")
            case (true, .chinese): details.append("当前版本 \(limit)")
            }
        }
        if policyVersion > 0 {
            details.append(language == .english ? "policy version \(policyVersion)" : "策略版本 \(policyVersion)")
        }
        if let clause = authority.clause(in: language) { details.append(clause) }
        return details
    }
}
