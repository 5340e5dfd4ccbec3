// Names once more: what a text that people type fits, said for the few characters that simulated hospitals have.
extension NaiveModel {
    /// The first letter of a character's pinyin; itself where it is none of these.
    private static let initials: [Character: Character] = [
        "科": "k", "室": "s", "项": "x", "目": "m", "诊": "z", "新": "x",
    ]

    /// Whether something of this code and name is found by a text: its code or its name has the text somewhere, or the
    /// initials of its name have.
    /// - Parameter text: letters, digits, or characters; no whole syllables.
    package static func fits(_ text: String, code: String, name: String) -> Bool {
        let typed = text.lowercased()
        let spelled = String(name.lowercased().map { initials[$0] ?? $0 })
        return [code.lowercased(), name.lowercased(), spelled].contains { $0.contains(typed) }
    }
}
