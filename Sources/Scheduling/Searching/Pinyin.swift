/// How Chinese characters are read: their syllables without tones, each reading of a character that has several. ü is
/// v, as on keyboards.
///
/// The 20,901 characters of Unicode's block of unified ideographs that have a reading there; `PinyinTable` says where
/// the data come from.
package final class Pinyin: Sendable {
    /// Read from the table once: about 100 kB.
    package static let table = Pinyin()

    /// A way in which characters are read; 0 is none.
    typealias Way = UInt16

    /// The letters of all syllables of all ways, in ASCII, one behind the other.
    let letters: [UInt8]
    /// Where in `letters` each syllable begins; the last is where the last one ends.
    private let syllables: [UInt32]
    /// Which syllables each way has, likewise.
    private let ways: [UInt32]
    private let wayOfCharacter: [Way]

    private init() {
        var (letters, syllables, ways): ([UInt8], [UInt32], [UInt32]) = ([], [], [0, 0])
        PinyinTable.readings.withUTF8Buffer { text in
            for way in text.split(separator: UInt8(ascii: " ")) {
                for syllable in way.split(separator: UInt8(ascii: "/")) {
                    syllables.append(UInt32(letters.count))
                    letters += syllable
                }
                ways.append(UInt32(syllables.count))
            }
        }
        syllables.append(UInt32(letters.count))
        var values = [Way](repeating: 0, count: 256)
        PinyinTable.digits.withUTF8Buffer { digits in
            for (value, digit) in digits.enumerated() { values[Int(digit)] = Way(value) }
        }
        wayOfCharacter = PinyinTable.characters.withUTF8Buffer { text in
            stride(from: 0, to: text.count, by: 2).map { values[Int(text[$0])] << 6 | values[Int(text[$0 + 1])] }
        }
        (self.letters, self.syllables, self.ways) = (letters, syllables, ways)
    }

    /// How many ways there are, way 0 among them.
    var wayCount: Int { ways.count - 1 }

    /// How a character is read; 0 where it has no reading.
    func way(of character: Unicode.Scalar) -> Way {
        guard character.value >= PinyinTable.first else { return 0 }
        let place = Int(character.value - PinyinTable.first)
        return place < wayOfCharacter.count ? wayOfCharacter[place] : 0
    }

    /// The syllables of a way, by number; of way 0 there are none.
    @inline(__always)
    func syllables(of way: Way) -> Range<Int> { Int(ways[Int(way)])..<Int(ways[Int(way) + 1]) }

    /// Where a syllable stands in `letters`.
    @inline(__always)
    func place(of syllable: Int) -> Range<Int> { Int(syllables[syllable])..<Int(syllables[syllable + 1]) }

    /// The readings of a character, the most usual first: of 重 `zhong` and `chong`.
    package func readings(of character: Unicode.Scalar) -> [String] {
        syllables(of: way(of: character)).map { String(decoding: letters[place(of: $0)], as: UTF8.self) }
    }
}
