import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Hosting

/// `F_SETPIPE_SZ` of fcntl(2), which Glibc's module leaves out.
private let setPipeSize: Int32 = 1_031

/// A pipe whose reader the test is. Its room is one page.
private final class LogPipe: Sendable {
    let reading: Int32
    let writing: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        (reading, writing) = (ends[0], ends[1])
        try #require(fcntl(writing, setPipeSize, 4_096) == 4_096)
    }

    /// One with a name, which a server can write to by its path.
    init(named path: String) throws {
        try #require(mkfifo(path, 0o600) == 0)
        // Open for both, so that neither end waits for the other.
        reading = open(path, O_RDWR | O_CLOEXEC)
        writing = dup(reading)
        try #require(reading >= 0 && writing >= 0)
    }

    /// Reads lines until one is as asked for, the other end is closed, or a minute brought nothing.
    func lines(until isLast: (String) -> Bool) -> [String] {
        var (bytes, lines) = ([UInt8](), [String]())
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while lines.last.map(isLast) != true {
            var waiting = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 60_000) > 0 else { break }
            let count = read(reading, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
            while let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(String(decoding: bytes[..<end], as: UTF8.self))
                bytes.removeSubrange(...end)
            }
        }
        return lines
    }

    /// The same, without a thread of the test's.
    func linesAside(until isLast: @escaping @Sendable (String) -> Bool) async -> [String] {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: self.lines(until: isLast)) }
        }
    }

    func close() {
        _ = Foundation.close(reading)
        _ = Foundation.close(writing)
    }
}

@Suite struct `A log whose reader stands still` {
    @Test func `makes nobody wait, and says how many lines are missing once it is read again`() throws {
        let pipe = try LogPipe()
        defer { pipe.close() }
        let log = LogWriter(pipe.writing)
        let text = String(repeating: "x", count: 1_000)
        let count = 3_000
        for index in 0..<count { log.write("\(index) \(text)") { "missing \($0)" } }
        #expect(log.dropped > 0)
        let lines = pipe.lines { $0.hasPrefix("missing") }
        let kept = lines.dropLast().compactMap { Int($0.prefix { $0.isNumber }) }
        // What is there is whole and in order, and nothing is missing that was not counted.
        #expect(kept == kept.sorted() && kept.count == lines.count - 1)
        #expect(lines.dropLast().allSatisfy { $0.hasSuffix(text) })
        #expect(lines.last == "missing \(count - kept.count)" && log.dropped == UInt64(count - kept.count))
        // And it goes on as before.
        log.write("after") { "missing \($0)" }
        #expect(pipe.lines { $0 == "after" } == ["after"])
    }

    @Test func `tells at the end what is missing, where no further line comes by which it would`() throws {
        let file = open("/dev/full", O_WRONLY)
        let pipe = try LogPipe()
        defer { pipe.close() }
        let log = LogWriter(file)
        for index in 0..<10 { log.write("\(index)") { "missing \($0)" } }
        #expect(log.finish() == 10)
        // The disk has room again.
        #expect(dup2(pipe.writing, file) == file)
        #expect(log.finish() == 0)
        #expect(pipe.lines { $0.hasPrefix("missing") } == ["", "missing 10"])
        _ = close(file)
    }

    @Test func `is told elsewhere how much its reader never took`() throws {
        let pipe = try LogPipe()
        defer { pipe.close() }
        let log = LogWriter(pipe.writing)
        let text = String(repeating: "x", count: 1_000)
        for index in 0..<3_000 { log.write("\(index) \(text)") { "missing \($0)" } }
        let missing = log.finish()
        #expect(missing > log.dropped && missing <= 3_000)
        // What the pipe holds is whole but for the line at which the writer stands.
        _ = pipe.lines { $0.hasPrefix("missing") }
        #expect(log.finish() == 0)
    }

    @Test func `does not keep the process from its end, and the last line is taken all the same`() throws {
        let pipe = try LogPipe()
        defer { pipe.close() }
        let log = LogWriter(pipe.writing)
        for _ in 0..<3_000 { log.write(String(repeating: "x", count: 1_000)) }
        let before = log.dropped
        log.write("the end", mustStay: true)
        #expect(before > 0 && log.dropped == before)
        let began = ContinuousClock.now
        log.finish()
        #expect(ContinuousClock.now - began < .seconds(30))
        #expect(pipe.lines { $0 == "the end" }.last == "the end")
    }

    @Test func `counts what no disk took, and says so when one takes it again`() throws {
        let full = open("/dev/full", O_WRONLY)
        let pipe = try LogPipe()
        defer { pipe.close() }
        let log = LogWriter(full)
        for index in 0..<10 { log.write("\(index)") { "missing \($0)" } }
        log.finish()
        #expect(log.dropped == 10)
        // The file becomes one that can be written.
        #expect(dup2(pipe.writing, full) == full)
        log.write("after") { "missing \($0)" }
        #expect(pipe.lines { $0.hasPrefix("missing") } == ["", "after", "missing 10"])
        _ = close(full)
    }
}

@Suite struct `A server` {
    @Test func `serves, and ends in order, while nobody reads its log`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let fifo = folder.path + "/fifo"
        try #require(mkfifo(fifo, 0o600) == 0)
        // Open for both, so that it is there before its writer, and read by nobody.
        let held = open(fifo, O_RDWR)
        defer { _ = close(held) }
        try #require(fcntl(held, setPipeSize, 4_096) == 4_096)
        let server = try await ServerProcess.start(in: folder, ["--monitor", "off"], log: fifo)
        for _ in 0..<200 { _ = try await RawRequest.send("GET / HTTP/1.1\r\n\r\nnonsense", port: server.port) }
        #expect(try await server.ask("status").status == 0)
        #expect(await server.end() == 0)
    }

    @Test func `goes on after a hangup, and says so`() async throws {
        try await withServer(["--monitor", "off"]) { server in
            server.signal(SIGHUP)
            // It has its line in its own time: ask until it is there.
            for _ in 0..<500 where !server.log.contains("SIGHUP") {
                let status = try await server.ask("status").status
                #expect(status == 0)
            }
            #expect(server.log.contains("SIGHUP"))
        }
    }

    @Test func `that has no descriptor left says so once, and takes connections again`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let log = try LogPipe(named: folder.path + "/fifo")
        defer { log.close() }
        let server = try await ServerProcess.start(
            in: folder, ["--monitor", "off"], log: folder.path + "/fifo", openFiles: 64)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let callers = try await EventLoopFuture.whenAllSucceed(
            (0..<100).map { _ in ClientBootstrap(group: eventLoop).connect(host: "127.0.0.1", port: server.port) },
            on: eventLoop
        ).get()
        // Those that it took it serves, and the others wait at the door.
        let told = await log.linesAside { $0.contains("no further connection") }
        #expect(told.last?.contains("no further connection") == true, "\(told)")
        // The server may have hung up on some while they waited.
        for caller in callers where caller.isActive { try? await caller.close().get() }
        let status = try await server.ask("status")
        let end = await server.end()
        try #require(write(log.writing, "read\n", 5) == 5)
        let after = await log.linesAside { $0 == "read" }
        #expect(status.status == 0, "\(status.complaints) \(after)")
        #expect(end == 0, "\(after)")
        #expect(after.last == "read" && !after.contains { $0.contains("no further connection") }, "\(after)")
    }
}
