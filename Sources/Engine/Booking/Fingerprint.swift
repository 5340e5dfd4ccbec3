import Scheduling

/// A hash of what a write asks for, to tell a repetition from a reused key. It is kept in the journal, so it never
/// changes: a multiply-and-fold over 64-bit words from a fixed start. Who asks, and through which channel, is not part
/// of it.
struct Fingerprint {
    private(set) var value: UInt64 = 0x4841_4F59_5541_4E31  // "HAOYUAN1"

    init(_ command: Command) {
        switch command {
        case .book(let patient, let item, let hold):
            mix(1, patient.rawValue, item.slot.rawValue, UInt64(item.service.rawValue), hold ? 1 : 0)
        case .bookTogether(let patient, let items, let hold):
            mix(2, patient.rawValue, hold ? 1 : 0, UInt64(items.count))
            for item in items { mix(item.slot.rawValue, UInt64(item.service.rawValue)) }
        case .change(let id, let transition, let ifVersion, let reason):
            mix(3, id.rawValue, UInt64(transition.rawValue), UInt64(ifVersion))
            mix(reason)
        case .move(let id, let slot, let ifVersion, let reason):
            mix(4, id.rawValue, slot.rawValue, UInt64(ifVersion))
            mix(reason)
        }
    }

    private mutating func mix(_ words: UInt64...) { for word in words { mix(word: word) } }

    private mutating func mix(_ text: String) { for byte in text.utf8 { mix(word: UInt64(byte) + 1) } }

    @inline(__always)
    private mutating func mix(word: UInt64) {
        let product = (value ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        value = product.high ^ product.low &+ 0xD6E8_FEB8_6659_FD93
    }
}
