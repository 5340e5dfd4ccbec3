import Scheduling

/// What a person may have meant by a code that is not there.
enum Suggestions {
    /// As many as a message names.
    private static let most = 3

    /// Codes and names that fit the text by code, name or pinyin, the best first: `XN 心内科`.
    static func matching(_ text: String, among entities: some Sequence<(code: String, name: String)>) -> [String] {
        var (index, shown): (EntityIndex, [String]) = (EntityIndex(), [])
        for entity in entities {
            // Of one kind they all are here, whichever it is.
            index.add(.department, UInt32(shown.count), code: entity.code, name: entity.name)
            shown.append(entity.code == entity.name ? entity.code : "\(entity.code) \(entity.name)")
        }
        return index.find(text, kinds: [.department], limit: most).found.map { shown[Int($0.id)] }
    }
}
