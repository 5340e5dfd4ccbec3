import NIOCore
import Testing

@testable import Wire

@Suite struct `Frames go out and come back` {
    private static let header = FrameHeader(.book, requestID: 7, deadlineMilliseconds: 250, epoch: 3)

    @Test(arguments: [Features(), .snappy, .checksum, [.snappy, .checksum]], [0, 1, 100, 4_096, 300_000])
    func `a frame survives the way there`(features: Features, length: Int) throws {
        let payload = ByteBuffer(bytes: (0..<length).map { UInt8(truncatingIfNeeded: $0 / 7) })
        var stream = try FrameStream.frame(Self.header, payload, features)
        try stream.append(FrameStream.frame(FrameHeader(.status, requestID: 8), ByteBuffer(), features))
        let frames = try stream.decoded(features)
        #expect(frames.count == 2)
        var expected = Self.header
        if features.contains(.checksum) { expected.flags.insert(.checksum) }
        if features.contains(.snappy), length >= WireLimits.compressFromBytes { expected.flags.insert(.snappy) }
        #expect(frames.first?.header == expected)
        #expect(frames.first?.payload == payload)
        #expect(frames.last?.header.requestID == 8)
    }

    @Test(arguments: [1, 2, 3, 7, 19, 20, 21, 64])
    func `it does not matter how a stream is cut into reads`(piece: Int) throws {
        var stream = FrameStream()
        for id in 2..<12 as Range<UInt32> {
            try stream.append(
                FrameStream.frame(
                    FrameHeader(.book, requestID: id), ByteBuffer(repeating: UInt8(id), count: Int(id) * 5), .checksum))
        }
        var decoder = FrameDecoder()
        decoder.features = .checksum
        var ids: [UInt32] = []
        for start in stride(from: 0, to: stream.bytes.count, by: piece) {
            decoder.feed(ByteBuffer(bytes: stream.bytes[start..<min(start + piece, stream.bytes.count)]))
            while let frame = try decoder.next() {
                #expect(
                    frame.payload
                        == ByteBuffer(repeating: UInt8(frame.header.requestID), count: Int(frame.header.requestID) * 5))
                ids.append(frame.header.requestID)
            }
        }
        #expect(ids == Array(2..<12))
        #expect(decoder.pendingBytes == 0)
    }

    @Test func `the first exchange of PROTOCOL.md is what is sent`() throws {
        var hello = PBHello()
        hello.magic = FrameHeader.magic
        hello.versionMin = 1
        hello.versionMax = 1
        var out = ByteBuffer()
        try FrameEncoder().write(FrameHeader(.hello, requestID: 1), into: &out) { $0.writeMessage(hello) }
        let expected: [UInt8] = [
            0, 0, 0, 0x1d, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
            9, 0x31, 0x4e, 0x41, 0x55, 0x59, 0x4f, 0x41, 0x48, 0x10, 1, 0x18, 1,
        ]
        #expect(Array(out.readableBytesView) == expected)
    }

    @Test func `a payload at the limit is taken and one byte more is not`() throws {
        let limit = 1_000
        let fits = try FrameStream.frame(Self.header, ByteBuffer(repeating: 1, count: limit), [])
        #expect(try fits.decoded([], limit: limit).count == 1)
        let tooLong = try FrameStream.frame(Self.header, ByteBuffer(repeating: 1, count: limit + 1), [])
        #expect(tooLong.fault([], limit: limit)?.error.code == .frameTooLarge)
        // The encoder keeps to the limit of the other side and leaves what stood before as it was.
        var out = ByteBuffer(string: "before")
        let encoder = FrameEncoder(limit: limit)
        #expect(throws: ProtocolError.self) {
            try encoder.write(Self.header, into: &out) { $0.writeRepeatingByte(1, count: limit + 1) }
        }
        #expect(out == ByteBuffer(string: "before"))
    }

    @Test func `a length above the limit is refused before its bytes have come`() throws {
        var decoder = FrameDecoder()
        decoder.feed(ByteBuffer(integer: UInt32.max))
        #expect(try decoder.next() == nil)
        // The header says whose it is.
        decoder.feed(ByteBuffer(repeating: 1, count: FrameHeader.byteCount))
        #expect(throws: FrameFault.self) { try decoder.next() }
    }
}

