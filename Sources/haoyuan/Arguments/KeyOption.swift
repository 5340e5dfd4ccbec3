import ArgumentParser
import HaoyuanClient

/// The key that makes a write safe to repeat.
struct KeyOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Key of this write, as a UUID.",
            discussion: "The same command with the same key is carried out once, however often it is given. "
                + "Default: a random one, which the answer shows.", valueName: "uuid"))
    var key: KeyArgument = KeyArgument(.random(), isGiven: false)

    /// Whether the command line names it.
    var isGiven: Bool { key.isGiven }

    func validate() throws {
        if key.key == IdempotencyKey(high: 0, low: 0) { throw ValidationError("--key: all zero is no key") }
    }
}

struct KeyArgument: ExpressibleByArgument, CustomStringConvertible {
    let key: IdempotencyKey
    let isGiven: Bool

    init(_ key: IdempotencyKey, isGiven: Bool) { (self.key, self.isGiven) = (key, isGiven) }

    init?(argument: String) {
        guard let key = IdempotencyKey(argument) else { return nil }
        self.init(key, isGiven: true)
    }

    var defaultValueDescription: String { "" }

    /// As a UUID is written.
    var description: String {
        let digits = Array(key.description)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
