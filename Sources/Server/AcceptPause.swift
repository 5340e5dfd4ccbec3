import Glibc
package import Logging
package import NIOCore
import Wire

/// Stands before a listener's accepting: where the system has no descriptor or no memory left for one more connection,
/// nothing is accepted for a moment, and then it is tried again. Without the pause the listener would be ready all the
/// time, and its event loop would try without end. Said once, and once more when connections are taken again.
///
/// Some descriptors are held while connections are accepted, and let go while none can be: whatever else the process
/// does must not be left without any, for libdispatch ends a process in which it cannot look at its own threads.
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = any Channel

    private let logger: Logger
    private let place: String
    /// Since when nothing, or not everything, could be accepted.
    private var began: NIODeadline?
    /// When it last failed.
    private var last = NIODeadline.now()
    private var accepted = 0
    private var spares: [CInt] = []

    /// - Parameter place: what listens, for the log.
    package init(_ logger: Logger, place: String) {
        self.logger = logger
        self.place = place
    }

    package func handlerAdded(context: ChannelHandlerContext) { _ = takeSpares() }
    package func handlerRemoved(context: ChannelHandlerContext) { releaseSpares() }

    /// Whether all of them could be had.
    private func takeSpares() -> Bool {
        while spares.count < WireLimits.spareDescriptors {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return false }
            spares.append(descriptor)
        }
        return true
    }

    private func releaseSpares() {
        for descriptor in spares { close(descriptor) }
        spares.removeAll()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if began != nil { accepted += 1 }
        context.fireChannelRead(data)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let number = (error as? IOError)?.errnoCode, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(number) else {
            return context.fireErrorCaught(error)
        }
        if began == nil {
            began = .now()
            accepted = 0
            logger.error(
                "no further connection can be accepted; those that there are go on, and it is tried again",
                metadata: [
                    "listener": "\(place)", "why": "\(String(cString: strerror(number)))", "remedy": Self.remedy,
                ])
        }
        setReading(false, context)
        wait(context)
    }

    private func wait(_ context: ChannelHandlerContext) {
        last = .now()
        releaseSpares()
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .milliseconds(WireLimits.acceptPauseMilliseconds)) {
            let (pause, context) = handler.value
            guard context.channel.isActive else { return }
            guard pause.takeSpares() else { return pause.wait(context) }
            pause.setReading(true, context)
            pause.lookForEnd(context)
        }
    }

    private static let remedy: Logger.MetadataValue =
        "raise LimitNOFILE (ulimit -n) above the connections that are allowed, or allow fewer with --connections"

    /// It is over when for some time nothing has failed: callers that come and go at the limit make no line each.
    private func lookForEnd(_ context: ChannelHandlerContext) {
        let quiet = TimeAmount.milliseconds(WireLimits.acceptQuietMilliseconds)
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: quiet) {
            let (pause, _) = handler.value
            guard let began = pause.began, NIODeadline.now() - pause.last >= quiet else { return }
            pause.began = nil
            pause.logger.notice(
                "connections are accepted again",
                metadata: [
                    "listener": "\(pause.place)", "accepted": "\(pause.accepted)",
                    "paused_ms": "\((pause.last - began).nanoseconds / 1_000_000)",
                ])
        }
    }

    /// Switched off, the listener is not even asked whether somebody waits.
    private func setReading(_ isOn: Bool, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }
}
