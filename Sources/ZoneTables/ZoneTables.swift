import Glibc
package import Scheduling

/// The zone tables of this machine: the files that its package `tzdata` brings and its administrator keeps up to date.
package struct ZoneTables: Sendable {
    /// The folder with the tables.
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// Those that other programs use, too: in `TZDIR`, else `/usr/share/zoneinfo`.
    package static var machine: ZoneTables {
        let named = getenv("TZDIR").map { String(cString: $0) } ?? ""
        return ZoneTables(folder: named.isEmpty ? "/usr/share/zoneinfo" : named)
    }

    /// No zone's file is nearly as large.
    private static let mostBytes = 1 << 20

    /// The clock changes of a zone from 2000 to 2100, and the offset before them. UTC needs no table.
    /// - Throws: where there are no tables, no such zone, or its file cannot be read or is damaged.
    package func rules(of name: String) throws(ZoneTableError) -> TimeZoneRules {
        if name == "UTC" { return .utc }
        guard Self.isName(name) else { throw .unknownZone(name) }
        let path = "\(folder)/\(name)"
        let bytes: [UInt8]
        switch Self.read(path, most: Self.mostBytes) {
        case .success(let read): bytes = read
        case .failure(let failure):
            guard [ENOENT, ENOTDIR, EISDIR].contains(failure.number) else {
                let reason = String(cString: strerror(failure.number)).lowercased()
                throw .unreadable(path: path, reason: reason)
            }
            throw access(folder, R_OK | X_OK) == 0 && hasAny ? .unknownZone(name) : .noTables(folder: folder)
        }
        do throws(ZoneDamage) {
            return TimeZoneRules(name: name, changes: try TZif(bytes).changes(from: Self.begin, to: Self.end))
        } catch {
            throw error.isSound
                ? .unusable(path: path, why: error.description) : .damaged(path: path, why: error.description)
        }
    }

    /// 2000-01-01 and 2100-01-01, between which rules are kept.
    private static let begin: Int64 = 946_684_800
    private static let end: Int64 = 4_102_444_800

    /// Which edition they are, as `2025b`; nil where the folder does not say.
    package var version: String? {
        for (file, mark) in [("+VERSION", ""), ("tzdata.zi", "# version ")] {
            let beginning = Self.read("\(folder)/\(file)", most: 128, isWhole: false)
            guard case .success(let bytes) = beginning else { continue }
            let line = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
            guard line.hasPrefix(mark) else { continue }
            let text = line.dropFirst(mark.count)
            // Between two releases an edition is called as 2025b-dirty or 2025b-3-gabc1234.
            let isEdition = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
            if (1...32).contains(text.utf8.count), isEdition { return String(text) }
        }
        return nil
    }

    // MARK: Files

    /// A path inside the folder, of what zones are called by; not the machine's own choice, or a list.
    private static func isName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return (1...64).contains(name.utf8.count) && !["localtime", "posixrules", "Factory"].contains(name)
            && parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-_".contains($0)) }
            }
    }

    /// A folder that has not even UTC has no tables.
    private var hasAny: Bool { ["UTC", "Etc/UTC"].contains { access("\(folder)/\($0)", F_OK) == 0 } }

    private struct ReadFailure: Error { var number: Int32 }

    /// - Parameter isWhole: whether a longer file is told as too large; its beginning is read otherwise.
    private static func read(_ path: String, most: Int, isWhole: Bool = true) -> Result<[UInt8], ReadFailure> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(ReadFailure(number: errno)) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: most + 1)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count)
            }
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else { return .failure(ReadFailure(number: errno)) }
            if more == 0 { break }
            count += more
        }
        guard count <= most || !isWhole else { return .failure(ReadFailure(number: EFBIG)) }
        return .success(Array(bytes[..<min(count, most)]))
    }
}

extension TZif {
    /// What rules are made of: the offset at `begin`, and each change to another until `end`.
    func changes(from begin: Int64, to end: Int64) -> [TimeZoneRules.Change] {
        var all = transitions
        if let rule {
            let years = Self.years(from: begin, to: end)
            let last = transitions.last?.second ?? .min
            let later = rule.transitions(in: years).filter { $0.second > last }
            // Without a change of its own the file is all footer.
            if transitions.isEmpty { all = [Transition(second: begin, offset: rule.offset(at: begin))] }
            all += later
        }
        var changes = [TimeZoneRules.Change(fromSecond: 0, offsetSeconds: first)]
        for transition in all where transition.second < end {
            if transition.second <= begin {
                changes[0].offsetSeconds = transition.offset
            } else if transition.offset != changes[changes.count - 1].offsetSeconds {
                changes.append(.init(fromSecond: transition.second, offsetSeconds: transition.offset))
            }
        }
        return changes
    }

    private static func years(from begin: Int64, to end: Int64) -> ClosedRange<Int> {
        let (first, last) = (LocalDate(rawValue: Int32(begin / 86_400)), LocalDate(rawValue: Int32(end / 86_400)))
        return first.civil.year - 1...last.civil.year
    }
}

/// Why a zone has no rules here, in a sentence that says what to do.
package enum ZoneTableError: Error, Hashable, CustomStringConvertible {
    /// The machine has none at all.
    case noTables(folder: String)
    /// There are tables, and none of that name.
    case unknownZone(String)
    /// The file is there and cannot be read.
    case unreadable(path: String, reason: String)
    /// The file is no table, or a damaged one.
    case damaged(path: String, why: String)
    /// The file is a sound table of a kind that is not read; the second half of the sentence says what to do.
    case unusable(path: String, why: String)

    package var description: String {
        switch self {
        case .noTables(let folder):
            "there are no zone tables in \(folder): install them, on Debian with apt-get install tzdata, or name their "
                + "folder in TZDIR"
        case .unknownZone(let name): "‘\(name)’ is no IANA zone, such as Asia/Shanghai"
        case .unreadable(let path, let reason):
            "the zone table \(path) cannot be read: \(reason); let every user read it, or \(Self.anew)"
        case .damaged(let path, let why): "the zone table \(path) is damaged: \(why); \(Self.anew)"
        case .unusable(let path, let why): "the zone table \(path) cannot be used: \(why)"
        }
    }

    static let anew = "install it anew, on Debian with apt-get install --reinstall tzdata"
}
