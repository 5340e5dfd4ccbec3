import ArgumentParser
import Foundation
import HaoyuanClient
import Testing

@testable import Hosting
@testable import Terminal
@testable import haoyuan

@Suite struct `What people type is read exactly, or not at all` {
    @Test(arguments: [
        ("250ms", 250), ("30s", 30_000), ("15m", 900_000), ("24h", 86_400_000), ("7d", 604_800_000),
        ("1h30m", 5_400_000),
        ("0s", 0),
    ])
    func `stretches of time`(text: String, milliseconds: Int64) throws {
        let span = try #require(SpanArgument(text))
        #expect(span.milliseconds == milliseconds)
        #expect(SpanArgument(span.description) == span)
    }

    @Test(arguments: [
        ("2026-03-09T08:15:00.000+08:00", 1_773_015_300_000), ("2026-03-09T00:15:00Z", 1_773_015_300_000),
        ("2026-03-09 08:15:07", 1_773_015_307_000), ("2026-03-09 08:15", 1_773_015_300_000),
        ("2026-03-08T18:15:00.250-06:00", 1_773_015_300_250),
    ])
    func `moments as commands show them, and as the hospital's clock shows them`(text: String, expected: Int64) throws {
        let moment = try #require(MomentArgument(text)).moment(HospitalClock(zone: "Asia/Shanghai"))
        #expect(moment.milliseconds == expected)
    }

