/// What a server says of itself.
struct ServerIdentity: Sendable {
    let name: String
    let cluster: [UInt8]
    let census: Census
    /// Of a standby: whom it follows.
    let followed: FollowedPrimary?
    /// Catalogues on their way, in parts, of all connections.
    let parts = CatalogueParts()
}
