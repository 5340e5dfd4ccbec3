import HaoyuanClient
import Hosting
import Terminal

// Calendars, leaves and exceptions, as tables and as JSON.

extension CatalogueListing {
    /// Those of the department's resources, where one is asked for.
    var leaves: [Catalogue.Leave] {
        guard let department else { return names.catalogue.leaves }
        let codes = Set(names.catalogue.resources.filter { $0.department == department }.map(\.code))
        return names.catalogue.leaves.filter { codes.contains($0.resource) }
    }

    var calendarTable: Table {
        var table = Table(["CODE", "NAME", "FIRST", "LAST", .right("HOLIDAYS"), .right("WORKING"), "SOURCE"])
        for calendar in names.catalogue.calendars {
            table.add([
                Table.Cell(calendar.code), Table.Cell(calendar.name), Table.Cell(calendar.first.description),
                Table.Cell(calendar.last.description),
                Table.Cell(String(calendar.days.count { $0.workingAs == nil })),
                Table.Cell(String(calendar.days.count { $0.workingAs != nil })), Table.Cell(calendar.source),
            ])
        }
        return table
    }

    var leaveTable: Table {
        var table = Table(["CODE", "RESOURCE", "FROM", "UNTIL", "STATE", "REASON"])
        for leave in leaves {
            table.add([
                Table.Cell(leave.code), Table.Cell(leave.resource), Table.Cell(leave.from), Table.Cell(leave.until),
                Table.Cell(leave.isCancelled ? "cancelled" : "taken"), Table.Cell(leave.reason),
            ])
        }
        return table
    }
}

extension Catalogue.Template.Exception {
    /// In a few words: `2026-03-09 closed`, `2026-03-09 changed 14:00`.
    var words: String {
        switch kind {
        case .closed: "\(date) closed"
        case .changed(let hours): "\(date) changed \(hours.start)"
        case .extra(let hours): "\(date) extra \(hours.start)"
        }
    }

    var json: JSON {
        let (word, hours): (String, Catalogue.Template.Hours?) =
            switch kind {
            case .closed: ("closed", nil)
            case .changed(let hours): ("changed", hours)
            case .extra(let hours): ("extra", hours)
            }
        return [
            "date": .text(date.description), "kind": .text(word),
            "start": .optional(hours) { .text($0.start.description) },
            "slot_minutes": .optional(hours) { .count($0.slotMinutes) },
            "slots": .optional(hours) { .count($0.slots) }, "capacity": .optional(hours) { .count($0.capacity) },
            "reason": .text(reason),
        ]
    }
}

extension Catalogue.Calendar {
    var json: JSON {
        [
            "code": .text(code), "name": .text(name), "source": .text(source), "first": .text(first.description),
            "last": .text(last.description),
            "days": .list(
                days.map { day in
                    [
                        "date": .text(day.date.description),
                        "kind": .text(day.workingAs == nil ? "holiday" : "working"),
                        "in_place_of": .optional(day.workingAs.flatMap { Weekdays(mask: 1 << ($0 - 1)).words.first }) {
                            .text($0)
                        },
                    ]
                }),
        ]
    }
}

extension Catalogue.Leave {
    var json: JSON {
        [
            "code": .text(code), "resource": .text(resource), "from": .text(from), "until": .text(until),
            "reason": .text(reason), "cancelled": .bool(isCancelled),
        ]
    }
}
