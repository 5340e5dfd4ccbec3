import Foundation
import Scheduling
import Testing

@testable import ZoneTables

@Suite struct `Zone tables` {
    /// The folder of the sources, three above this file.
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private static func bytes(_ zone: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(ZoneTables.machine.folder)/\(zone)")))
    }

    /// A folder with one file in it.
    private static func folder(_ name: String, _ bytes: [UInt8]) throws -> ZoneTables {
        let path = NSTemporaryDirectory() + "zones-" + UUID().uuidString
        let file = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return ZoneTables(folder: path)
    }

    @Test
    func `every zone changes its clocks when Python says so, from 2020 to 2040`() throws {
        let tables = ZoneTables.machine
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", Self.repository + "/scripts/zone-changes", tables.folder]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let lines = text.split(separator: "\n")
        #expect(process.terminationStatus == 0 && lines.count > 300)
        let (begin, end) = (Int64(1_577_836_800), Int64(2_208_988_800))
        for line in lines {
            let name = String(line.prefix { $0 != " " })
            let rules = try tables.rules(of: name)
            let changes = rules.changes.filter { $0.fromSecond > begin && $0.fromSecond <= end }
            let words = ["\(rules.offset(atSecond: begin))"] + changes.map { "\($0.fromSecond)=\($0.offsetSeconds)" }
            #expect("\(name) \(words.joined(separator: " "))" == line)
        }
    }

    @Test(
        arguments: [
            ("CST-8", 1_900_000_000, 28_800), ("EST5EDT,M3.2.0,M11.1.0", 1_752_000_000, -14_400),
            ("EST5EDT,M3.2.0,M11.1.0", 1_736_000_000, -18_000), ("<+0330>-3:30", 0, 12_600),
            // The second before and the first of summer in Berlin in 2025, and the same of winter.
            ("CET-1CEST,M3.5.0,M10.5.0/3", 1_743_296_399, 3_600), ("CET-1CEST,M3.5.0,M10.5.0/3", 1_743_296_400, 7_200),
            ("CET-1CEST,M3.5.0,M10.5.0/3", 1_761_440_399, 7_200), ("CET-1CEST,M3.5.0,M10.5.0/3", 1_761_440_400, 3_600),
            // Ireland: the standard is summer's. The south: summer across the new year.
            ("IST-1GMT0,M10.5.0,M3.5.0/1", 1_736_000_000, 0), ("IST-1GMT0,M10.5.0,M3.5.0/1", 1_752_000_000, 3_600),
            ("AEST-10AEDT,M10.1.0,M4.1.0/3", 1_736_000_000, 39_600),
            // Hours of another day; summer all the year; days by their number, with and without 29 February.
            ("EET-2EEST,M3.4.4/50,M10.4.4/50", 1_752_000_000, 10_800), ("XXX3EDT4,0/0,J365/23", 1_767_225_600, -14_400),
            ("AAA0BBB,J60,J300", 1_709_258_400, 3_600), ("AAA0BBB,J60,J300", 1_709_258_399, 0),
            ("AAA0BBB,59,299", 1_709_171_999, 0), ("AAA0BBB,59,299", 1_709_172_000, 3_600),
        ] as [(String, Int64, Int32)])
    func `a footer says the offset of any moment`(_ text: String, second: Int64, offset: Int32) throws {
        #expect(try POSIXRule(text).offset(at: second) == offset)
    }

    @Test(
        arguments: [
            "", "C-8", "CST", "CST-25", "CST-8CDT", "CST-8CDT,M3.2.0", "CST-8CDT,M13.1.0,M4.1.0",
            "CST-8CDT,M3.6.0,M4.1.0",
            "CST-8CDT,M3.2.7,M4.1.0", "CST-8CDT,J0,J5", "CST-8CDT,366,5", "CST-8 ", "<CST-8",
            "CST-8CDT,M3.2.0/168,M4.1.0",
            "CST-8CDT,M3.2.0,M11.1.0,", "CST-8:60", "CST-99999999999999999999",
        ])
    func `what is no rule is refused`(_ text: String) {
        #expect(throws: ZoneDamage.self) { try POSIXRule(text) }
    }

