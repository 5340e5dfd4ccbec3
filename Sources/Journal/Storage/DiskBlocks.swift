/// The blocks that a file system counts in, as bytes.
package enum DiskBlocks {
    /// Some file systems report all ones where they know no bound: then it is the most that a number here can be.
    package static func bytes(_ count: UInt, of size: UInt) -> Int {
        let (bytes, isMore) = count.multipliedReportingOverflow(by: size)
        return isMore ? .max : Int(clamping: bytes)
    }
}
