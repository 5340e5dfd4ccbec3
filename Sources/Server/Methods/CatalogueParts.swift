import Engine
import NIOConcurrencyHelpers
import NIOCore
import Scheduling
import Wire

/// Catalogues that come in parts, because no frame holds them: kept in memory until the last part is there, and then
/// one put like any other. What is never finished is forgotten, and nothing of it was done.
final class CatalogueParts: Sendable {
    private struct Upload: Sendable {
        var parts: [PBCatalogue] = []
        var bytes = 0
        var touched: NIODeadline
    }

    private let uploads = NIOLockedValueBox<[IdempotencyKey: Upload]>([:])
    private let now: @Sendable () -> NIODeadline

    init(now: @escaping @Sendable () -> NIODeadline = { .now() }) { self.now = now }

    /// Takes a part in.
    /// - Parameters:
    ///   - part: which one, from 1.
    ///   - bytes: of its message.
    /// - Returns: The whole catalogue when this was the last part; nil before.
    func take(
        _ part: Int, of count: Int, _ catalogue: PBCatalogue, bytes: Int, key: IdempotencyKey
    ) throws(EngineError) -> PBCatalogue? {
        let now = now()
        let outcome = uploads.withLockedValue { uploads -> Result<PBCatalogue?, EngineError> in
            uploads = uploads.filter {
                now - $0.value.touched < .milliseconds(WireLimits.catalogueUploadMilliseconds)
            }
            guard uploads[key] != nil || uploads.count < WireLimits.catalogueUploads else {
                return .failure(.manyUploads)
            }
            // A part may come again, where its answer was lost.
            var upload = part == 1 ? Upload(touched: now) : uploads[key] ?? Upload(touched: now)
            guard part <= upload.parts.count + 1 else { return .failure(.partMissing(upload.parts.count + 1)) }
            upload.parts.removeSubrange((part - 1)...)
            upload.parts.append(catalogue)
            upload.bytes += bytes
            upload.touched = now
            guard upload.bytes <= WireLimits.catalogueUploadBytes else {
                uploads[key] = nil
                return .failure(.uploadTooLong)
            }
            guard part == count else {
                uploads[key] = upload
                return .success(nil)
            }
            uploads[key] = nil
            return .success(upload.parts.reduce(into: PBCatalogue()) { $0.append($1) })
        }
        return try outcome.get()
    }
}

extension PBPutCatalogueRequest {
    /// Whether it is one part of several, and good as that.
    func isPart() throws(ProtocolError) -> Bool {
        guard part != 0 || parts != 0 else { return false }
        guard parts >= 1, parts <= UInt32(WireLimits.catalogueParts) else {
            throw ProtocolError.invalid("parts", "\(parts), it must be 1 to \(WireLimits.catalogueParts)")
        }
        guard part >= 1, part <= parts else {
            throw ProtocolError.invalid("part", "\(part), it must be 1 to \(parts)")
        }
        guard keyHigh != 0 || keyLow != 0 else {
            throw ProtocolError.invalid("key_high, key_low", "parts of one catalogue belong together by their key")
        }
        return true
    }
}

extension EngineError {
    fileprivate static let manyUploads = EngineError(
        .overloaded, "\(WireLimits.catalogueUploads) catalogues are coming in parts already; try again later",
        retryAfterMilliseconds: 1_000)

    fileprivate static let uploadTooLong = EngineError(
        .invalidArgument,
        "catalogue: its parts are more than \(WireLimits.catalogueUploadBytes) bytes together; shorten texts, preparation "
            + "above all")

    fileprivate static func partMissing(_ part: Int) -> EngineError {
        EngineError(
            .notFound, "part: part \(part) is not here, perhaps this server was started since; begin again with part 1")
    }
}
