/// What a value must look like, by the name that help gives it. The parser says only that a value is none.
enum ArgumentForms {
    private static let ids = "its id, or its place as the commands show it"

    /// Completes the sentence "write …"; values of all other names are any text, or are judged by their commands.
    static let all: [String: String] = [
        "appointment": "\(ids), such as 1/0/1",
        "day": "today, tomorrow, yesterday, days from today such as +3 or -1, or a date such as 2026-12-01",
        "file": "the path of a file, such as ./trace.csv",
        "folder": "the path of a folder, such as ./var",
        "identifier": "'system|value' with all of its digits, in quotes for the shell",
        "index": "a whole number from 0",
        "lock": "the number that haoyuan sessions locks shows, such as 1",
        "moment": "a day and a time, such as '2026-12-01 14:00' in the hospital's zone or 2026-12-01T14:00:00+08:00",
        "names": "some of kill, freeze, cut, apart, mute, deaf, each once, with commas between them",
        "number": "a number in digits alone, such as 10",
        "path": "the path of a file or a folder, such as ./hospital.yaml",
        "patient": "'#17' or 17 by id, 'system|value' by identifier with all of its digits",
        "position": "a position as the commands show it, such as 12345, 12,345 or @12345",
        "refund": "\(ids), such as 1/0/1",
        "session": "\(ids), such as 1/0",
        "slot": "\(ids), such as 1/0/5",
        "slot[=service]": "\(ids), such as 1/0/5, with the service after = where it needs one: 1/0/5=ct-chest",
        "span": "a time with its unit, such as 30s, 15m or 2h",
        "time": "a time with its unit, such as 500ms, 30s, 15m, 1h30m or 7d",
        "tzid=zone": "the file's TZID and its IANA name, such as 'China Standard Time=Asia/Shanghai'",
        "uuid": "a UUID, such as 6f1f8c3e-1111-4222-8333-444455556666",
    ]

    /// What would be right, for the parser's sentence about a wrong value.
    static func remedy(for message: String) -> String? {
        guard message.contains("is invalid for '"), !message.contains("lease provide one of"),
            let match = message.matches(of: /<([^<>]+)>/).last
        else { return nil }
        return all[String(match.output.1)].map { "write \($0)" }
    }
}
