package import Terminal

/// What is wrong in a calendar file: where it stands, in which property, and what to write instead.
package struct CalendarFault: Error, Equatable, Sendable {
    /// From 1: the first of the lines that the property was folded into.
    package var line: Int
    /// Its name, such as `RRULE`; that of the component where no property is at fault.
    package var property: String
    package var problem: String
    package var remedy: String?

    init(_ line: Int, _ property: String, _ problem: String, remedy: String? = nil) {
        self.line = line
        self.property = property
        self.problem = problem
        self.remedy = remedy
    }

    /// As a command tells it.
    package func failure(in file: String) -> CommandFailure {
        CommandFailure(.configuration, "\(file) line \(line): \(property): \(problem)", remedy: remedy)
    }
}
