import Foundation
import Glibc
import Hosting
import Journal
import Terminal

/// One thing that can happen to a data file while nobody looks.
enum PageDamage: Sendable {
    /// A bit of a page.
    case flip(page: UInt64, bit: Int)
    /// Only the first half of a page was written.
    case torn(page: UInt64)
    /// A page was never written.
    case zeroed(page: UInt64)
    /// Two pages were written to each other's place.
    case swapped(UInt64, UInt64)
    /// The file ends before a page.
    case truncated(page: UInt64)

    var kind: String {
        switch self {
        case .flip: "a bit flipped"
        case .torn: "torn"
        case .zeroed: "zeroed"
        case .swapped: "swapped"
        case .truncated: "file cut off"
        }
    }

    var sentence: String {
        switch self {
        case .flip(let page, let bit): "bit \(bit) of page \(page) flipped"
        case .torn(let page): "the second half of page \(page) zeroed"
        case .zeroed(let page): "page \(page) zeroed"
        case .swapped(let a, let b): "pages \(a) and \(b) swapped"
        case .truncated(let page): "the file cut off before page \(page)"
        }
    }

    /// Whether pages behind it are gone, too.
    var cutsOff: Bool { if case .truncated = self { true } else { false } }

    /// Does it to a file.
    func apply(to path: String, pageBytes: Int) throws(CommandFailure) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.inputOutput, "\(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        func read(_ page: UInt64) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: pageBytes)
            _ = pread(descriptor, &bytes, pageBytes, Int(page) * pageBytes)
            return bytes
        }
        func write(_ bytes: [UInt8], _ page: UInt64) {
            _ = pwrite(descriptor, bytes, bytes.count, Int(page) * pageBytes)
        }
        switch self {
        case .flip(let page, let bit):
            var bytes = read(page)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            write(bytes, page)
        case .torn(let page):
            write(Array(read(page)[..<(pageBytes / 2)]) + [UInt8](repeating: 0, count: pageBytes / 2), page)
        case .zeroed(let page): write([UInt8](repeating: 0, count: pageBytes), page)
        case .swapped(let a, let b):
            let (first, second) = (read(a), read(b))
            write(second, a)
            write(first, b)
        case .truncated(let page): _ = ftruncate(descriptor, Int(page) * pageBytes)
        }
    }
}

/// Which page of a data file belongs to what.
struct PageMap: Sendable {
    /// Pages of one kind: one tree's leaves, say.
    struct Region: Sendable {
        let name: String
        let pages: [UInt64]
        /// Whether anybody ever reads them.
        let isUsed: Bool
    }

    /// Pages behind the last one that was ever used.
    static let neverUsed = "never used"

    let regions: [Region]
    let pageBytes: Int

    /// - Parameter directory: a sound journal that nobody has open.
    static func of(_ directory: String) throws(CommandFailure) -> PageMap {
        let audit: PageAudit
        do throws(JournalError) {
            audit = try PageAudit.run(directory: directory, reportsWanted: 1, mapping: true) { _ in }
        } catch {
            throw CommandFailure(error)
        }
        let bytes = FileManager.default.contents(atPath: directory + "/data.mdb") ?? Data()
        let size = Int(audit.pageBytes)
        func flags(_ page: UInt64) -> UInt8 { bytes[bytes.startIndex + Int(page) * size + 10] }
        var groups: [String: [UInt64]] = [:]
        for (page, tree) in audit.trees {
            let kind = flags(page) & 1 != 0 ? "branch" : flags(page) & 4 != 0 ? "overflow" : "leaf"
            groups["\(tree), \(kind)", default: []].append(page)
        }
        var regions = [Region(name: "meta pages", pages: [0, 1], isUsed: true)]
        regions += groups.sorted { $0.key < $1.key }.map {
            Region(name: $0.key, pages: $0.value.sorted(), isUsed: true)
        }
        let free = (2..<audit.pageLimit).filter { audit.trees[$0] == nil }
        if !free.isEmpty { regions.append(Region(name: "free pages", pages: free, isUsed: false)) }
        let last = UInt64(bytes.count / size)
        if audit.pageLimit < last {
            regions.append(
                Region(
                    name: Self.neverUsed, pages: Array(audit.pageLimit..<min(last, audit.pageLimit + 64)), isUsed: false
                ))
        }
        return PageMap(regions: regions, pageBytes: size)
    }

    /// One of each damage for each region, and further flips, in an order that follows from the seed.
    func cases(flips: Int, _ random: inout SeededGenerator) -> [(region: Region, damage: PageDamage)] {
        var all: [(Region, PageDamage)] = []
        for region in regions {
            let page = region.pages[Int.random(in: region.pages.indices, using: &random)]
            let other = region.pages[Int.random(in: region.pages.indices, using: &random)]
            all += [(region, .torn(page: page)), (region, .zeroed(page: page))]
            // A file without its meta pages is an empty one: a new journal, and no damage to find.
            if page >= 2 { all.append((region, .truncated(page: page))) }
            if page != other { all.append((region, .swapped(page, other))) }
            for _ in 0..<flips {
                let page = region.pages[Int.random(in: region.pages.indices, using: &random)]
                // The head of a page, where the tree is, as often as all the rest.
                let bits = Bool.random(using: &random) ? 128 * 8 : pageBytes * 8
                all.append((region, .flip(page: page, bit: Int.random(in: 0..<bits, using: &random))))
            }
        }
        return all
    }
}
