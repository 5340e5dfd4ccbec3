import Scheduling

extension Draw {
    /// Something of the catalogue, by a text that somebody types: a code, a part of a name, the initials of one.
    mutating func name() -> Request {
        let number = random.below(4)
        let texts = [
            "d\(number)", "s\(number)", "R0", "科室", "项目\(number)", "新", "ks", "xm", "zs", "xks", "ks\(number)",
            "xm\(number)", "nobody",
        ]
        let kinds = EntityKind.allCases.filter { _ in random.chance(300) }
        return .findEntities(
            texts[random.below(texts.count)], Set(kinds), limit: random.chance(300) ? random.between(1...2) : 20)
    }
}
