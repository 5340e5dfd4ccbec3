import Wire

extension MethodTable {
    /// The change feed, which a session keeps.
    static let feedMethods = [
        MethodRow(
            .subscribe, PBSubscribeRequest.self, PBSubscribeReply.self, pushes: PBFeedPush.self, needs: .readFeed,
            "Follows the change feed from a position on, or from now on."),
        MethodRow(
            .unsubscribe, PBUnsubscribeRequest.self, PBUnsubscribeReply.self, needs: .readFeed,
            "Ends a subscription of this connection."),
    ]
}
