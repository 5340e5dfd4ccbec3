import ArgumentParser
import Terminal

extension SpanArgument: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
    public var defaultValueDescription: String { description }
}
