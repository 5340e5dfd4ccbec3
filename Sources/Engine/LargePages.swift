import Glibc

/// Large pages for tables of many megabytes that are looked at here and there: fewer faults while they are filled,
/// fewer waits for the page table afterwards.
enum LargePages {
    private static let bytes = UInt(2 << 20)

    /// Asks for them, where the system has them to give. To be called before the memory is touched.
    static func prefer(for memory: UnsafeMutableRawBufferPointer) {
        guard let base = memory.baseAddress else { return }
        let begin = (UInt(bitPattern: base) + bytes - 1) & ~(bytes - 1)
        let end = UInt(bitPattern: base + memory.count) & ~(bytes - 1)
        guard begin < end, let first = UnsafeMutableRawPointer(bitPattern: begin) else { return }
        // Advice: a system that does not take it serves just as well.
        _ = madvise(first, Int(end - begin), MADV_HUGEPAGE)
    }
}

extension ContiguousArray {
    /// As `init(repeating:count:)`, for a table that may grow large.
    init(table element: Element, count: Int) {
        self.init(unsafeUninitializedCapacity: count) { buffer, initialized in
            LargePages.prefer(for: UnsafeMutableRawBufferPointer(buffer))
            buffer.initialize(repeating: element)
            initialized = count
        }
    }
}
