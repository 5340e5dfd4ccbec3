/// A calendar that was read: the events that may take time.
package struct CalendarFile {
    /// What the file calls itself; nil where it does not say.
    package let name: String?
    let events: [CalendarEvent]
    let zones: CalendarZones

    /// - Parameter isGB18030: is told whether the text is that, and not UTF-8.
    package init(_ bytes: [UInt8], zones: CalendarZones, isGB18030: inout Bool) throws(CalendarFault) {
        guard bytes.count <= CalendarLimits.fileBytes else {
            throw CalendarFault(
                1, "VCALENDAR", "it has \(bytes.count) bytes, at most \(CalendarLimits.fileBytes)",
                remedy: "export fewer years")
        }
        let calendars = try CalendarComponent.all(of: ContentLine.all(of: bytes, isGB18030: &isGB18030))
        guard let first = calendars.first else {
            throw CalendarFault(1, "VCALENDAR", "there is no calendar in it", remedy: "begin it with BEGIN:VCALENDAR")
        }
        var zones = zones
        for calendar in calendars {
            try Self.check(calendar)
            for zone in calendar.components where zone.name == "VTIMEZONE" { try zones.note(zone) }
        }
        var events: [CalendarEvent] = []
        for component in calendars.flatMap(\.components) where component.name == "VEVENT" {
            guard events.count < CalendarLimits.eventsPerFile else {
                throw CalendarFault(
                    component.line, "VEVENT", "more than \(CalendarLimits.eventsPerFile) events",
                    remedy: "export fewer years")
            }
            var reader = EventReader(component, zones)
            events.append(try reader.event())
            zones = reader.zones
        }
        self.events = try Self.latest(events, zones)
        self.zones = zones
        name = try Self.name(of: first)
    }

    /// The calendar's own identity, or its name (RFC 7986, and what programs write instead).
    private static func name(of calendar: CalendarComponent) throws(CalendarFault) -> String? {
        for name in ["UID", "X-WR-RELCALID", "NAME", "X-WR-CALNAME"] {
            if let text = calendar.properties.first(where: { $0.name == name })?.text, !text.isEmpty { return text }
        }
        return nil
    }

    private static func check(_ calendar: CalendarComponent) throws(CalendarFault) {
        guard calendar.name == "VCALENDAR" else {
            throw CalendarFault(calendar.line, calendar.name, "it is no calendar", remedy: "write BEGIN:VCALENDAR")
        }
        guard let version = try calendar.property("VERSION") else {
            throw CalendarFault(calendar.line, "VCALENDAR", "it has no VERSION", remedy: "write VERSION:2.0")
        }
        guard version.value == "2.0" else {
            throw version.fault("it is ‘\(version.value)’", remedy: "export it as iCalendar, whose version is 2.0")
        }
        if let scale = try calendar.property("CALSCALE"), scale.value.uppercased() != "GREGORIAN" {
            throw scale.fault("‘\(scale.value)’ is not read", remedy: "export it with CALSCALE:GREGORIAN")
        }
        if let method = try calendar.property("METHOD"), !["PUBLISH", "REQUEST"].contains(method.value.uppercased()) {
            throw method.fault(
                "a message of ‘\(method.value)’ is no whole calendar", remedy: "export the calendar itself")
        }
        // What would say something about time, and is not read, is not passed over.
        for component in calendar.components where ["VFREEBUSY", "VAVAILABILITY"].contains(component.name) {
            throw CalendarFault(
                component.line, component.name, "it is not read", remedy: "export the events themselves, or take it out"
            )
        }
    }

    /// One event of each UID and place in its series: that which was changed last.
    private static func latest(_ events: [CalendarEvent], _ zones: CalendarZones) throws(CalendarFault)
        -> [CalendarEvent]
    {
        struct Key: Hashable {
            var uid: String
            var recurrence: Int64?
        }
        var places: [Key: Int] = [:]
        var latest: [CalendarEvent] = []
        for event in events {
            let key = Key(uid: event.uid, recurrence: event.recurrence.map(zones.second))
            guard let place = places[key] else {
                places[key] = latest.count
                latest.append(event)
                continue
            }
            guard latest[place].sequence != event.sequence else {
                throw CalendarFault(
                    event.line, "UID", "‘\(event.uid)’ stands there twice, first in line \(latest[place].line)",
                    remedy: "give each event a UID of its own, and one that was changed a higher SEQUENCE")
            }
            if latest[place].sequence < event.sequence { latest[place] = event }
        }
        return latest
    }
}
