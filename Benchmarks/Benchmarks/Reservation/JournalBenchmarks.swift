import Benchmark
import Journal
import Scheduling

@testable import Engine

/// Facts as bytes, written as the pools write them, and read as recovery reads them.
func eventBenchmarks() {
    stage("event encode") { _ in
        Bookings.range(0).map(Bookings.write)
    } run: { benchmark, writes, _ in
        let taken = Bookings.range(0).map(Bookings.taken)
        let fingerprints = writes.map { $0.fingerprint }
        var writer = ByteWriter()
        var bytes = 0
        benchmark.measure {
            for index in writes.indices {
                writer.removeAll()
                let answered = Event.Answered(key: writes[index].key, fingerprint: fingerprints[index])
                Event(at: Bookings.now, by: writes[index].by, answer: answered, fact: .booked(taken[index]))
                    .encode(into: &writer)
                bytes += writer.bytes.count
            }
        }
        check(bytes > 40 * writes.count, "only \(bytes) bytes")
        benchmark.measurement(.recordBytes, bytes)
    }
    stage("event decode") { _ in
        records(Bookings.range(0))
    } run: { benchmark, records, _ in
        var patients: UInt64 = 0
        try benchmark.measure {
            for record in records {
                let event = try record.withUnsafeBytes { bytes throws(CodingError) in try Event(decoding: bytes) }
                if case .booked(let taken) = event.fact { patients += taken.patient.rawValue }
            }
        }
        check(patients == Bookings.range(0).reduce(0) { $0 + Bookings.patient($1).rawValue }, "an event was lost")
    }
}

/// The journal on the real disk, driven by hand: what handing over costs, and what a commit does.
func journalBenchmarks() {
    stage("journal append", sizes: Bookings.sizes) { size in
        (journal: try journal(), batches: records(Bookings.range(0)).batches(of: size), records: RecordBatch())
    } run: { benchmark, state, _ in
        let before = state.journal.lastPosition
        try benchmark.measure {
            for batch in state.batches {
                for record in batch { try state.records.append(record) }
                state.journal.append(state.records)
                state.records.removeAll()
            }
        }
        check(
            try state.journal.step() && state.journal.durablePosition == before.advanced(by: Bookings.perIteration),
            "a record was lost")
    }
    // Alone each would wait for the disk twice: of the sizes, those that share a commit.
    stage("journal commit, with its syncs", sizes: [256, 8_192], iterations: 30) { size in
        (journal: try journal(), batches: records(Bookings.range(0)).batches(of: size), records: RecordBatch())
    } run: { benchmark, state, _ in
        let before = state.journal.lastPosition
        try benchmark.measure {
            for batch in state.batches {
                for record in batch { try state.records.append(record) }
                state.journal.append(state.records)
                state.records.removeAll()
                check(try state.journal.step(), "a commit did not take place")
            }
        }
        check(state.journal.durablePosition == before.advanced(by: Bookings.perIteration), "a record was lost")
    }
}

private func journal() throws -> Journal {
    var options = JournalOptions(directory: TemporaryFolder.make())
    options.driving = .manual
    return try Journal.open(options)
}

private func records(_ range: Range<Int>) -> [[UInt8]] {
    range.map { index in
        var writer = ByteWriter()
        Bookings.event(index).encode(into: &writer)
        return writer.bytes
    }
}

extension [[UInt8]] {
    fileprivate func batches(of size: Int) -> [[[UInt8]]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<$0 + size]) }
    }
}