    @Test
    func `random bytes and files with a few bytes changed never end the process, and what is read has sound offsets`()
        throws
    {
        var generator = SeededGenerator(seed: 7)
        let files = try ["Asia/Shanghai", "Europe/Dublin", "Africa/Casablanca", "America/New_York"].map {
            try Self.bytes($0)
        }
        var refused = 0
        for round in 0..<4_000 {
            var bytes: [UInt8]
            if round % 4 == 0 {
                bytes =
                    Array("TZif2".utf8)
                    + (0..<Int(generator.next() % 300)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            } else {
                bytes = files[round % files.count]
                for _ in 0...generator.next() % 4 {
                    bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
                }
                if round % 7 == 0 { bytes.removeLast(Int(generator.next() % UInt64(bytes.count))) }
            }
            do throws(ZoneDamage) {
                let changes = try TZif(bytes).changes(from: 946_684_800, to: 4_102_444_800)
                #expect(changes.allSatisfy { abs($0.offsetSeconds) < 26 * 3_600 }, "round \(round)")
                #expect(
                    zip(changes, changes.dropFirst()).allSatisfy { $0.fromSecond < $1.fromSecond }, "round \(round)")
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1_000 && refused < 4_000)
    }

    @Test
    func `a damaged file is named, and so is each way in which it is damaged`() throws {
        let sound = try Self.bytes("Europe/Berlin")
        func why(_ change: (inout [UInt8]) -> Void) throws -> String {
            var bytes = sound
            change(&bytes)
            let tables = try Self.folder("Europe/Berlin", bytes)
            defer { try? FileManager.default.removeItem(atPath: tables.folder) }
            do throws(ZoneTableError) {
                _ = try tables.rules(of: "Europe/Berlin")
                return "sound"
            } catch {
                #expect(error.description.contains("\(tables.folder)/Europe/Berlin"))
                return error.description
            }
        }
        #expect(try why { _ in } == "sound")
        #expect(try why { $0[0] = 0x55 }.contains("TZif"))
        #expect(try why { $0[0] = 0x55 }.contains("is damaged"))
        let old = try why { $0[4] = 0 }
        #expect(old.contains("version 1") && old.contains("--reinstall tzdata") && !old.contains("damaged"))
        // The count of leap seconds in the second header, behind the first block.
        let header = try #require(sound.indices.dropFirst(4).first { sound[$0...].starts(with: Array("TZif".utf8)) })
        let leaps = try why { $0[header + 31] = 1 }
        #expect(leaps.contains("leap seconds") && leaps.contains("right/") && !leaps.contains("damaged"))
        #expect(try why { $0.removeLast(200) }.contains("cut short"))
        #expect(try why { $0.removeLast() }.contains("footer"))
        #expect(try why { $0 += Array("X\n".utf8) }.contains("footer"))
        #expect(try why { $0 = [] }.contains("cut short"))
        #expect(try why { $0 = Array(repeating: 0, count: 3 << 20) }.contains("file too large"))
    }

    @Test(arguments: [
        ("2025b", "2025b"), ("2025b-dirty", "2025b-dirty"), ("2025b-3-gab12_x.1", "2025b-3-gab12_x.1"), ("2025 b", nil),
        ("", nil), (String(repeating: "a", count: 33), nil),
    ])
    func `the edition is what the tables call it`(text: String, edition: String?) throws {
        let tables = try Self.folder("tzdata.zi", Array("# version \(text)\n".utf8))
        defer { try? FileManager.default.removeItem(atPath: tables.folder) }
        #expect(tables.version == edition)
    }

    @Test
    func `what is no zone is told from a machine without tables`() throws {
        let tables = ZoneTables.machine
        for name in [
            "", "Nowhere/City", "../zoneinfo/UTC", "/etc/passwd", "Asia", "tzdata.zi", "localtime", "Asia/Shanghai/",
            "a\u{0}b",
        ] {
            #expect(throws: ZoneTableError.unknownZone(name)) { try tables.rules(of: name) }
        }
        #expect(throws: ZoneTableError.noTables(folder: "/nowhere")) {
            try ZoneTables(folder: "/nowhere").rules(of: "Asia/Shanghai")
        }
        #expect(try ZoneTables(folder: "/nowhere").rules(of: "UTC") == .utc)
        #expect(tables.version?.isEmpty == false)
    }
}
