import Foundation
import HaoyuanClient
import Terminal
import Testing

@testable import Hosting

@Suite struct `Leaves from a calendar` {
    private let meeting =
        "BEGIN:VEVENT\nUID:meeting\nDTSTART:20261203T140000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=3\nEND:VEVENT"
    private let leave = "BEGIN:VEVENT\nUID:leave\nDTSTART;VALUE=DATE:20261220\nSUMMARY:家事\nEND:VEVENT"

    private func plan(
        _ lines: String, known: [Catalogue.Leave] = [], calendar: String = "李", resource: String = "R1",
        to: String = "2026-12-31"
    ) throws -> LeavePlan {
        LeavePlan(
            try CalendarText.busy(CalendarText.file(lines), to: to), of: calendar, resource: resource,
            in: CalendarWindow(from: "2026-12-01", to: to)!, clock: try HospitalClock(zone: "Asia/Shanghai"),
            known: known
        ) { _ in "calendar 李" }
    }

    @Test func `each busy time is a leave, and the same calendar again changes nothing`() throws {
        let first = try plan("\(meeting)\n\(leave)")
        #expect(first.leaves.map(\.from) == ["2026-12-03 14:00", "2026-12-10 14:00", "2026-12-17 14:00", "2026-12-20"])
        #expect(first.leaves.map(\.until).suffix(2) == ["2026-12-17 16:00", "2026-12-20"])
        #expect(first.rows.allSatisfy { $0.fate == .added && $0.leave.reason == "calendar 李" })
        #expect(Set(first.leaves.map(\.code)).count == 4)
        let second = try plan("\(leave)\n\(meeting)", known: first.leaves)
        #expect(second.leaves.isEmpty && second.count(.unchanged) == 4)
    }

    @Test func `what was moved is changed, what is gone is cancelled, and comes back under its code`() throws {
        let known = try plan("\(meeting)\n\(leave)").leaves
        let moved =
            "BEGIN:VEVENT\nUID:meeting\nRECURRENCE-ID:20261210T140000\nDTSTART:20261211T080000\nDURATION:PT1H\nEND:VEVENT"
        let next = try plan("\(meeting)\n\(moved)", known: known)
        #expect([LeavePlan.Fate.added, .changed, .cancelled, .unchanged].map(next.count) == [0, 1, 1, 2])
        #expect(next.leaves.map(\.code) == [known[1].code, known[3].code])
        #expect(next.leaves.map(\.isCancelled) == [false, true])
        #expect(next.leaves[0].from == "2026-12-11 08:00")
        let back = try plan("\(meeting)\n\(leave)", known: [known[0], next.leaves[0], known[2], next.leaves[1]])
        #expect(back.count(.changed) == 2 && back.leaves.allSatisfy { !$0.isCancelled })
        #expect(Set(back.leaves.map(\.code)) == [known[1].code, known[3].code])
    }

    @Test func `leaves of other hands, calendars, resources and days are left alone`() throws {
        let known = try plan("\(meeting)\n\(leave)").leaves
        let byHand = Catalogue.Leave(code: "L1", resource: "R1", from: "2026-12-02", until: "2026-12-02", reason: "")
        let others = try plan(meeting, calendar: "other").leaves + plan(meeting, resource: "R2").leaves + [byHand]
        #expect(Set(known.map(\.code)).isDisjoint(with: others.map(\.code)))
        #expect(try plan("", known: others).rows.isEmpty)
        // Only the days asked about are judged: the last meeting and the leave lie after them.
        let half = try plan("", known: known, to: "2026-12-16")
        #expect(half.leaves.map(\.code) == known.prefix(2).map(\.code))
        #expect(half.leaves.allSatisfy { $0.isCancelled })
    }

    @Test(arguments: [
        ("2026-12-02", "2026-12-01"), ("2026-12-01", "2028-02-01"), ("1969-12-31", "1970-01-02"), ("x", "y"),
    ])
    func `days that are none, in the wrong order or too many are no window`(_ from: String, _ to: String) {
        #expect(CalendarWindow(from: from, to: to) == nil)
    }
}

@Suite struct `Writing a calendar file` {
    @Test func `lines are folded at 75 octets, and no character is cut`() throws {
        var writer = CalendarWriter()
        let text = String(repeating: "会议；a,b;c\\d\n\u{7}", count: 30)
        writer.text("SUMMARY", text)
        let lines = writer.text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        #expect(lines.count > 10 && lines.last?.isEmpty ?? false)
        for line in lines.dropLast() {
            #expect(line.last == UInt8(ascii: "\r") && line.count <= 76)
            #expect(String(line.dropLast()) != nil, "a character is cut")
        }
        #expect(lines.dropFirst().dropLast().allSatisfy { $0.first == UInt8(ascii: " ") })
        var isGB18030 = false
        let line = try #require(try ContentLine.all(of: Array(writer.text.utf8), isGB18030: &isGB18030).first)
        #expect(line.name == "SUMMARY" && line.text == text.replacingOccurrences(of: "\u{7}", with: " "))
    }
}
