import Benchmark
import NIOCore
import Wire

/// Frames in and out, with a booking each and with many; as `haoyuan bench` has them, without checksums unless said.
func frameBenchmarks() {
    // What one read brought: so many frames behind each other.
    for (name, features) in [("frame decode", []), ("frame decode with checksums", Features.checksum)] {
        stage(name, sizes: features.isEmpty ? Bookings.sizes : [16]) { size in
            var encoder = FrameEncoder()
            encoder.features = features
            let reads = try Bookings.batches(of: size, Bookings.range(0)) { $0 }.map { try encoder.read(of: $0) }
            var decoder = FrameDecoder()
            decoder.features = features
            return (reads: reads, decoder: decoder)
        } run: { benchmark, state, _ in
            let ids = try benchmark.measure { try state.decoder.ids(of: state.reads) }
            check(ids == (0..<UInt64(Bookings.perIteration)).reduce(0, +), "a frame was lost: \(ids)")
        }
    }
    stage("batch frame decode", sizes: Bookings.sizes) { size in
        let encoder = FrameEncoder()
        let reads = try Bookings.batches(of: size, Bookings.range(0), Bookings.request).map { batch in
            var read = ByteBuffer()
            try encoder.write(FrameHeader(.batch, requestID: 1), into: &read) { payload in
                for request in batch { payload.writeBatchBooking(request) }
            }
            return read
        }
        return (reads: reads, decoder: FrameDecoder())
    } run: { benchmark, state, size in
        let ids = try benchmark.measure { try state.decoder.ids(of: state.reads) }
        check(ids == UInt64(Bookings.perIteration / size), "a frame was lost: \(ids)")
    }
    frameEncodeBenchmarks()
}

/// Without its payload, which is another row.
private func frameEncodeBenchmarks() {
    for (name, isBatch) in [("frame encode", false), ("batch frame encode", true)] {
        stage(name, sizes: Bookings.sizes) { _ in
            ByteBuffer()
        } run: { benchmark, buffer, size in
            let encoder = FrameEncoder()
            let frames = isBatch ? 1 : size
            var bytes = 0
            try benchmark.measure {
                for start in stride(from: 0, to: Bookings.perIteration, by: size) {
                    buffer.clear()
                    for id in start..<start + frames {
                        let header = FrameHeader(.book, flags: .reply, requestID: UInt32(id), epoch: 1)
                        try encoder.write(header, into: &buffer) { _ in }
                    }
                    bytes += buffer.readableBytes
                }
            }
            check(bytes == Bookings.perIteration / size * frames * 20, "frames of \(bytes) bytes")
        }
    }
}

extension FrameEncoder {
    fileprivate func read(of indices: [Int]) throws(ProtocolError) -> ByteBuffer {
        var read = ByteBuffer()
        for index in indices {
            try write(FrameHeader(.book, requestID: UInt32(index)), into: &read) {
                $0.writeBooking(Bookings.request(index))
            }
        }
        return read
    }
}

extension FrameDecoder {
    /// Takes all frames of these reads, and returns the sum of their ids.
    fileprivate mutating func ids(of reads: [ByteBuffer]) throws(FrameFault) -> UInt64 {
        var ids: UInt64 = 0
        for read in reads {
            feed(read)
            while let frame = try next() { ids += UInt64(frame.header.requestID) }
        }
        return ids
    }
}
