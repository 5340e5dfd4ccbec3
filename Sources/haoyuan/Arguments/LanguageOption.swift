import ArgumentParser
import HaoyuanClient
import Terminal

/// In which language a refusal is told.
struct LanguageOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Language of refusals: en or zh.",
            discussion: "Default: zh where LC_ALL, or LANG without it, begins with zh; else en.", valueName: "language")
    )
    var lang: LanguageArgument?

    var language: Language { lang?.language ?? Self.language(of: Environment["LC_ALL"], Environment["LANG"]) }

    /// What the environment says. An empty LC_ALL says nothing.
    static func language(of all: String?, _ usual: String?) -> Language {
        let said = [all, usual].compactMap(\.self).first { !$0.isEmpty } ?? ""
        return said.hasPrefix(Language.chinese.rawValue) ? .chinese : .english
    }
}

/// A language by its two letters.
struct LanguageArgument: ExpressibleByArgument {
    let language: Language

    init?(argument: String) {
        guard let language = Language(rawValue: argument) else { return nil }
        self.language = language
    }

    static var allValueStrings: [String] { Language.allCases.map(\.rawValue) }
}
