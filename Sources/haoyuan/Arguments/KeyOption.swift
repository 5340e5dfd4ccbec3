import ArgumentParser
import HaoyuanClient

/// The key that makes a write safe to repeat.
struct KeyOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Key of this write, as a UUID.",
            discussion: "The same command with the same key is carried out once, however often it is given. "
                + "Default: a random one, which the answer shows.", valueName: "uuid"))
    var key: KeyArgument = KeyArgument(.random())

    func validate() throws {
        if key.key == IdempotencyKey(high: 0, low: 0) { throw ValidationError("--key: all zero is no key") }
    }
}

struct KeyArgument: ExpressibleByArgument, CustomStringConvertible {
    let key: IdempotencyKey

    init(_ key: IdempotencyKey) { self.key = key }

    init?(argument: String) {
        guard let key = IdempotencyKey(argument) else { return nil }
        self.key = key
    }

    var defaultValueDescription: String { "" }

    /// As a UUID is written.
    var description: String {
        let digits = Array(key.description)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
