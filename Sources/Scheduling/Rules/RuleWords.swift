/// A language in which people are told why something was refused. The raw values are those of ISO 639-1.
package enum Language: String, Hashable, Sendable, CaseIterable {
    case english = "en"
    /// 中文.
    case chinese = "zh"
}

/// A rule's words in one language.
package struct RuleWords: Hashable, Sendable {
    /// Why it says no, without a full stop.
    package let meaning: String
    /// What the caller can do instead, without a full stop.
    package let remedy: String

    package init(_ meaning: String, remedy: String) {
        self.meaning = meaning
        self.remedy = remedy
    }
}
