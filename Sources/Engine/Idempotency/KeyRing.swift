/// Places for a stripe's entries, a power of two of them; the entry of number n stands in place n, counted around. A
/// page of places is made when the first entry comes to it, and pages stay where they are while the ring grows.
struct KeyRing {
    private static let pagePlaces = 512

    private var pages: ContiguousArray<ContiguousArray<KeyStripe.Entry>>
    /// Places of a page, a power of two: all of a small ring, or ``pagePlaces``.
    private let page: Int
    private let pageShift: UInt64
    let count: Int

    init(places: Int) {
        precondition(places & (places - 1) == 0, "a ring has a power of two of places")
        count = places
        page = min(places, Self.pagePlaces)
        pageShift = UInt64(page.trailingZeroBitCount)
        pages = ContiguousArray(repeating: [], count: places / page)
    }

    /// An entry that has been put.
    subscript(number: UInt64) -> KeyStripe.Entry {
        _read { yield pages[pageIndex(number)][placeInPage(number)] }
        _modify { yield &pages[pageIndex(number)][placeInPage(number)] }
    }

    mutating func put(_ entry: KeyStripe.Entry, at number: UInt64) {
        let index = pageIndex(number)
        if pages[index].isEmpty { pages[index] = ContiguousArray(repeating: .blank, count: page) }
        pages[index][placeInPage(number)] = entry
    }

    /// Twice the places, for a ring that is full of these numbers.
    mutating func grow(_ numbers: Range<UInt64>) {
        precondition(numbers.count == count, "a ring grows when it is full")
        var larger = KeyRing(places: count * 2)
        guard page == Self.pagePlaces else {
            for number in numbers { larger.put(self[number], at: number) }
            self = larger
            return
        }
        // The oldest and the newest entries share a page, unless the oldest is the first of its page.
        var number = numbers.lowerBound
        while number < numbers.upperBound {
            let whole = placeInPage(number) == 0 && number + UInt64(page) <= numbers.upperBound
            if whole {
                larger.pages[larger.pageIndex(number)] = pages[pageIndex(number)]
                number += UInt64(page)
            } else {
                larger.put(self[number], at: number)
                number += 1
            }
        }
        self = larger
    }

    private func pageIndex(_ number: UInt64) -> Int { Int((number & UInt64(count - 1)) >> pageShift) }

    private func placeInPage(_ number: UInt64) -> Int { Int(number & UInt64(page - 1)) }
}
