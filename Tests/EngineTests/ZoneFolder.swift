import Foundation
import ZoneTables

/// Zone tables of a test's own: Shanghai's clocks are at UTC+8 until a moment, and at another time from then on.
final class ZoneFolder: Sendable {
    let path = NSTemporaryDirectory() + "haoyuan-zones-" + UUID().uuidString
    /// Seconds since 1970.
    let moment: Int64

    var tables: ZoneTables { ZoneTables(folder: path) }

    init(_ edition: String, changingAt moment: Int64) throws {
        self.moment = moment
        try write(edition, hours: 8)
    }

    deinit { empty() }

    func empty() { try? FileManager.default.removeItem(atPath: path) }

    /// Puts an edition in the place of what is there.
    func write(_ edition: String, hours: Int32) throws {
        empty()
        try FileManager.default.createDirectory(atPath: path + "/Asia", withIntermediateDirectories: true)
        for (file, data) in [
            ("Asia/Shanghai", table(28_800, then: hours * 3_600)), ("UTC", table(0, then: 0)),
            ("tzdata.zi", Data("# version \(edition)\n".utf8)),
        ] { try data.write(to: URL(fileURLWithPath: "\(path)/\(file)")) }
    }

    /// In TZif, version 2: a header and a block for readers of version 1, which are passed over, then those that count.
    private func table(_ first: Int32, then later: Int32) -> Data {
        func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
            withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
        func header(times: UInt32, types: UInt32) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
                + [0, 0, 0, times, types, 4].flatMap { bytes($0 as UInt32) }
        }
        let name = Array("LCL".utf8) + [0]
        let old = header(times: 0, types: 1) + bytes(first) + [0, 0] + name
        let kinds = bytes(first) + [0, 0] + bytes(later) + [0, 0]
        let block = bytes(moment) + [1] + kinds + name
        return Data(old + header(times: 1, types: 2) + block + Array("\n<LCL>-\(later / 3_600)\n".utf8))
    }
}
