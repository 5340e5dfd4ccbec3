import Engine
import Journal
import Wire

extension MethodTable {
    /// The change feed, whose streams a session keeps, and its named readers.
    static let feedMethods = [
        MethodRow(
            .subscribe, PBSubscribeRequest.self, PBSubscribeReply.self, pushes: PBFeedPush.self, needs: .readFeed,
            "Follows the change feed from a position on, or from now on."),
        MethodRow(
            .unsubscribe, PBUnsubscribeRequest.self, PBUnsubscribeReply.self, needs: .readFeed,
            "Ends a subscription of this connection."),
        MethodRow(
            .confirmEvents, PBConfirmEventsRequest.self, PBConfirmEventsReply.self, needs: .readFeed,
            "Tells that a named reader has made everything up to a position its own."
        ) { request, _ in
            { engine, _ throws(EngineError) in
                try engine.confirmEvents(
                    through: Position(request.through), in: request.epoch, of: request.name)
                return PBConfirmEventsReply()
            }
        },
        MethodRow(
            .listReaders, PBListReadersRequest.self, PBListReadersReply.self, needs: .readStatus,
            "Lists the named readers of the change feed, and how far behind each is."
        ) { _, _ in
            { engine, _ throws(EngineError) in
                var reply = PBListReadersReply()
                reply.readers = engine.feedReaders.map { PBFeedReader($0) }
                return reply
            }
        },
        MethodRow(
            .dropReader, PBDropReaderRequest.self, PBDropReaderReply.self, needs: .operate,
            "Forgets a named reader of the change feed: the log is not kept for it any more."
        ) { request, _ in
            { engine, _ throws(EngineError) in
                try await engine.dropReader(request.name)
                return PBDropReaderReply()
            }
        },
    ]
}
