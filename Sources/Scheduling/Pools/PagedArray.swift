/// An array that may grow long while others wait: beyond its first stretch it grows by pages, and nothing moves. (An
/// array of millions that grows is copied whole.)
package struct PagedArray<Element: Sendable>: RandomAccessCollection, MutableCollection, Sendable {
    private static var pageLength: Int { 256 }

    /// What was there from the start, or the first page; it grows as arrays do while it is short.
    private var first: ContiguousArray<Element>
    /// All but the last are full.
    private var pages: ContiguousArray<ContiguousArray<Element>> = []

    package init(_ elements: ContiguousArray<Element> = []) {
        first = elements
        endIndex = elements.count
    }

    package var startIndex: Int { 0 }
    package private(set) var endIndex: Int

    package subscript(index: Int) -> Element {
        get {
            guard index >= first.count else { return first[index] }
            let place = index - first.count
            return pages[place / Self.pageLength][place % Self.pageLength]
        }
        _modify {
            if index < first.count {
                yield &first[index]
            } else {
                let place = index - first.count
                yield &pages[place / Self.pageLength][place % Self.pageLength]
            }
        }
    }

    package mutating func append(_ element: Element) {
        endIndex += 1
        guard !pages.isEmpty || first.count >= Swift.max(first.capacity, Self.pageLength) else {
            // More by a third, not twice as many: most of these arrays stay short, and there are very many of them.
            if first.count == first.capacity { first.reserveCapacity(Swift.max(first.count + 1, 4) + first.count / 3) }
            return first.append(element)
        }
        if pages.isEmpty || pages[pages.count - 1].count == Self.pageLength {
            pages.append([])
            pages[pages.count - 1].reserveCapacity(Self.pageLength)
        }
        pages[pages.count - 1].append(element)
    }

    /// Makes room ahead for so many in all; without effect on one that has pages.
    package mutating func reserveCapacity(_ count: Int) {
        if pages.isEmpty { first.reserveCapacity(count) }
    }
}

extension PagedArray: Equatable where Element: Equatable {
    package static func == (a: Self, b: Self) -> Bool { a.elementsEqual(b) }
}

extension PagedArray: Hashable where Element: Hashable {
    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for element in self { hasher.combine(element) }
    }
}
