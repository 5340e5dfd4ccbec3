import Testing

@testable import Scheduling

@Suite struct `An array by pages` {
    /// From one that was there before it grew: nothing, less than a page, a page, more.
    @Test(arguments: [0, 1, 255, 256, 257, 1_000])
    func `is an array`(begun: Int) {
        var plain = ContiguousArray(0..<begun)
        var paged = PagedArray(plain)
        for next in begun..<begun + 1_500 {
            plain.append(next)
            paged.append(next)
            if next % 7 == 0 {
                plain[next / 2] += 3
                paged[next / 2] += 3
            }
        }
        #expect(paged.count == plain.count && paged.elementsEqual(plain))
        #expect(paged.indices.allSatisfy { paged[$0] == plain[$0] })
    }

    @Test func `equals another with the same elements, however either came to them`() {
        let whole = PagedArray(ContiguousArray(0..<700))
        var grown = PagedArray<Int>()
        for next in 0..<700 { grown.append(next) }
        #expect(whole == grown && whole.hashValue == grown.hashValue)
        grown[699] = 0
        #expect(whole != grown)
        grown[699] = 699
        grown.append(700)
        #expect(whole != grown)
    }

    @Test func `does not move what stands in its pages`() {
        var paged = PagedArray<Int>()
        for next in 0..<600 { paged.append(next) }
        func place(_ index: Int) -> UnsafeRawPointer { withUnsafePointer(to: &paged[index]) { UnsafeRawPointer($0) } }
        let places = (0..<600).map(place)
        #expect(Set(places).count == 600)
        for next in 600..<20_000 { paged.append(next) }
        #expect((0..<600).map(place) == places)
    }
}