    @Test(arguments: [
        "", "2026-03-09", "08:15", "2026-03-09T25:00", "2026-02-30 08:00", "2026-03-09 08:15:60", "2026-03-09 08:15+8",
        "2026-03-09 08:15:00.25", "2026-03-09 08:15:１５",
    ])
    func `what is no moment`(text: String) { #expect(MomentArgument(text) == nil) }

    @Test(arguments: [Int64.max, .min])
    func `a moment beyond every calendar is shown and ends nothing`(moment: Int64) throws {
        #expect(try !HospitalClock(zone: "Asia/Shanghai").second(moment).isEmpty)
    }

    @Test(arguments: ["", "15", "m", "15 m", "-15m", "1.5h", "15min", "9223372036854775807d", "1h-30m", "１５m"])
    func `what is no stretch of time`(text: String) { #expect(SpanArgument(text) == nil) }

    @Test(arguments: [
        ("0", 0), ("65536", 65_536), ("64KiB", 65_536), ("256MiB", 268_435_456), ("8GiB", 8 << 30),
        ("1TiB", 1 << 40),
    ])
    func `sizes`(text: String, bytes: Int) throws {
        let size = try #require(SizeArgument(text))
        #expect(size.bytes == bytes)
        #expect(SizeArgument(size.description) == size)
    }

    @Test(arguments: ["0", "7", "007", "4294967295"])
    func `whole numbers`(text: String) throws {
        let number: UInt32 = try NumberText.whole(text)
        #expect(number == UInt32(text))
    }

    @Test(arguments: ["", "+3", "-3", "--3", "3.0", "1e3", "0x10", "1_000", "1,000", " 3", "３", "4294967296"])
    func `what is no whole number`(text: String) {
        #expect(throws: ValidationError.self) {
            let _: UInt32 = try NumberText.whole(text)
        }
    }

    @Test(arguments: [("0", 0), ("2.5", 2.5), ("3000.0", 3_000), ("007", 7)])
    func `decimal numbers`(text: String, number: Double) throws { #expect(try NumberText.decimal(text) == number) }

    @Test(arguments: ["", ".", "1.", ".5", "+1", "-1", "1e3", "0x10", "inf", "nan", "1.2.3", "1,5", "２"])
    func `what is no decimal number`(text: String) {
        #expect(throws: ValidationError.self) { try NumberText.decimal(text) }
    }

    @Test func `every option and argument that is a number is read by one type`() throws {
        let folder = URL(fileURLWithPath: Binary.repository + "/Sources/haoyuan")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var numbers = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for piece in text.split(separator: /@(?:Option|Argument)\b/).dropFirst() {
                let declared = piece.firstMatch(of: /\bvar (\w+)(: U?(?:Int|Double)| = [0-9])?/)
                guard let declared, declared.output.2 != nil else { continue }
                numbers += 1
                let wrapper = piece[..<declared.range.lowerBound]
                #expect(wrapper.contains("NumberText."), "\(file.lastPathComponent): \(declared.output.1)")
            }
        }
        #expect(numbers > 40)
    }

    @Test(arguments: ["", "KiB", "64kb", "64 KiB", "-1", "1.5GiB", "9999999999TiB", "64MB"])
    func `what is no size`(text: String) { #expect(SizeArgument(text) == nil) }

    /// 2026-03-09T15:59:59Z is a second before midnight in Shanghai.
    private static let beforeMidnight: Int64 = 1_773_071_999_000

    @Test(arguments: [
        ("today", "2026-03-09"), ("tomorrow", "2026-03-10"), ("yesterday", "2026-03-08"), ("+3", "2026-03-12"),
        ("-9", "2026-02-28"), ("+0", "2026-03-09"), ("2024-02-29", "2024-02-29"),
    ])
    func `days are counted in the hospital's zone`(text: String, day: String) async throws {
        let clock = try HospitalClock(zone: "Asia/Shanghai")
        let read = try await #require(DayArgument(text)).day(clock) { Self.beforeMidnight }
        #expect(read == day)
        let next = try await #require(DayArgument("today")).day(clock) { Self.beforeMidnight + 1_000 }
        #expect(next == "2026-03-10")
    }

    @Test(arguments: [
        "", "2026-02-29", "2026-3-9", "09.03.2026", "now", "+", "+10001", "3", "--3", "++3", "-+3", "+-3", "+３",
        "Today",
    ])
    func `what is no day`(text: String) { #expect(DayArgument(text) == nil) }

    @Test(arguments: [
        ("1099514773505", 1_099_514_773_505), ("1/3/1", 1_099_514_773_505),
        ("16777215/1048575/1048575", UInt64.max),
    ])
    func `ids are decimal or a place`(text: String, id: UInt64) throws {
        let appointment = try #require(AppointmentArgument(argument: text)).id
        #expect(appointment.rawValue == id)
        #expect(AppointmentArgument(argument: appointment.place)?.id == appointment)
    }

    @Test(arguments: [
        "", "0", "-1", "1/3", "1/3/1/1", "0/3/1", "16777216/0/0", "1/1048576/0", "1/0/1048576", "1//1", "a/b/c",
        "1/+0/+1", "+1/0/1", "+17", "１/0/1",
    ])
    func `what is no id`(text: String) {
        #expect(AppointmentArgument(argument: text) == nil)
        #expect(SlotChoice(argument: text) == nil)
    }

    @Test
    func `a slot may name its service`() throws {
        let choice = try #require(SlotChoice(argument: "6/2/3=ct-plain"))
        #expect(choice.slot.place == "6/2/3")
        #expect(choice.service == "ct-plain")
        #expect(try #require(SlotChoice(argument: "6/2/3")).service == nil)
        #expect(SlotChoice(argument: "6/2/3=") == nil)
    }

    @Test
    func `a patient is an id or an identifier`() {
        #expect(PatientArgument(argument: "#17") == .id(PatientID(rawValue: 17)))
        #expect(PatientArgument(argument: "17") == .id(PatientID(rawValue: 17)))
        #expect(
            PatientArgument(argument: "urn:id|11|22") == .identifier(Identifier(system: "urn:id", value: "11|22")))
        for text in ["", "#", "0", "#0", "#+17", "+17", "##17", "１７", "name", "|1", "urn:id|", "urn:id|1.10101E+17"] {
            #expect(PatientArgument(argument: text) == nil)
        }
    }

    @Test func `a class of patients is one of its words`() {
        #expect(PatientClassArgument(argument: "inpatient")?.patientClass == .inpatient)
        #expect(PatientClassArgument(argument: "住院") == nil)
    }

    @Test(arguments: ["12345", "12,345", "@12345", "@12,345"])
    func `a position is taken as it is shown`(text: String) {
        #expect(PositionArgument(argument: text)?.position == 12_345)
    }

    @Test(arguments: ["", "@", "-1", "1,2", "1234,567", "12,34,567", "1.5", "99999999999999999999"])
    func `what is no position`(text: String) { #expect(PositionArgument(argument: text) == nil) }

    @Test
    func `an option stands once, and a list names everything once`() throws {
        try ArgumentList.checkOptions(["days", "--department", "a", "--department", "b", "--pool", "c", "--pool", "d"])
        try ArgumentList.checkOptions(["book", "--slot", "1/0/0", "--slot", "1/0/1", "--", "--json", "--json"])
        for twice in [["slots", "--day", "today", "--day=+1"], ["status", "--json", "--json"]] {
            #expect(throws: (any Error).self) { try ArgumentList.checkOptions(twice) }
        }
        #expect(throws: (any Error).self) {
            try BookingOptions.parse(["--patient", "1", "--slot", "1/0/0", "--slot", "1/0/0"])
        }
        #expect(throws: (any Error).self) { try DrillFailover.parse(["--cases", "kill,kill"]) }
        #expect(throws: (any Error).self) {
            try Sessions.Generate.parse(["--to", "+1", "--template", "a", "--template", "a"])
        }
        #expect(throws: (any Error).self) { try Patients.Find.parse(["s|1", "s|1"]) }
        #expect(throws: (any Error).self) { try Appointments.parse(["--id", "1/0/1", "--id", "1/0/1"]) }
    }

    @Test
    func `what the wire reads as everything cannot be asked for as nothing`() throws {
        #expect(throws: (any Error).self) { try Sessions.Lock.parse(["1/0", "--reason", "r", "--units", "0"]) }
        #expect(throws: (any Error).self) { try Sessions.Lock.parse(["1/0", "--reason", "r", "--for", "0s"]) }
        #expect(throws: (any Error).self) { try ChangeOptions.parse(["1/0/1", "--if-version", "0"]) }
    }

    @Test
    func `a key is a UUID, and is shown as one`() throws {
        let text = "6f1f8c3e-1111-4222-8333-444455556666"
        #expect(try #require(KeyArgument(argument: text)).description == text)
        #expect(KeyArgument(argument: "6f1f8c3e") == nil)
    }

    @Test
    func `channels by their words; the engine's own cannot be asked for`() {
        #expect(ChannelArgument(argument: "mini-program")?.channel == .miniProgram)
        #expect(ChannelArgument(argument: "system") == nil)
        #expect(ChannelArgument.allValueStrings.count == 8)
    }

    @Test(arguments: [
        ("mon", 1), ("mon-fri", 31), ("mon,wed,fri", 21), ("sat,sun", 96), ("all", 127), ("mon-wed,sun", 71),
    ])
    func `weekdays`(text: String, mask: UInt32) throws {
        let days = try #require(Weekdays(text))
        #expect(days.mask == mask)
        #expect(days.description == text)
    }

    @Test(arguments: ["", "fri-mon", "monday", "mon-", "-", "mon-tue-wed", "mon,mon", "mon-fri,wed", "all,sun"])
    func `what are no weekdays`(text: String) { #expect(Weekdays(text) == nil) }
}
