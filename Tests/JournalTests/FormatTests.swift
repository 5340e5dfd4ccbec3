import Testing

@testable import Journal

@Suite struct FormatTests {
    @Test(arguments: [
        ("123456789", 0xe306_9283 as UInt32), ("", 0), ("a", 0xc1d0_4330),
    ])
    func `CRC-32C of the published check values`(_ text: String, _ expected: UInt32) {
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBytes { Checksum.extend(0, $0) } == expected)
    }

    @Test
    func `a chunk is laid out byte for byte as documented`() {
        var builder = ChunkBuilder()
        ([0xaa, 0xbb] as [UInt8]).withUnsafeBytes { builder.add($0) }
        ([] as [UInt8]).withUnsafeBytes { builder.add($0) }
        let sealed = builder.seal(kind: .whole, first: Position(0x0102), chain: 0x0a0b_0c0d)
        let bytes = [UInt8](sealed.bytes)
        #expect(bytes[4...] == [0x0d, 0x0c, 0x0b, 0x0a, 2, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0xaa, 0xbb, 0])
        let sum = bytes[4...].withUnsafeBytes { Checksum.extend(Checksum.extend(0, $0), 0x0102) }
        #expect(bytes[..<4] == ArraySlice(withUnsafeBytes(of: sum.littleEndian) { [UInt8]($0) }))
        #expect(sealed.crc == sum)
    }

    @Test
    func `the longest whole record fills a chunk to its last byte and no chunk is longer`() {
        var builder = ChunkBuilder()
        let takesLongest = builder.fits(Chunk.wholeRecordBytes)
        let takesLonger = builder.fits(Chunk.wholeRecordBytes + 1)
        #expect(takesLongest && !takesLonger)
        record(1, bytes: Chunk.wholeRecordBytes).withUnsafeBytes { builder.add($0) }
        let takesMore = builder.fits(0)
        let bytes = builder.seal(kind: .whole, first: .first, chain: 0).bytes.count
        let takesLongestAgain = builder.fits(Chunk.wholeRecordBytes)
        #expect(!takesMore && takesLongestAgain)
        #expect(bytes == Chunk.maximumBytes)
    }

    @Test(arguments: [0, 1, 127, 128, 129, 1_993, 1_994])
    func `records of every short length are read back from a chunk`(_ length: Int) throws {
        var builder = ChunkBuilder()
        let bytes = record(3, bytes: length)
        bytes.withUnsafeBytes { builder.add($0) }
        let sealed = builder.seal(kind: .whole, first: Position(5), chain: 0)
        let chunk = try ChunkView.read(sealed.bytes, key: 5).get()
        var found: [[UInt8]] = []
        let fault = chunk.forEachRecord { position, record in
            #expect(position == Position(5))
            found.append([UInt8](record))
            return true
        }
        #expect(fault == nil)
        #expect(found == [bytes])
    }

    @Test(arguments: [1, 9, 10, 255, 256, UInt64.max])
    func `segment names sort as positions do and give them back`(_ number: UInt64) {
        let name = LogShape.Segment.name(Position(number))
        #expect(name.utf8.count == 20)
        #expect(LogShape.Segment.first(of: name) == Position(number))
        #expect(LogShape.Segment.first(of: "state." + name) == nil)
        #expect(LogShape.Segment.first(of: "log.zz") == nil)
    }

    @Test
    func `a percentile is never below the truth and at most a quarter above it`() {
        var histogram = DurationHistogram()
        #expect(histogram.percentile(99) == 0)
        for value in 1...10_000 { histogram.add(UInt64(value) * 1_000) }
        for percent in [1.0, 50, 90, 99, 100] {
            let exact = UInt64(percent * 100) * 1_000
            let found = histogram.percentile(percent)
            #expect(found >= exact && found <= exact + exact / 4, "\(percent): \(found)")
        }
        #expect(histogram.longest == 10_000_000)
        #expect(histogram.count == 10_000)
        histogram.add(.max)
        #expect(histogram.percentile(100) == .max)
        for value in [0, 1, 3, 4, 5, 1_023, 1_024, UInt64.max] {
            let bucket = DurationHistogram.bucket(value)
            #expect(DurationHistogram.upperEdge(bucket) >= value)
            #expect(bucket == 0 || DurationHistogram.upperEdge(bucket - 1) < value)
        }
    }
}
