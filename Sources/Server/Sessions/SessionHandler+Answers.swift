import Engine
import Journal
import NIOCore
import Wire

/// Answers of the tick's batch, written one behind the other; ``flushReplies()`` sends them.
extension SessionHandler {
    /// The answer to a single write.
    func answer(_ sink: LoopBatch.Sink, _ answer: Answer) -> RequestOutcome {
        guard machine.answered(sink.id, serial: sink.serial) else { return .unheard }
        if case .failed(let error) = answer.outcome {
            writeFailure(sink.method.rawValue, sink.id, ProtocolError(error))
            return .failed
        }
        write(FrameHeader(sink.method, flags: .reply, requestID: sink.id)) { buffer in
            if case .together = sink.kind {
                buffer.writeMessage(PBTogetherReply(answer))
            } else {
                buffer.writeOutcome(PBOutcome(answer))
            }
        }
        if case .refused = answer.outcome { return .refused }
        return .done
    }

    /// The answers to a batch frame.
    func answer(_ sink: LoopBatch.Sink, _ plan: BatchPlan, _ answers: ArraySlice<Answer>) -> RequestOutcome {
        guard machine.answered(sink.id, serial: sink.serial) else { return .unheard }
        write(FrameHeader(sink.method, flags: .reply, requestID: sink.id)) { plan.write(answers, into: &$0) }
        return .done
    }

    /// The answer to a short search.
    func answer<Kind: LoopSearch>(
        _ sink: SearchSink, _ result: Result<Reading<Kind.Page>, EngineError>, of kind: Kind.Type
    ) -> RequestOutcome {
        guard machine.answered(sink.header.requestID, serial: sink.serial) else { return .unheard }
        switch result {
        case .success(let reading):
            write(FrameHeader(Kind.method, flags: .reply, requestID: sink.header.requestID)) { buffer in
                Kind.write(reading, into: &buffer)
            }
            return .done
        case .failure(let error):
            writeFailure(Kind.method.rawValue, sink.header.requestID, ProtocolError(error))
            return .failed
        }
    }
}
