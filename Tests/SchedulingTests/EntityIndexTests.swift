import Testing

@testable import Scheduling

@Suite struct `Finding departments, doctors and services by what is typed` {
    private static let names = [
        "心内科", "心外科", "重症医学科", "CT 检查", "单雄信", "仇和", "长安门诊", "银行体检", "解晓东", "查良镛", "曾志伟", "绿色通道", "儿科",
    ]

    private let index: EntityIndex = {
        var index = EntityIndex()
        for (place, name) in Self.names.enumerated() {
            index.add(.department, UInt32(place), code: "K\(place)", name: name)
        }
        return index
    }()

    private func find(_ text: String) -> [String] {
        index.find(text, kinds: [.department], limit: 9).found.map { Self.names[Int($0.id)] }
    }

    @Test(arguments: ["xnk", "XNK", "xinneike", "xinnk", "xneike", "xinn", "xin nei ke", "心内科", "心nk", "心内k", " xnk "])
    func `心内科 is found by initials, syllables, characters, and any mixture`(text: String) {
        #expect(find(text) == ["心内科"])
    }

    @Test(arguments: [
        ("zzyxk", "重症医学科"), ("czyxk", "重症医学科"), ("zhzh", "重症医学科"), ("sxx", "单雄信"), ("dxx", "单雄信"), ("cxx", "单雄信"),
        ("qh", "仇和"), ("chouhe", "仇和"), ("camz", "长安门诊"), ("zamz", "长安门诊"), ("yhtj", "银行体检"), ("yxtj", "银行体检"),
        ("xxd", "解晓东"), ("jxd", "解晓东"), ("zlyong", "查良镛"), ("chaly", "查良镛"), ("zengzw", "曾志伟"), ("czw", "曾志伟"),
        ("lvse", "绿色通道"), ("ctjc", "CT 检查"), ("ct检查", "CT 检查"), ("ek", "儿科"), ("erke", "儿科"),
    ])
    func `a character of several readings is found by each`(text: String, name: String) {
        #expect(find(text).contains(name))
    }

    @Test(arguments: ["xnkk", "xnn", "nkx", "xinnneike", "心科", "-", "xzk"])
    func `what does not follow on each other is not found`(text: String) {
        #expect(find(text).isEmpty)
    }

    @Test func `the code comes first, then what begins so, then what is spelled so, then what has it within`() {
        var index = EntityIndex()
        index.add(.service, 1, code: "S1", name: "门诊内科")
        index.add(.service, 2, code: "S2", name: "内科")
        index.add(.resource, 3, code: "NK2", name: "王医生")
        index.add(.department, 4, code: "nk", name: "外科")
        index.add(.department, 5, code: "X-NK", name: "骨科")
        let all = index.find("NK", kinds: Set(EntityKind.allCases), limit: 9)
        #expect(all.found.map(\.id) == [4, 3, 2, 1, 5] && !all.more)
        let two = index.find("nk", kinds: Set(EntityKind.allCases), limit: 2)
        #expect(two.found.map(\.id) == [4, 3] && two.more)
        #expect(index.find("nk", kinds: [.service], limit: 9).found.map(\.id) == [2, 1])
    }

    @Test func `of nothing, of blanks and of what is too long there is nothing`() {
        for text in ["", "  ", String(repeating: "x", count: Limits.entityTextScalars + 1)] {
            #expect(find(text).isEmpty)
        }
        let longest = String(repeating: "科", count: Limits.entityTextScalars)
        var index = EntityIndex()
        index.add(.service, 1, code: "long", name: longest)
        for text in [longest, String(repeating: "k", count: Limits.entityTextScalars)] {
            #expect(index.find(text, kinds: [.service], limit: 1).found.count == 1)
        }
    }

    @Test func `the table has every unified ideograph that is read, and nothing else`() {
        let pinyin = Pinyin.table
        let known = (0x3000...0xFFFF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init)
            .filter { !pinyin.readings(of: $0).isEmpty }
        #expect(known.count == 20_901)
        #expect(known.allSatisfy { (0x4E00...0x9FFF).contains($0.value) })
        #expect(known.allSatisfy { pinyin.readings(of: $0).allSatisfy { $0.wholeMatch(of: /[a-z]+/) != nil } })
        #expect(Set(pinyin.readings(of: "重")) == ["zhong", "chong"])
        #expect(Set(pinyin.readings(of: "行")).isSuperset(of: ["xing", "hang"]))
        #expect(pinyin.readings(of: "女") == ["nv"])
        #expect(pinyin.readings(of: "a").isEmpty && pinyin.readings(of: "〇").isEmpty)
    }

    /// Every way to type a name, and the same by trying all of them.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `finds what a list of all spellings has`(seed: UInt64) throws {
        var random = Dice(seed: seed)
        let characters = Array("重长行单心内科安西c t".unicodeScalars)
        for _ in 0..<50 {
            let name = (0..<Int.random(in: 1...4, using: &random)).map { _ in characters.randomElement(using: &random)!
            }
            var text = String.UnicodeScalarView(name)
            let all = Self.spellings(of: name)
            var index = EntityIndex()
            index.add(.service, 1, code: "#", name: String(text))
            text = .init()
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                text.append("zchongxasei".unicodeScalars.randomElement(using: &random)!)
            }
            let typed = String(text)
            let isFound = !index.find(typed, kinds: [.service], limit: 1).found.isEmpty
            #expect(isFound == all.contains(typed), "‘\(typed)’ in ‘\(String(String.UnicodeScalarView(name)))’")
        }
    }

    /// All texts in Latin letters that find a name.
    private static func spellings(of name: [Unicode.Scalar]) -> Set<String> {
        var found: Set<String> = []
        for start in name.indices {
            var open: Set<String> = [""]
            for character in name[start...] {
                let readings = Pinyin.table.readings(of: character)
                if readings.isEmpty {
                    if !character.properties.isWhitespace { open = Set(open.map { $0 + String(character) }) }
                    found.formUnion(open)
                    continue
                }
                var next: Set<String> = []
                for reading in readings {
                    for beginning in open {
                        next.insert(beginning + reading)
                        next.insert(beginning + reading.prefix(1))
                        if reading.dropFirst().hasPrefix("h") { next.insert(beginning + reading.prefix(2)) }
                        for length in 1...reading.count { found.insert(beginning + reading.prefix(length)) }
                    }
                }
                open = next
                found.formUnion(open)
            }
        }
        return found
    }
}
