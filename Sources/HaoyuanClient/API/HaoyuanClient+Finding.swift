import Wire

extension HaoyuanClient {
    /// Departments, resources and services by what people type: a code, a name, or its pinyin. 心内科 is found by `xnk`,
    /// `xinneike`, `xinn` and `心nk`; a character of several readings by each of them.
    ///
    /// The best come first: code or name is the text; one of them begins with it; the name is spelled so from its first
    /// character on; one of them has it somewhere.
    ///
    /// - Parameters:
    ///   - text: 1 to 60 characters. Case does not count.
    ///   - kinds: Empty for all.
    ///   - limit: 1 to 200.
    /// - Returns: What was found, and whether there is more than the limit.
    public func find(
        _ text: String, kinds: Set<EntityKind> = [], limit: Int = 20, options: RequestOptions = .init()
    ) async throws(HaoyuanError) -> (entities: [FoundEntity], hasMore: Bool) {
        guard limit > 0 else { throw HaoyuanError(.invalidArgument, "limit: \(limit), 1 to 200") }
        var request = PBFindEntitiesRequest()
        request.text = text
        request.kinds = kinds.map(\.wire)
        request.limit = UInt32(clamping: limit)
        let reply: PBFindEntitiesReply = try await read(.findEntities, request, options)
        return (reply.entities.map(FoundEntity.init), reply.more)
    }
}
