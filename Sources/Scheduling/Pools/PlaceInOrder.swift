extension RandomAccessCollection where Index == Int {
    /// The first place of which this is not true, found in as many looks as its count has bits; the end where it is
    /// true everywhere.
    /// - Parameter isBefore: true of all before some place, and of none from there on.
    @inlinable
    @inline(__always)
    package func place(after isBefore: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
