/// A component of a calendar file: what stands between `BEGIN` and `END`.
struct CalendarComponent: Equatable {
    /// In capitals.
    var name: String
    /// That of `BEGIN`.
    var line: Int
    var properties: [ContentLine] = []
    var components: [CalendarComponent] = []

    /// The outermost components of a file.
    static func all(of lines: [ContentLine]) throws(CalendarFault) -> [CalendarComponent] {
        var finished: [CalendarComponent] = []
        var open: [CalendarComponent] = []
        for line in lines {
            let name = line.value.uppercased()
            switch line.name {
            case "BEGIN":
                guard open.count < CalendarLimits.componentDepth else {
                    throw line.fault("more than \(CalendarLimits.componentDepth) components in one another")
                }
                open.append(CalendarComponent(name: name, line: line.line))
            case "END":
                guard let component = open.popLast(), component.name == name else {
                    throw line.fault("\(name) ends, and did not begin last", remedy: "put BEGIN:\(name) before it")
                }
                if open.isEmpty {
                    finished.append(component)
                } else {
                    open[open.count - 1].components.append(component)
                }
            default:
                guard !open.isEmpty else {
                    throw line.fault("it stands in no component", remedy: "begin the file with BEGIN:VCALENDAR")
                }
                open[open.count - 1].properties.append(line)
            }
        }
        if let component = open.last {
            throw CalendarFault(
                component.line, component.name, "it does not end: the file is cut short",
                remedy: "export the calendar again, or put END:\(component.name)")
        }
        return finished
    }

    /// A property that may stand once.
    func property(_ name: String) throws(CalendarFault) -> ContentLine? {
        let found = properties.filter { $0.name == name }
        if found.count > 1 {
            throw found[1].fault(
                "it stands in \(self.name) twice, first in line \(found[0].line)", remedy: "put it once")
        }
        return found.first
    }
}
