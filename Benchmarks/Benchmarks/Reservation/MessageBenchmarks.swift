import Benchmark
import Engine
import NIOCore
import Scheduling
import Wire

/// Messages: bookings and their outcomes one by one and in batches, and searches.
func messageBenchmarks() {
    requestBenchmarks()
    outcomeBenchmarks()
    searchBenchmarks()
}

private func payloads(_ write: (inout ByteBuffer, Int) -> Void) -> [ByteBuffer] {
    Bookings.range(0).map { index in
        var payload = ByteBuffer()
        write(&payload, index)
        return payload
    }
}

private let patients = Bookings.range(0).reduce(0) { $0 + Bookings.patient($1).rawValue }

extension Write {
    /// As the server makes it of a booking.
    fileprivate init(_ message: PBBookRequest) throws(ProtocolError) {
        try self.init(message, on: Bookings.connection, deadline: nil)
    }
}

extension [Write] {
    fileprivate var patients: UInt64 {
        reduce(0) { if case .book(let patient, _, _) = $1.command { $0 + patient.rawValue } else { $0 } }
    }
}

private func requestBenchmarks() {
    stage("request encode") { _ in
        (Bookings.range(0).map(Bookings.request), ByteBuffer())
    } run: { benchmark, state, _ in
        state.1.clear()
        benchmark.measure { for request in state.0 { state.1.writeBooking(request) } }
        check(state.1.readableBytes > 30 * Bookings.perIteration, "only \(state.1.readableBytes) bytes")
    }
    stage("request decode") { _ in
        payloads { $0.writeBooking(Bookings.request($1)) }
    } run: { benchmark, payloads, _ in
        var writes: [Write] = []
        writes.reserveCapacity(Bookings.perIteration)
        try benchmark.measure {
            for payload in payloads { writes.append(try Write(PBBookRequest(fastPayload: payload))) }
        }
        check(writes.patients == patients, "a patient was lost")
    }
    stage("batch request decode", sizes: Bookings.sizes) { size in
        Bookings.batches(of: size, Bookings.range(0), Bookings.request).map { batch in
            var payload = ByteBuffer()
            for request in batch { payload.writeBatchBooking(request) }
            return payload
        }
    } run: { benchmark, payloads, size in
        var writes: [Write] = []
        writes.reserveCapacity(Bookings.perIteration)
        var count = 0
        try benchmark.measure {
            for payload in payloads {
                count += try PBBatchRequest.count(in: payload)
                try PBBatchRequest.forEach(in: payload) { element in
                    guard case .booking(let message) = element, let write = try? Write(message) else { return }
                    writes.append(write)
                }
            }
        }
        check(count == Bookings.perIteration && writes.patients == patients, "a patient was lost")
    }
}

private func outcomeBenchmarks() {
    for (name, isBatch) in [("outcome encode", false), ("batch outcome encode", true)] {
        stage(name) { _ in
            ByteBuffer()
        } run: { benchmark, buffer, _ in
            var bytes = 0
            benchmark.measure {
                for index in Bookings.range(0) {
                    if index & 255 == 0 {
                        bytes += buffer.readableBytes
                        buffer.clear()
                    }
                    let outcome = Bookings.outcome(index)
                    if isBatch {
                        buffer.writeBatchOutcome(outcome, isChange: false)
                    } else {
                        buffer.writeOutcome(outcome)
                    }
                }
            }
            check(bytes > 15 * Bookings.perIteration, "only \(bytes) bytes")
            buffer.clear()
        }
    }
    stage("outcome decode") { _ in
        payloads { $0.writeOutcome(Bookings.outcome($1)) }
    } run: { benchmark, payloads, _ in
        var positions: UInt64 = 0
        try benchmark.measure { for payload in payloads { positions += try PBOutcome(fastPayload: payload).position } }
        check(positions == (1...UInt64(Bookings.perIteration)).reduce(0, +), "an outcome was lost")
    }
}

private func searchBenchmarks() {
    let page = (0..<10).map { index in
        FreeSlot(
            slot: Bookings.slot(index), start: Bookings.times.start(ofSlot: UInt16(index)),
            end: Bookings.times.end(ofSlot: UInt16(index), span: 1), free: 3, capacity: 5)
    }
    stage("search request decode") { _ in
        var request = PBSearchSlotsRequest()
        (request.department, request.from, request.to, request.limit) = (7, "2026-03-04", "2026-03-10", 10)
        return payloads { [request] payload, _ in payload.writeMessage(request) }
    } run: { benchmark, payloads, _ in
        var slots = 0
        try benchmark.measure {
            for payload in payloads { slots += Int(try PBSearchSlotsRequest(fastPayload: payload).limit) }
        }
        check(slots == 10 * Bookings.perIteration, "a limit was lost")
    }
    stage("search reply encode, 10 slots") { _ in
        ByteBuffer()
    } run: { benchmark, buffer, _ in
        var bytes = 0
        benchmark.measure {
            for index in Bookings.range(0) {
                buffer.clear()
                buffer.writeSearchReply(page, more: true, position: UInt64(index) + 1)
                bytes += buffer.readableBytes
            }
        }
        check(bytes > 300 * Bookings.perIteration, "only \(bytes) bytes")
    }
    stage("search reply decode, 10 slots") { _ in
        payloads { $0.writeSearchReply(page, more: true, position: UInt64($1) + 1) }
    } run: { benchmark, payloads, _ in
        var slots = 0
        try benchmark.measure {
            for payload in payloads { slots += try PBSearchSlotsReply(payload: payload).slots.count }
        }
        check(slots == 10 * Bookings.perIteration, "a slot was lost")
    }
}
