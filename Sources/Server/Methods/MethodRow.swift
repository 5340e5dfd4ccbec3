import Engine
import NIOCore
import Scheduling
import SwiftProtobuf
package import Wire

/// One method of the protocol with all that the server knows of it. Number and kind come from `Method`, which the
/// client shares.
package struct MethodRow: Sendable {
    /// Carries out a request that was decoded, and makes the message that answers it.
    typealias Run = @Sendable (Engine, ServerIdentity) async throws(EngineError) -> any Message & Sendable
    /// Reads a payload on the event loop, so that the caller is told at once what is wrong with it.
    typealias Decode = @Sendable (ByteBuffer, ConnectionOrigin) throws(ProtocolError) -> Run

    package let method: Method
    /// The messages by their names in `proto/`; nil where the method has none.
    package let request: String?
    package let reply: String?
    /// What the server sends unasked.
    package let push: String?
    /// What its caller must be allowed to do.
    package let capability: Capability
    /// What it does, in one line.
    package let summary: String
    /// Nil for a method that a session carries out itself: the hot ones, the streams and what concerns the connection.
    let decode: Decode?

    /// As the protocol writes it: `PUT_CATALOGUE`.
    package var name: String {
        "\(method)".reduce(into: "") { name, letter in
            name += letter.isUppercase ? "_\(letter)" : letter.uppercased()
        }
    }

    /// A method that is decoded and run by its row: in a task, answered on its own, not with the tick's batch.
    ///
    /// - Parameters:
    ///   - check: looks at the payload before a message several times its size is built of it.
    ///   - decode: makes of the message what is to be run, or says what is wrong with it.
    init<Request: Message, Reply: Message>(
        _ method: Method, _ request: Request.Type, _ reply: Reply.Type, needs capability: Capability, _ summary: String,
        counting check: @escaping PayloadCheck = { _ in },
        decode:
            @escaping @Sendable (Request, ConnectionOrigin) throws(ProtocolError) ->
            @Sendable (Engine, ServerIdentity) async throws(EngineError) -> Reply
    ) {
        self.init(method, request, reply, pushes: nil, needs: capability, summary) {
            payload, connection throws(ProtocolError) in
            try check(payload)
            let run = try decode(try Request(payload: payload), connection)
            return { engine, server throws(EngineError) in try await run(engine, server) }
        }
    }

    /// A write that is decoded by its row: it goes the way of every write, by itself.
    ///
    /// - Parameters:
    ///   - decode: makes of the message what is asked for, or says what is wrong with it.
    ///   - answer: the message for what became of it, which is no failure.
    init<Request: KeyedMessage, Reply: Message>(
        _ method: Method, _ request: Request.Type, _ reply: Reply.Type, needs capability: Capability, _ summary: String,
        counting check: @escaping PayloadCheck = { _ in },
        write decode: @escaping @Sendable (Request) throws(ProtocolError) -> Command,
        answer: @escaping @Sendable (Answer) -> Reply
    ) {
        self.init(method, request, reply, needs: capability, summary, counting: check) {
            request, connection throws(ProtocolError) in
            let write = Write(
                key: IdempotencyKey(high: request.keyHigh, low: request.keyLow), by: try connection.origin(),
                command: try decode(request))
            return { engine, _ throws(EngineError) in
                let outcome = await engine.execute([write])[0]
                if case .failed(let error) = outcome.outcome { throw error }
                return answer(outcome)
            }
        }
    }

    /// A write that says through which channel and by whom it comes; else as above.
    init<Request: KeyedMessage, Reply: Message>(
        _ method: Method, _ request: Request.Type, _ reply: Reply.Type, needs capability: Capability, _ summary: String,
        counting check: @escaping PayloadCheck = { _ in },
        writeOf decode: @escaping @Sendable (Request, ConnectionOrigin) throws(ProtocolError) -> Write,
        answer: @escaping @Sendable (Answer) -> Reply
    ) {
        self.init(method, request, reply, needs: capability, summary, counting: check) {
            request, connection throws(ProtocolError) in
            let write = try decode(request, connection)
            return { engine, _ throws(EngineError) in
                let outcome = await engine.execute([write])[0]
                if case .failed(let error) = outcome.outcome { throw error }
                return answer(outcome)
            }
        }
    }

    /// A method that `SessionHandler` carries out.
    init(
        _ method: Method, _ request: (any Message.Type)?, _ reply: (any Message.Type)?,
        pushes push: (any Message.Type)? = nil, needs capability: Capability, _ summary: String
    ) {
        self.init(method, request, reply, pushes: push, needs: capability, summary, decode: nil)
    }

    private init(
        _ method: Method, _ request: (any Message.Type)?, _ reply: (any Message.Type)?,
        pushes push: (any Message.Type)?, needs capability: Capability, _ summary: String, decode: Decode?
    ) {
        self.method = method
        self.request = request.map(Self.name)
        self.reply = reply.map(Self.name)
        self.push = push.map(Self.name)
        self.capability = capability
        self.summary = summary
        self.decode = decode
    }

    /// The message's name without its package.
    private static func name(of message: any Message.Type) -> String {
        message.protoMessageName.split(separator: ".").last.map(String.init) ?? ""
    }
}

/// A request that may carry a key.
protocol KeyedMessage: Message {
    var keyHigh: UInt64 { get }
    var keyLow: UInt64 { get }
}

extension Answer {
    /// What a write did that is many facts.
    var report: Report {
        guard case .told(.answered(let report)) = outcome else {
            preconditionFailure("a write of many facts is answered with a report")
        }
        return report
    }
}
