import ArgumentParser
import Foundation
import Testing

import struct Engine.StandbyPolicy
import struct Scheduling.WallTime

@testable import Hosting
@testable import Terminal
@testable import haoyuan

@Suite struct `Every setting of serve is read from options and file alike, and a bad one is named` {
    private func settings(_ arguments: [String] = [], file: String? = nil) throws -> ServeSettings {
        let folder = try Folder()
        defer { folder.remove() }
        var arguments = arguments
        if let file { arguments += ["--config", try folder.file("haoyuan.yaml", file)] }
        return try ServeOptions.parse(arguments).settings()
    }

    @Test
    func `the options win over the file, the file over the defaults`() throws {
        let settings = try settings(
            ["--port", "0", "--key-window", "48h"],
            file: """
                # a comment
                port: 7441
                host: 0.0.0.0
                sample: true
                checkpoint-bytes: 1GiB
                log-format: json
                """)
        #expect(settings.port == 0)
        #expect(settings.host == "0.0.0.0")
        #expect(settings.sample)
        #expect(settings.checkpointBytes.bytes == 1 << 30)
        #expect(settings.keyWindow.milliseconds == 172_800_000)
        #expect(settings.logFormat == .json)
        #expect(settings.drain.milliseconds == ServeSettings().drain.milliseconds)
    }

    @Test
    func `the monitor's address, or none`() throws {
        #expect(try settings().monitor == .ifFree(host: "127.0.0.1", port: 7441))
        #expect(try settings(["--monitor", "0.0.0.0:9"]).monitor == .at(host: "0.0.0.0", port: 9))
        #expect(try settings(file: "monitor: '[::1]:0'").monitor == .at(host: "::1", port: 0))
        #expect(try settings(["--monitor", "off"], file: "monitor: a:1").monitor == .off)
        for text in ["", "a", ":1", "a:", "a:x", "a:-1", "a:+1", "::1:80", "[]:1"] {
            #expect(MonitorAddress(text) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        ("::1", "::1"), ("[::1]", "::1"), ("[fe80::1%eth0]", "fe80::1%eth0"), ("10.0.3.7", "10.0.3.7"), ("a.b", "a.b"),
    ])
    func `a host is written with brackets or without`(text: String, host: String) throws {
        #expect(try settings(["--host", text]).host == host)
        #expect(try settings(file: "\u{FEFF}host: '\(text)'\r\n").host == host)
    }

