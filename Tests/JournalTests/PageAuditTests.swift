import Foundation
import Testing

@testable import Journal

@Suite struct PageAuditTests {
    func site() throws -> Site {
        let site = try Site(.lmdb)
        let journal = try site.open { $0.segmentBytes = 100_000 }
        for round in 0..<20 {
            try journal.commit(
                (0..<100).map { record($0, bytes: 150) },
                tables: (0..<40).map { .put(patients, key: [UInt8(round), UInt8($0)], value: record($0, bytes: 90)) })
        }
        journal.write([.put(history, key: [1], value: record(1, bytes: 30_000))])
        journal.trim(before: Position(900))
        while try journal.step() {}
        try journal.close()
        return site
    }

    @Test
    func `a sound file passes, and every page it reaches is counted`() throws {
        let site = try site()
        let audit = try PageAudit.run(directory: site.directory.path, reportsWanted: 10) { _ in }
        #expect(audit.reports.isEmpty)
        let used = try site.open()
        #expect(Int(audit.pages) <= used.statistics.storage.usedBytes / 4_096)
        #expect(audit.pages > 50)
        try used.close()
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `damaged page headers, node offsets and pointers never crash the opener`(_ seed: UInt64) throws {
        let site = try site()
        let path = site.directory.path + "/data.mdb"
        let original = try Data(contentsOf: URL(fileURLWithPath: path))
        let journal = try site.open()
        let pages = journal.statistics.storage.usedBytes / 4_096
        try journal.close()
        var random = SeededGenerator(seed: seed)
        var found = 0
        for _ in 0..<40 {
            var data = original
            // The first 64 bytes of a page are its header and its first node pointers: what LMDB follows blindly.
            let offset = Int.random(in: 0..<pages, using: &random) * 4_096 + Int.random(in: 0..<64, using: &random)
            data[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try data.write(to: URL(fileURLWithPath: path))
            do {
                if try !JournalVerifier.verify(directory: site.directory.path).isSound { found += 1 }
            } catch {
                #expect(error.code == "io", "seed \(seed), offset \(offset): \(error)")
                found += 1
            }
        }
        #expect(found > 0, "seed \(seed)")
    }

    @Test(arguments: [("state.patients", 13, 0x01), ("state.patients", 13, 0x80), ("state.patients", 2, 0x02)])
    func `a table whose name is damaged is neither lost nor taken for another`(
        _ name: String, _ byte: Int, _ bits: UInt8
    ) throws {
        let site = try site()
        let url = URL(fileURLWithPath: site.directory.path + "/data.mdb")
        var data = try Data(contentsOf: url)
        var from = data.startIndex
        while let found = data.range(of: Data(name.utf8), in: from..<data.endIndex) {
            data[found.lowerBound + byte] ^= bits
            from = found.upperBound
        }
        try #require(from > data.startIndex)
        try data.write(to: url)
        // Twice: what a failed opening had opened, it has let go of.
        for _ in 0..<2 {
            #expect {
                try site.open { $0.tables = [patients, history] }
            } throws: { ($0 as? JournalError)?.code == "corrupt" }
        }
        #expect(try !JournalVerifier.verify(directory: site.directory.path).isSound)
    }

    @Test
    func `meta pages in each other's place are named: the next commit would write over the newer one`() throws {
        let site = try site()
        let file = URL(fileURLWithPath: site.directory.path + "/data.mdb")
        var data = try Data(contentsOf: file)
        let (first, second) = (data[0..<4_096], data[4_096..<8_192])
        data.replaceSubrange(0..<8_192, with: second + first)
        try data.write(to: file)
        #expect(try !JournalVerifier.verify(directory: site.directory.path).isSound)
        #expect { try site.open() } throws: { ($0 as? JournalError)?.code == "corrupt" }
    }

    @Test
    func `what the walk finds while a process comes to have the journal means nothing`() throws {
        let site = try site()
        let file = URL(fileURLWithPath: site.directory.path + "/data.mdb")
        var data = try Data(contentsOf: file)
        // Every leaf says that it is another page, which the walk minds and reading does not.
        for page in stride(from: 8_192, to: data.count, by: 4_096) where data[page + 10] == 2 { data[page + 7] = 1 }
        try data.write(to: file)
        var lock: DirectoryLock?
        let verification = try JournalVerifier.verify(directory: site.directory.path) { _ in
            if lock == nil { lock = try? DirectoryLock.take(in: site.directory.path) }
        }
        #expect(verification.isSound && verification.pages == 0 && verification.values > 0)
        lock?.release()
        lock = nil
        let looking = try Journal.open(site.options { $0.readOnly = true }) { _ in
            if lock == nil { lock = try? DirectoryLock.take(in: site.directory.path) }
        }
        #expect(try looking.replayed(from: nil).count > 0)
        try looking.close()
        lock?.release()
        #expect(try !JournalVerifier.verify(directory: site.directory.path).isSound)
    }

    @Test(arguments: [100, 4_096, 8_192, 40_000])
    func `a file cut short is named, not mapped`(_ bytes: Int) throws {
        let site = try site()
        let path = site.directory.path + "/data.mdb"
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        try data.prefix(bytes).write(to: URL(fileURLWithPath: path))
        #expect(site.recoveryError()?.code == "corrupt")
        #expect(try !JournalVerifier.verify(directory: site.directory.path).isSound)
    }
}
