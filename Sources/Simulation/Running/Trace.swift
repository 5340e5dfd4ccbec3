/// The readable history of a world, line by line.
struct Trace {
    let isOn: Bool
    private(set) var lines: [String] = []

    init(isOn: Bool) { self.isOn = isOn }

    mutating func add(turn: Int, now: Int64, _ line: @autoclosure () -> String) {
        guard isOn else { return }
        let turn = String(turn)
        let time = String(now)
        lines.append(
            String(repeating: " ", count: max(0, 7 - turn.count)) + turn
                + String(repeating: " ", count: max(0, 10 - time.count)) + time + "  " + line())
    }
}
