/// A hash of what a write asks for: a multiply-and-fold over 64-bit words from a fixed start. It is kept in the
/// journal, so it never changes.
package struct Fingerprint: Sendable {
    package private(set) var value: UInt64 = 0x4841_4F59_5541_4E31  // "HAOYUAN1"

    package init() {}

    package mutating func mix(_ words: UInt64...) { for word in words { mix(word: word) } }

    /// A text as the last part of what is mixed in: nothing tells where it ends.
    package mutating func mix(_ text: String) { for byte in text.utf8 { mix(word: UInt64(byte) + 1) } }

    /// Texts one after the other, each with its length before it, so that two never pass for two others.
    package mutating func mix(texts: String...) { mix(texts: texts) }

    package mutating func mix(texts: [String]) {
        mix(word: UInt64(texts.count))
        for text in texts {
            mix(word: UInt64(text.utf8.count))
            mix(text)
        }
    }

    @inline(__always)
    private mutating func mix(word: UInt64) {
        let product = (value ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        value = product.high ^ product.low &+ 0xD6E8_FEB8_6659_FD93
    }
}