@Suite struct `What is no frame is named` {
    private static let header = FrameHeader(.book, requestID: 7)
    private static let payload = ByteBuffer(string: "a payload of some length")

    @Test func `a frame that is cut off at any byte just waits for the rest`() throws {
        let whole = try FrameStream.frame(Self.header, Self.payload, .checksum).bytes
        for length in 0..<whole.count {
            #expect(FrameStream(Array(whole[..<length])).fault(.checksum) == nil, "cut at \(length)")
            #expect(try FrameStream(Array(whole[..<length])).decoded(.checksum).isEmpty, "cut at \(length)")
        }
    }

    @Test func `with checksums on, every flipped bit behind the length is found`() throws {
        let whole = try FrameStream.frame(Self.header, Self.payload, .checksum).bytes
        for bit in 32..<whole.count * 8 {
            var flipped = whole
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(FrameStream(flipped).fault(.checksum)?.error.code == .checksumMismatch, "bit \(bit)")
        }
    }

    @Test func `with checksums on, a flipped bit of the length is never taken for a frame`() throws {
        let whole = try FrameStream.frame(Self.header, Self.payload, .checksum).bytes
        for bit in 0..<32 {
            var flipped = whole
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            let stream = FrameStream(flipped)
            #expect(try stream.fault(.checksum) != nil || stream.decoded(.checksum).isEmpty, "bit \(bit)")
        }
    }

    struct Bad: CustomTestStringConvertible {
        var testDescription: String
        var code: ErrorCode
        var features: Features = []
        var requestID: UInt32 = 7
        var change: @Sendable (inout [UInt8]) -> Void
    }

    static let bad: [Bad] = [
        Bad(testDescription: "length 15", code: .malformedFrame, requestID: 0) { $0[3] = 15 },
        Bad(testDescription: "length 0", code: .malformedFrame, requestID: 0) { $0[3] = 0 },
        Bad(testDescription: "version 0", code: .unsupportedVersion) { $0[4] = 0 },
        Bad(testDescription: "version 2", code: .unsupportedVersion) { $0[4] = 2 },
        Bad(testDescription: "an unknown low flag", code: .malformedFrame) { $0[7] = 32 },
        Bad(testDescription: "an unknown high flag", code: .malformedFrame) { $0[6] = 128 },
        Bad(testDescription: "a checksum nobody agreed on", code: .malformedFrame) { $0[7] = 4 },
        Bad(testDescription: "compression nobody agreed on", code: .decompressionFailed) { $0[7] = 8 },
        Bad(testDescription: "compressed, but no Snappy", code: .decompressionFailed, features: .snappy) { $0[7] = 8 },
        Bad(testDescription: "a length of 4 GiB", code: .frameTooLarge) { $0[0] = 0xff },
    ]

    @Test(arguments: bad)
    func `a bad header has its own error`(bad: Bad) throws {
        var bytes = try FrameStream.frame(Self.header, Self.payload, []).bytes
        bad.change(&bytes)
        let fault = try #require(FrameStream(bytes).fault(bad.features))
        #expect(fault.error.code == bad.code)
        #expect(fault.requestID == bad.requestID)
        #expect(fault.error.code.endsConnection)
        #expect(!fault.error.maybeApplied)
    }

    @Test(arguments: [Features(), .checksum, .snappy])
    func `a frame that is too large is refused under its id, once its header has come`(features: Features) throws {
        var bytes = try FrameStream.frame(Self.header, Self.payload, features).bytes
        bytes[0] = 0xff
        var decoder = FrameDecoder()
        decoder.features = features
        decoder.feed(ByteBuffer(bytes: bytes[..<19]))
        #expect(try decoder.next() == nil)
        decoder.feed(ByteBuffer(bytes: bytes[19..<20]))
        do {
            _ = try decoder.next()
            Issue.record("taken")
        } catch {
            #expect(error.error.code == .frameTooLarge)
            #expect(error.requestID == Self.header.requestID && error.method == Self.header.method)
        }
    }

    @Test func `nothing comes out behind a fault`() throws {
        let good = try FrameStream.frame(Self.header, Self.payload, []).bytes
        var bad = good
        bad[4] = 9
        var decoder = FrameDecoder()
        decoder.feed(ByteBuffer(bytes: bad + good))
        #expect(throws: FrameFault.self) { try decoder.next() }
        #expect(try decoder.next() == nil)
        decoder.feed(ByteBuffer(bytes: good))
        #expect(try decoder.next() == nil)
        #expect(decoder.pendingBytes == 0)
    }

