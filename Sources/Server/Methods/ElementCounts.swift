import NIOCore
import Scheduling
import Wire

/// Throws where a payload holds more of something than a request may bring.
typealias PayloadCheck = @Sendable (ByteBuffer) throws(ProtocolError) -> Void

/// Counts a repeated field's elements in the bytes, against the limit of a request.
func elements(_ name: String, inField field: UInt32) -> PayloadCheck {
    { payload throws(ProtocolError) in try checkCount(try payload.countOfElements(inField: field), name) }
}

/// - Throws: `INVALID_ARGUMENT` above the limit.
func checkCount(
    _ count: Int, _ name: String, atMost limit: Int = Limits.itemsPerRequest
) throws(ProtocolError) {
    guard count <= limit else { throw ProtocolError.invalid(name, "\(count) of them, at most \(limit)") }
}
