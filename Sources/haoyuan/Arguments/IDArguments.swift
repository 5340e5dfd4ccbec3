import ArgumentParser
import HaoyuanClient
import Terminal

// Ids are decimal numbers; those with a place in them may also be written as people read them, `pool/session/number`.

private let twentyBits: UInt64 = 1 << 20

/// `pool/session/last` as one number, or the number itself.
private func place(_ text: String, parts: Int) -> UInt64? {
    if let number = UInt64(digits: text), number > 0 { return number }
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { UInt64(digits: $0) }
    guard numbers.count == parts, let pool = numbers[0], (1..<(1 << 24)).contains(pool) else { return nil }
    return numbers.dropFirst().reduce(pool) { id, part in
        guard let id, let part, part < twentyBits else { return nil }
        return id << 20 | part
    }
}

/// An appointment: `1099511627777` or `1/0/1`.
struct AppointmentArgument: ExpressibleByArgument {
    let id: AppointmentID

    init?(argument: String) {
        guard let number = place(argument, parts: 3) else { return nil }
        id = AppointmentID(rawValue: number)
    }
}

/// A slot: `1099511627776` or `1/0/0`.
struct SlotArgument: ExpressibleByArgument {
    let id: SlotID

    init?(argument: String) {
        guard let number = place(argument, parts: 3) else { return nil }
        id = SlotID(rawValue: number)
    }
}

/// A refund: `1099511627777` or `1/0/1`.
struct RefundArgument: ExpressibleByArgument {
    let id: RefundID

    init?(argument: String) {
        guard let number = place(argument, parts: 3) else { return nil }
        id = RefundID(rawValue: number)
    }
}

/// A session: `1048576` or `1/0`.
struct SessionArgument: ExpressibleByArgument {
    let id: SessionID

    init?(argument: String) {
        guard let number = place(argument, parts: 2) else { return nil }
        id = SessionID(rawValue: number)
    }
}

/// A position as the commands print it: `12345`, `12,345`, `@12345`.
struct PositionArgument: ExpressibleByArgument {
    let position: UInt64

    init?(argument: String) {
        let text = argument.hasPrefix("@") ? argument.dropFirst() : argument[...]
        guard text.wholeMatch(of: /\d+|\d{1,3}(,\d{3})+/) != nil, let number = UInt64(text.filter { $0 != "," }) else {
            return nil
        }
        position = number
    }
}

/// A slot and, after `=`, the code of the service wanted there: `1/0/5=ct-chest`.
struct SlotChoice: ExpressibleByArgument {
    let slot: SlotID
    let service: String?

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let slot = SlotArgument(argument: String(parts[0])), parts.count == 1 || !parts[1].isEmpty else {
            return nil
        }
        self.slot = slot.id
        service = parts.count == 2 ? String(parts[1]) : nil
    }
}

/// A patient: `#17` or `17` by id, `system|value` by identifier.
enum PatientArgument: ExpressibleByArgument, Equatable {
    case id(PatientID)
    case identifier(Identifier)

    init?(argument: String) {
        if let bar = argument.firstIndex(of: "|") {
            let identifier = Identifier(
                system: String(argument[..<bar]), value: String(argument[argument.index(after: bar)...]))
            // What a spreadsheet has shortened, 1.10101E+17, is no identifier any more.
            guard !identifier.system.isEmpty, !identifier.value.isEmpty,
                identifier.value.wholeMatch(of: /\s*[-+]?\d+([.,]\d+)?[eE]\+\d+\s*/) == nil
            else { return nil }
            self = .identifier(identifier)
        } else {
            let digits = argument.hasPrefix("#") ? argument.dropFirst() : Substring(argument)
            guard let number = UInt64(digits: digits), number > 0 else { return nil }
            self = .id(PatientID(rawValue: number))
        }
    }
}
