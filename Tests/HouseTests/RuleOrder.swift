import Foundation

/// The order in which rules are judged, read from the one list of the domain and from the protocol's page.
struct RuleOrder: Equatable {
    /// Names of rules as the protocol writes them, in order, by the method whose requests they judge.
    var byMethod: [String: [String]] = [:]

    /// From `RuleList`: what each of its functions calls.
    /// - Parameter rules: the files of the rules; the comment above each type begins with the rule's name.
    init(list: String, rules: [String]) {
        var names: [String: String] = [:]
        for rule in rules {
            if let match = rule.firstMatch(of: #/\/\/\/ RULE_([A-Z_]+):[\s\S]*?\nenum (\w+) \{/#) {
                names[String(match.2)] = String(match.1)
            }
        }
        var method: String?
        for line in list.split(separator: "\n") {
            if let heading = line.firstMatch(of: #/^    \/\/\/ `([A-Z_]+)`/#) { method = String(heading.1) }
            guard let method, let call = line.firstMatch(of: #/try (\w+)\.judge\(/#),
                let name = names[String(call.1)], byMethod[method]?.contains(name) != true
            else { continue }
            byMethod[method, default: []].append(name)
        }
    }

    /// From the page: the names in the bullet of each method.
    init(page: String) {
        guard let start = page.range(of: "Checks happen in this order")?.lowerBound else { return }
        let section = page[start...].split(separator: "\n\n").prefix(2).joined(separator: "\n")
        for bullet in section.split(separator: "\n- ").dropFirst() {
            guard let method = bullet.firstMatch(of: #/^`([A-Z_]+)`:/#) else { continue }
            let sentence = bullet.split(separator: ". ", maxSplits: 1).first ?? bullet
            let names = sentence.matches(of: #/`([A-Z_]+)`/#).map { String($0.1) }
            byMethod[String(method.1)] = names.dropFirst().filter { $0 != "BOOK" }
        }
    }
}