    @Test(arguments: 1...64 as ClosedRange<UInt64>)
    func `garbage never crashes and never grows`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for features in [Features(), .checksum, [.checksum, .snappy]] as [Features] {
            var decoder = FrameDecoder(limit: 10_000)
            decoder.features = features
            var isFaulty = false
            for _ in 0..<20 where !isFaulty {
                var bytes = random.bytes(Int.random(in: 1...200, using: &random))
                // Lengths that look good lead deeper in.
                if Bool.random(using: &random) {
                    bytes = [0, 0, 0, UInt8.random(in: 16...60, using: &random), 1] + bytes
                }
                decoder.feed(ByteBuffer(bytes: bytes))
                do { while try decoder.next() != nil {} } catch { isFaulty = true }
            }
            #expect(decoder.pendingBytes <= 10_000 + 20 + 205, "seed \(seed)")
        }
    }
}

@Suite struct `Compression keeps within its bounds` {
    @Test func `a bomb is refused by the length it claims`() throws {
        let zeros = ByteBuffer(repeating: 0, count: 1 << 20)
        let bomb = try #require(Compression.compress(zeros.readableBytesView))
        #expect(bomb.readableBytes < 1 << 16)
        #expect(Compression.decompress(bomb, limit: 1 << 20) == zeros)
        #expect(Compression.decompress(bomb, limit: (1 << 20) - 1) == nil)
        var stream = FrameStream(bomb, header: FrameHeader(.batch, flags: .snappy, requestID: 9))
        #expect(stream.fault(.snappy, limit: 1 << 19)?.error.code == .decompressionFailed)
        stream = FrameStream(bomb, header: FrameHeader(.batch, flags: .snappy, requestID: 9))
        #expect(try stream.decoded(.snappy, limit: 1 << 20).first?.payload == zeros)
    }

    @Test func `a claim that no data could keep is refused before memory is set aside`() {
        // A varint of 4,000,000 and nothing behind it.
        #expect(
            Compression.decompress(ByteBuffer(bytes: [0x80, 0x92, 0xf4, 0x01]), limit: WireLimits.frameBytes) == nil)
        #expect(Compression.decompress(ByteBuffer(), limit: 100) == nil)
    }

    @Test func `bytes that would not shrink are left alone`() {
        var random = SeededGenerator(seed: 5)
        #expect(Compression.compress(ByteBuffer(bytes: random.bytes(5_000)).readableBytesView) == nil)
    }
}

/// Bytes as a test puts them together.
struct FrameStream {
    var bytes: [UInt8] = []

    init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    /// A frame whose payload is taken as it is, whatever the flags say.
    init(_ payload: ByteBuffer, header: FrameHeader) {
        var out = ByteBuffer()
        out.writeMultipleIntegers(
            UInt32(16 + payload.readableBytes), UInt8(1), header.method, header.flags.rawValue, header.requestID,
            header.deadlineMilliseconds, header.epoch)
        out.writeImmutableBuffer(payload)
        bytes = Array(out.readableBytesView)
    }

    static func frame(_ header: FrameHeader, _ payload: ByteBuffer, _ features: Features) throws -> FrameStream {
        var encoder = FrameEncoder()
        encoder.features = features
        var out = ByteBuffer()
        try encoder.write(header, into: &out) { $0.writeImmutableBuffer(payload) }
        return FrameStream(Array(out.readableBytesView))
    }

    mutating func append(_ other: FrameStream) { bytes += other.bytes }

    func decoded(_ features: Features, limit: Int = WireLimits.frameBytes) throws -> [Frame] {
        var decoder = FrameDecoder(limit: limit)
        decoder.features = features
        decoder.feed(ByteBuffer(bytes: bytes))
        var frames: [Frame] = []
        while let frame = try decoder.next() { frames.append(frame) }
        return frames
    }

    func fault(_ features: Features, limit: Int = WireLimits.frameBytes) -> FrameFault? {
        do {
            _ = try decoded(features, limit: limit)
            return nil
        } catch {
            return error as? FrameFault
        }
    }
}