    @Test
    func `a file may be GB18030, and take fields over from a mapping`() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let path = folder.path + "/haoyuan.yaml"
        // data: ./数据
        try Data(Array("data: ./".utf8) + [0xCA, 0xFD, 0xBE, 0xDD, 0x0D, 0x0A] + Array("<<: {port: 1}".utf8))
            .write(to: URL(fileURLWithPath: path))
        let settings = try ServeOptions.parse(["--config", path]).settings()
        #expect(settings.data == "./数据")
        #expect(settings.port == 1)
    }

    @Test
    func `an empty file changes nothing`() throws { #expect(try settings(file: "").port == 7440) }

    @Test(arguments: [
        ("ports: 7440", "line 1: ‘ports’ is no setting; docs/reference/configuration.md lists them"),
        ("port: many", "line 1: port is ‘many’, it must be a number from 0 to 65535"),
        ("host: x\nport: 65536", "line 2: port is ‘65536’"),
        ("port: [1, 2]", "line 1: ‘port’ must have one value"),
        ("key-window: 24", "key-window is ‘24’, it must be a time from 1m to 3650d"),
        ("key-window: 1s", "key-window is ‘1s’"),
        ("feed-keep-days: 9999", "feed-keep-days is ‘9999’, it must be a number from 0 to 3650"),
        ("feed-keep-gib: 1TiB", "feed-keep-gib is ‘1TiB’, it must be a number from 0 to 16384"),
        ("file-limit: 64 GB", "file-limit is ‘64 GB’, it must be a size from 16MiB to 64TiB"),
        ("log-level: loud", "log-level is ‘loud’, it must be one of trace, debug, info"),
        ("monitor: 7441", "monitor is ‘7441’, it must be an address such as 127.0.0.1:7441, or off"),
        ("monitor: 'a:65536'", "monitor is ‘a:65536’"),
        ("log-format: xml", "log-format is ‘xml’, it must be one of text, json"),
        ("sample: yes", "sample is ‘yes’, it must be one of true, false"),
        ("data: ''", "line 1: ‘data’ is empty; give it a value, or leave the line out"),
        ("port: 1\nport-file: ~", "line 2: ‘port-file’ is empty"),
        ("monitor:", "line 1: ‘monitor’ is empty"),
        ("port: 1\nport: 2", "stands there twice"),
        ("follow: a:1,a:1", "it must be one or more host:port, each once"),
        (
            "host: '10.0.0.1:7440'",
            "host is ‘10.0.0.1:7440’, it must be a name or an address to listen on, without a port"
        ),
        ("batch: 8193", "batch is ‘8193’, it must be a number from 1 to 8192"),
        ("in-flight: 100", "in-flight is 100, less than batch, 8192"),
        ("file-limit: 16MiB", "file-limit is 16MiB, less than file-initial, 256MiB"),
        ("a: b: c", "this is no YAML"),
        ("- port", "the file must be a mapping"),
    ])
    func `what is wrong in a file`(text: String, sentence: String) {
        let failure = #expect(throws: CommandFailure.self) { try settings(file: text) }
        #expect(failure?.status == .configuration)
        #expect(
            failure?.description.contains(sentence) == true, "\(failure?.description ?? "nothing") has not: \(sentence)"
        )
    }

    @Test
    func `a bad option is a matter of usage, and is named as it was typed`() {
        let failure = #expect(throws: CommandFailure.self) { try settings(["--loops", "0"]) }
        #expect(failure?.status == .usage)
        #expect(failure?.description == "--loops is ‘0’, it must be a number from 1 to 256")
    }

    @Test(arguments: ServeSettings.all.map(\.name))
    func `every setting is an option, and stands in the documentation`(name: String) throws {
        #expect(ServeOptions.helpMessage(columns: 200).contains("--\(name) ") || name == "sample")
        let page = try String(
            contentsOfFile: Binary.repository + "/docs/reference/configuration.md", encoding: .utf8)
        #expect(page.contains("| `\(name)` |"))
    }

    @Test
    func `what a standby means is said together, and nothing of it without a standby`() throws {
        let words = ["--acknowledge", "local", "--standby-away", "go-on-alone:30s", "--standby-lease", "9s"]
        let policy = try ServeOptions.parse(["--standby"] + words).settings().standby.policy
        #expect(
            policy
                == StandbyPolicy(
                    acknowledgement: .local(leaseMilliseconds: 9_000),
                    absence: .goOnAlone(afterMilliseconds: 30_000)))
        #expect(try ServeOptions.parse(["--standby"]).settings().standby.policy == StandbyPolicy())
        #expect(throws: CommandFailure.self) { try ServeOptions.parse(Array(words[..<2])).settings() }
        #expect(throws: CommandFailure.self) {
            try ServeOptions.parse(["--standby", "--standby-lease", "9s"]).settings()
        }
    }

    @Test
    func `opening ahead needs both how far and when`() throws {
        let settings = try ServeOptions.parse(["--roll-days", "27", "--roll-at", "02:30"]).settings()
        let roll = settings.engine { _ in }.roll
        #expect(roll?.days == 27 && roll?.at.description == "02:30")
        #expect(ServeSettings().engine { _ in }.roll == nil)
        for alone in [["--roll-days", "27"], ["--roll-at", "02:30"]] {
            let failure = #expect(throws: CommandFailure.self) { try ServeOptions.parse(alone).settings() }
            #expect(failure?.problem.contains("go together") ?? false)
        }
        for wrong in [["--roll-days", "400", "--roll-at", "02:30"], ["--roll-days", "1", "--roll-at", "24:00"]] {
            #expect(throws: CommandFailure.self) { try ServeOptions.parse(wrong).settings() }
        }
    }

    @Test
    func `each option reaches its setting`() throws {
        // Flags, and what says nothing without one of them.
        let others: Set = [
            "sample", "standby", "acknowledge", "standby-away", "standby-lease", "roll-days", "roll-at",
        ]
        for setting in ServeSettings.all where !others.contains(setting.name) {
            let value = Self.otherValues[setting.name]
            let given = try ServeOptions.parse([
                "--\(setting.name)", try #require(value, "no value for \(setting.name)"),
            ])
            #expect(given.given.map(\.name) == [setting.name])
            let mirror = String(describing: try given.settings())
            #expect(mirror != String(describing: ServeSettings()), "\(setting.name) changed nothing")
        }
    }

    /// For each setting a value that is not its default on any machine.
    private static let otherValues = [
        "data": "/elsewhere", "follow": "a:1,b:2", "host": "::1", "port": "1", "port-file": "p", "monitor": "off",
        "credential-file": "c", "clock": "simulated",
        "loops": "77",
        "shards": "77", "log-level": "trace", "log-format": "json", "key-window": "25h", "archive-after": "9d",
        "checkpoint-bytes": "1MiB", "checkpoint-time": "7s", "file-initial": "1GiB", "file-growth": "1GiB",
        "file-limit": "1TiB", "file-reserve": "1GiB", "segment-bytes": "1MiB", "queue-bytes": "1GiB",
        "connections": "7",
        "in-flight": "9000", "batch": "7", "subscriptions": "1", "frame-bytes": "1MiB", "handshake": "3s",
        "drain": "1s", "simulate-sync-delay": "8ms", "feed-keep-days": "3", "feed-keep-gib": "3",
    ]
}
