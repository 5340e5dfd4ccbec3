import ArgumentParser
import Terminal

extension SpanArgument: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
    package var defaultValueDescription: String { description }
}
