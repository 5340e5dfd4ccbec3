extension Refusal {
    package func encode(into writer: inout ByteWriter) {
        writer.byte(rule.rawValue)
        writer.varint(policyVersion)
        writer.byte(authority.rawValue)
        writer.varint(limit)
    }

    package init(from reader: inout ByteReader) throws(CodingError) {
        guard let rule = Rule(rawValue: try reader.byte()) else { throw CodingError("unknown rule") }
        let version: UInt32 = try reader.number()
        guard let authority = Authority(rawValue: try reader.byte()) else { throw CodingError("unknown authority") }
        self.init(rule, policyVersion: version, authority: authority, limit: try reader.number())
    }
}
