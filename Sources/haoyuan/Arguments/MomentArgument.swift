import ArgumentParser
import Hosting
import Terminal

import struct HaoyuanClient.Instant

/// A moment as commands show it: `2026-03-09T08:15:00.000+08:00`, or the hospital's wall time `2026-03-09 08:15` or
/// `2026-03-09 08:15:07`.
struct MomentArgument: Equatable, Sendable {
    let text: MomentText

    init?(_ text: String) {
        guard let text = MomentText(text) else { return nil }
        self.text = text
    }

    func moment(_ clock: HospitalClock) -> Instant {
        switch text {
        case .absolute(let milliseconds): Instant(milliseconds: milliseconds)
        case .wall(let second): Instant(milliseconds: clock.moment(wallSecond: second) * 1_000)
        }
    }
}

extension MomentArgument: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
