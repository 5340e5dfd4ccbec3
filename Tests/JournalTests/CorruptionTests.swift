import CLMDB
import Foundation
import MemoryJournal
import Testing

@testable import Journal

/// Changes what is durable behind the journal's back, on either disk.
extension Site {
    func tamper(_ table: String, key: [UInt8], _ change: ([UInt8]) -> [UInt8]?) throws {
        switch disk {
        case .memory:
            let isFound = memory.tamper(table, key: key, change)
            try #require(isFound)
        case .lmdb:
            try withLMDB(table) { transaction, handle in
                var key = key
                let old = key.withUnsafeMutableBytes { bytes -> [UInt8]? in
                    var name = MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
                    var value = MDB_val()
                    guard mdb_get(transaction, handle, &name, &value) == 0 else { return nil }
                    return [UInt8](UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
                }
                put(transaction, handle, key: key, value: change(try #require(old)))
            }
        }
    }

    func store(_ table: String, key: [UInt8], value: [UInt8]) throws {
        switch disk {
        case .memory: memory.tamperPutting(table, key: key, value: value)
        case .lmdb: try withLMDB(table) { put($0, $1, key: key, value: value) }
        }
    }

    func removeTable(_ table: String) throws {
        switch disk {
        case .memory: memory.tamperRemoving(table)
        case .lmdb: try withLMDB(table) { #expect(mdb_drop($0, $1, 1) == 0) }
        }
    }

    private func put(_ transaction: OpaquePointer?, _ handle: MDB_dbi, key: [UInt8], value: [UInt8]?) {
        var key = key
        key.withUnsafeMutableBytes { bytes in
            var name = MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
            guard var value else {
                #expect(mdb_del(transaction, handle, &name, nil) == 0)
                return
            }
            value.withUnsafeMutableBytes { bytes in
                var content = MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
                #expect(mdb_put(transaction, handle, &name, &content, 0) == 0)
            }
        }
    }

    private func withLMDB(_ table: String, _ body: (OpaquePointer?, MDB_dbi) throws -> Void) throws {
        var environment: OpaquePointer?
        var transaction: OpaquePointer?
        var handle = MDB_dbi()
        try #require(mdb_env_create(&environment) == 0)
        defer { mdb_env_close(environment) }
        mdb_env_set_maxdbs(environment, 64)
        mdb_env_set_mapsize(environment, 512 << 20)
        try #require(mdb_env_open(environment, directory.path, 0, 0o644) == 0)
        try #require(mdb_txn_begin(environment, nil, 0, &transaction) == 0)
        let flags = table.hasPrefix("log.") ? UInt32(MDB_INTEGERKEY) : 0
        try #require(mdb_dbi_open(transaction, table, flags, &handle) == 0)
        try body(transaction, handle)
        try #require(mdb_txn_commit(transaction) == 0)
    }

    /// What the offline verifier says.
    func verification() throws -> JournalVerification {
        switch disk {
        case .memory: try JournalVerifier.verify(storage: memory.attach())
        case .lmdb: try JournalVerifier.verify(directory: directory.path)
        }
    }

    /// Whatever opening and replaying throw.
    func recoveryError() -> JournalError? {
        do {
            let journal = try open()
            defer { try? journal.close() }
            _ = try journal.replayed(from: nil)
            return nil
        } catch {
            return error as? JournalError
        }
    }
}

func integerKey(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number) { [UInt8]($0) } }

@Suite struct CorruptionTests {
    static let segment = "log.0000000000000001"

    /// Thirty chunks of one record each, a fragmented record, and some state.
    func soundSite(_ disk: Disk) throws -> Site {
        let site = try Site(disk)
        let journal = try site.open()
        for number in 0..<30 { try journal.commit([record(number, bytes: 200)]) }
        try journal.commit([record(99, bytes: 5_000)])
        journal.write([
            .put(patients, key: [1, 2], value: record(1)), .put(patients, key: [1, 3], value: record(2)),
            .put(history, key: Array("visit".utf8), value: [UInt8](repeating: 5, count: 500)),
        ])
        while try journal.step() {}
        try journal.close()
        return site
    }

    @Test(arguments: Disk.allCases)
    func `what nobody touched is sound`(_ disk: Disk) throws {
        let site = try soundSite(disk)
        let verification = try site.verification()
        #expect(verification.reports.isEmpty)
        #expect(verification.records == 31)
        #expect(verification.chunks == 33)
        #expect(verification.values == 3)
        #expect(verification.tables == 2)
        #expect(verification.segments == 1)
        #expect((verification.pages > 0) == (disk == .lmdb))
        #expect(site.recoveryError() == nil)
    }

    @Test(arguments: Disk.allCases, [0, 3, 4, 7, 8, 15, 16, 17, 18, 19, 20, 21, 100, 221])
    func `a flipped bit in any field of a chunk is found at its place`(_ disk: Disk, _ byte: Int) throws {
        let site = try soundSite(disk)
        try site.tamper(Self.segment, key: integerKey(12)) { old in
            var new = old
            new[byte] ^= 0x10
            return new
        }
        let reports = try site.verification().reports
        #expect(reports.count == 1)
        #expect(reports.first?.table == Self.segment)
        #expect(reports.first?.position == Position(12))
        #expect(reports.first?.kind == .checksum || (8...15).contains(byte))
        #expect((reports.first?.fileOffset != nil) == (disk == .lmdb))
        guard case .corrupt(let report) = site.recoveryError() else {
            Issue.record("recovery did not notice")
            return
        }
        #expect(report.position == Position(12))
        let journal = try site.open()
        #expect(try journal.read(from: Position(13), maxRecords: 5).count == 5)
        #expect(throws: JournalError.corrupt(report)) { try journal.read(from: Position(12)) }
        #expect(throws: JournalError.corrupt(report)) { try journal.read(from: Position(2)) }
        try journal.close()
    }

    @Test
    func `a file offset in a report is where the chunk is in data.mdb`() throws {
        let site = try soundSite(.lmdb)
        try site.tamper(Self.segment, key: integerKey(12)) { Array($0.dropLast()) + [0xee] }
        let offset = try #require(try site.verification().reports.first?.fileOffset)
        let file = try Data(contentsOf: URL(fileURLWithPath: site.directory.path + "/data.mdb"))
        let first = file[(Int(offset) + 8)..<(Int(offset) + 16)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        #expect(first == 12)
    }

    @Test(arguments: Disk.allCases, [0, 10, 20, 21, 150])
    func `a torn chunk is found`(_ disk: Disk, _ length: Int) throws {
        let site = try soundSite(disk)
        try site.tamper(Self.segment, key: integerKey(5)) { Array($0.prefix(length)) }
        #expect(try site.verification().reports.map(\.position) == [Position(5)])
        #expect(site.recoveryError()?.code == "corrupt")
    }

    @Test(arguments: Disk.allCases, [1, 2, 29, 30, 31, 32, 33] as [UInt64])
    func `a missing chunk is a gap, wherever it was`(_ disk: Disk, _ number: UInt64) throws {
        let site = try soundSite(disk)
        try site.tamper(Self.segment, key: integerKey(number)) { _ in nil }
        let reports = try site.verification().reports
        #expect(reports.count == 1)
        #expect(reports.first?.kind == .gap)
        guard case .corrupt(let report) = site.recoveryError() else {
            Issue.record("recovery did not notice")
            return
        }
        #expect(report.kind == .gap)
        #expect(report.table == Self.segment)
    }

    @Test(arguments: Disk.allCases)
    func `swapped chunks are each found under the wrong key`(_ disk: Disk) throws {
        let site = try soundSite(disk)
        var kept: [UInt8] = []
        try site.tamper(Self.segment, key: integerKey(7)) { old in
            kept = old
            return old
        }
        let seventh = kept
        try site.tamper(Self.segment, key: integerKey(8)) { old in
            kept = old
            return seventh
        }
        let eighth = kept
        try site.tamper(Self.segment, key: integerKey(7)) { _ in eighth }
        let reports = try site.verification().reports
        #expect(reports.map(\.kind) == [.misplaced, .misplaced])
        #expect(reports.map(\.position) == [Position(7), Position(8)])
        #expect(reports.map(\.found) == ["the chunk of 8", "the chunk of 7"])
    }

    @Test(arguments: Disk.allCases)
    func `a chunk replaced by a valid one of another history breaks the chain`(_ disk: Disk) throws {
        let site = try soundSite(disk)
        var builder = ChunkBuilder()
        record(9, bytes: 200).withUnsafeBytes { builder.add($0) }
        let forged = [UInt8](builder.seal(kind: .whole, first: Position(9), chain: 0x1234).bytes)
        try site.store(Self.segment, key: integerKey(9), value: forged)
        let reports = try site.verification().reports
        #expect(reports.map(\.kind) == [.chain, .chain])
        #expect(reports.map(\.position) == [Position(9), Position(10)])
        guard case .corrupt(let report) = site.recoveryError() else {
            Issue.record("recovery did not notice")
            return
        }
        #expect(report.kind == .chain && report.position == Position(9))
    }

    @Test(arguments: Disk.allCases)
    func `a chunk behind the end of the log is found`(_ disk: Disk) throws {
        let site = try soundSite(disk)
        var builder = ChunkBuilder()
        record(9).withUnsafeBytes { builder.add($0) }
        let forged = [UInt8](builder.seal(kind: .whole, first: Position(34), chain: 0).bytes)
        try site.store(Self.segment, key: integerKey(34), value: forged)
        #expect(try !site.verification().isSound)
        #expect(site.recoveryError()?.code == "corrupt")
    }

    @Test(arguments: Disk.allCases)
    func `a missing segment is named, and so is one that does not belong`(_ disk: Disk) throws {
        let site = try Site(disk)
        let journal = try site.open { $0.segmentBytes = 4_000 }
        for number in 0..<40 { try journal.commit([record(number, bytes: 1_000)]) }
        let segments = try journal.listing().segments
        try journal.close()
        #expect(segments.count > 3)
        let lost = segments[2]
        try site.removeTable(lost.name)
        let reports = try site.verification().reports
        #expect(reports.map(\.kind) == [.segment])
        #expect(reports.first?.table == lost.name)
        guard case .corrupt(let report) = site.recoveryError() else {
            Issue.record("opening did not notice")
            return
        }
        #expect(report.kind == .segment && report.position == lost.first)
    }

    @Test(arguments: Disk.allCases)
    func `a flipped, torn or displaced state value is found under its key, and the others are still served`(
        _ disk: Disk
    ) throws {
        let site = try soundSite(disk)
        try site.tamper("state.patients", key: [1, 2]) { old in
            var new = old
            new[20] ^= 1
            return new
        }
        var moved: [UInt8] = []
        try site.tamper("state.patients", key: [1, 3]) { old in
            moved = old
            return old
        }
        try site.store("state.patients", key: [1, 4], value: moved)
        try site.store("state.history", key: [1, 3], value: moved)
        try site.tamper("state.history", key: Array("visit".utf8)) { Array($0.prefix(9)) }
        let reports = try site.verification().reports
        #expect(reports.map(\.table) == ["history", "history", "patients", "patients"])
        #expect(reports.map(\.key) == ["0x0103", "\"visit\"", "0x0102", "0x0104"])
        #expect(reports.map(\.kind) == [.checksum, .malformed, .checksum, .checksum])
        let journal = try site.open()
        #expect(try journal.value(patients, key: [1, 3])?.bytes == record(2))
        for key in [[1, 2], [1, 4]] as [[UInt8]] {
            #expect(throws: JournalError.self) { try journal.value(patients, key: key) }
        }
        #expect(throws: JournalError.self) { try journal.forEach(patients) { _, _, _ in true } }
        try journal.close()
    }

    @Test(arguments: Disk.allCases)
    func `a state value from the future is found`(_ disk: Disk) throws {
        let site = try soundSite(disk)
        var envelope: [UInt8] = []
        ValueEnvelope.write(
            [1], table: "patients", key: [9], reflects: Position(34), compress: false, into: &envelope)
        try site.store("state.patients", key: [9], value: envelope)
        let reports = try site.verification().reports
        #expect(reports.map(\.kind) == [.future])
        #expect(reports.first?.key == "0x09")
    }

    @Test(
        arguments: Disk.allCases,
        ["format", "log", "segments"])
    func `a flipped bit in any meta entry keeps the journal shut`(_ disk: Disk, _ entry: String) throws {
        let site = try soundSite(disk)
        try site.tamper("meta", key: Array(entry.utf8)) { old in
            var new = old
            new[14] ^= 1
            return new
        }
        guard case .corrupt(let report) = site.recoveryError() else {
            Issue.record("opening did not notice")
            return
        }
        #expect(report.table == "meta" && report.key == entry && report.kind == .checksum)
        #expect(try site.verification().reports.first?.key == entry)
    }
}
