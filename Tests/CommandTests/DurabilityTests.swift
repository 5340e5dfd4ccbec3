import Foundation
import Testing

@Suite(.serialized) struct `A data folder outlives its server, and tells what is wrong with it` {
    @Test
    func `what was acknowledged is there after SIGKILL, and the same key gets the same answer`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let first = try await ServerProcess.start(in: folder, ["--sample"])
        var booked: [String] = []
        for patient in 1...5 {
            let answer = try await first.object(
                "book", "--patient", "urn:id|\(patient)", "--register", "--slot", "4/3/\(patient)", "--key",
                "00000000-0000-4000-8000-00000000000\(patient)")
            booked.append(try #require(answer["appointment"] as? String))
        }
        #expect(await first.end(SIGKILL) == -SIGKILL)

        let second = try await ServerProcess.start(in: folder)
        #expect(second.banner[2].contains("5 appointments"))
        for (index, id) in booked.enumerated() {
            let found = try await second.list("appointments", "--patient", "urn:id|\(index + 1)")
            #expect(found.map { $0["id"] as? String } == [id])
            #expect(found.map { $0["state"] as? String } == ["booked"])
        }
        let again = try await second.object(
            "book", "--patient", "urn:id|3", "--slot", "4/3/3", "--key", "00000000-0000-4000-8000-000000000003")
        #expect(again["again"] as? Bool == true)
        #expect(again["appointment"] as? String == booked[2])
        #expect(await second.end() == 0)
        let verified = try await Binary.run(["verify", folder.path + "/data", "--json"])
        #expect(verified.status == 0)
        #expect(try verified.object()["appointments"] as? Int == 5)
    }

    @Test
    func `a watcher misses nothing while its server is killed and started again`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let first = try await ServerProcess.start(in: folder, ["--sample"])
        let position = try #require(try await first.object("status")["durable_position"] as? Int)
        async let watched = first.ask("watch", "--after", "\(position)", "--count", "4", "--json")
        // A watcher that never reached its server has nothing to come back to.
        while try await first.object("status")["subscriptions"] as? Int == 0 {}
        _ = try await first.object("book", "--patient", "urn:id|1", "--register", "--slot", "4/3/1")
        await first.end(SIGKILL)
        let second = try await ServerProcess.start(in: folder, ["--port", "\(first.port)"])
        _ = try await second.object("book", "--patient", "urn:id|2", "--register", "--slot", "4/3/1")
        let kinds = try await watched.output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])["kind"] as? String
        }
        #expect(kinds == ["patient-registered", "booked", "patient-registered", "booked"])
        #expect(await second.end() == 0)
    }

    @Test
    func `the sample is loaded once, and another hospital is left alone`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        var positions: [Int] = []
        for _ in 1...2 {
            let server = try await ServerProcess.start(in: folder, ["--sample"])
            #expect(server.banner[0].contains("青溪市人民医院"))
            positions.append(try #require(try await server.object("status")["position"] as? Int))
            #expect(await server.end() == 0)
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/port"))
        }
        #expect(positions[0] > 300 && positions[0] == positions[1], "\(positions)")
        let other = try Folder()
        defer { other.remove() }
        let plain = try await ServerProcess.start(in: other)
        #expect(try await plain.ask("import", Binary.repository + "/docs/samples/hospital-csv").status == 0)
        #expect(await plain.end() == 0)
        let sampled = try await ServerProcess.start(in: other, ["--sample"])
        #expect(try await sampled.list("catalogue", "departments").count == 2)
        #expect(await sampled.end() == 0)
    }

    @Test
    func `the log is a JSON document a line where the settings file says so, and names no patient`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let config = try folder.file(
            "haoyuan.yaml", "log-format: json\nlog-level: trace\nsample: true\nloops: 2\nshards: 2\n")
        let server = try await ServerProcess.start(in: folder, ["--config", config])
        _ = try await server.object("book", "--patient", "urn:id|secret-7", "--register", "--slot", "4/3/1")
        #expect(await server.end() == 0)
        let lines = server.log.split(separator: "\n")
        let messages = try lines.map { line in
            let json = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(json["time"] is String && json["level"] is String)
            return json["message"] as? String
        }
        #expect(messages.contains("listening"))
        #expect(messages.last == "stopped")
        #expect(!server.log.contains("secret-7"))
    }

    @Test
    func `a folder in use is refused with the process that has it, and may be inspected and verified meanwhile`()
        async throws
    {
        try await withServer { server in
            let data = server.folder.path + "/data"
            let second = try await Binary.run(["serve", "--data", data, "--port", "0"])
            #expect(second.status == 75)
            #expect(second.complaints.contains("in use by process "))
            #expect(second.complaints.split(separator: "\n").count == 1)

            let inspected = try await Binary.run(["inspect", data, "--last", "3", "--json"])
            #expect(inspected.status == 0)
            #expect(inspected.output.split(separator: "\n").count == 3)
            let lines = try await Binary.run(["inspect", data, "--from", "2", "--limit", "1"])
            #expect(lines.output.hasPrefix("2  "))
            #expect(lines.output.contains("catalogue: department cardiology"))
            let parts = try await Binary.run(["inspect", data, "--parts"])
            #expect(parts.output.contains("log.0000000000000001"))
            #expect(try await Binary.run(["verify", data]).status == 0)
        }
    }

    @Test
    func `a port that is taken is named`() async throws {
        try await withServer { server in
            let other = try Folder()
            defer { other.remove() }
            let second = try await Binary.run(["serve", "--data", other.path + "/data", "--port", "\(server.port)"])
            #expect(second.status == 75)
            #expect(second.complaints.contains("127.0.0.1:\(server.port) is taken by another process; stop that one"))
        }
    }

    @Test
    func `a folder that cannot be made, a bad settings file, a port file that cannot be written`() async throws {
        let missing = try await Binary.run(["serve", "--data", "/proc/nothing/here", "--port", "0"])
        #expect(missing.status == 74)
        #expect(missing.complaints.hasPrefix("haoyuan: the data directory /proc/nothing/here cannot be used"))

        let folder = try Folder()
        defer { folder.remove() }
        let config = try folder.file("haoyuan.yaml", "port: 7440\ncolour: red\n")
        let configured = try await Binary.run(["serve", "--data", folder.path + "/data", "--config", config])
        #expect(configured.status == 78)
        #expect(configured.complaints.contains("line 2: ‘colour’ is no setting"))

        let portFile = try await Binary.run(
            ["serve", "--data", folder.path + "/data", "--port", "0", "--port-file", folder.path + "/no/port"])
        #expect(portFile.status == 74)
        #expect(portFile.complaints.contains("/no/port cannot be written"))

        let nothing = try await Binary.run(["verify", folder.path + "/nothing"])
        #expect(nothing.status == 74)
        let inspected = try await Binary.run(["inspect", folder.path])
        #expect(inspected.status == 74)
    }

    @Test
    func `a flipped bit in the log is found and named, and is never served`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let server = try await ServerProcess.start(in: folder, ["--sample"])
        let before = try #require(try await server.object("status")["durable_position"] as? Int)
        _ = try await server.object(
            "book", "--patient", "urn:id|1", "--register", "--slot", "4/3/1", "--operator", "a name to look for")
        // The change feed shows what the log has taken up.
        _ = try await server.ask("watch", "--after", "\(before)", "--count", "2")
        #expect(await server.end(SIGKILL) == -SIGKILL)
        let file = folder.path + "/data/data.mdb"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        // Pages are copied before they change, so an older one may have it too.
        let name = Data("a name to look for".utf8)
        var places: [Int] = []
        while let place = bytes.range(of: name, in: (places.last.map { $0 + 1 } ?? 0)..<bytes.count) {
            places.append(place.lowerBound)
        }
        try #require(!places.isEmpty)
        for place in places { bytes[place] ^= 0x20 }
        try bytes.write(to: URL(fileURLWithPath: file))

        let verified = try await Binary.run(["verify", folder.path + "/data"])
        #expect(verified.status == 1)
        #expect(verified.output.contains("Corrupt (checksum) at log.0000000000000001"))
        #expect(verified.complaints.contains("is damaged in"))
        let json = try await Binary.run(["verify", folder.path + "/data", "--json"])
        #expect(try json.object()["ok"] as? Bool == false)
        let served = try await Binary.run(["serve", "--data", folder.path + "/data", "--port", "0"])
        #expect(served.status == 74)
        #expect(served.complaints.contains("corrupt (checksum) at log.0000000000000001"))
        #expect(served.complaints.split(separator: "\n").count == 1)
    }

    @Test
    func `a folder of a newer format is refused by name, and left as it is`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let server = try await ServerProcess.start(in: folder)
        #expect(await server.end() == 0)
        let data = folder.path + "/data"
        let parts = try await Binary.run(["inspect", data, "--parts", "--json"]).object()
        try Forgery.raiseFormat(of: data + "/data.mdb", cluster: try #require(parts["cluster"] as? String), to: 9)
        for command in [["serve", "--port", "0", "--data"], ["verify"], ["inspect"]] {
            let refused = try await Binary.run(command + [data])
            #expect(refused.status == 78)
            #expect(refused.complaints.contains("the data have format 9; this program reads formats up to 7"))
        }
    }
}

/// Makes a data folder look as if a newer program had written it.
private enum Forgery {
    /// The format stands before the journal's 16 bytes in the meta table, under a checksum of its own.
    static func raiseFormat(of file: String, cluster: String, to format: UInt8) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        let digits = Array(cluster)
        let id = Data(stride(from: 0, to: 32, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) })
        var start = bytes.startIndex
        var count = 0
        while let found = bytes.range(of: id, in: start..<bytes.endIndex) {
            start = found.upperBound
            let value = found.lowerBound - 17
            bytes[found.lowerBound - 4] = format
            var sum = CRC32C()
            sum.add(Data("meta".utf8) + [0])
            sum.add(Data([6, 0, 0, 0, 0, 0, 0, 0]) + Data("format".utf8))
            sum.add(bytes[value + 4..<found.upperBound])
            bytes.replaceSubrange(value..<value + 4, with: withUnsafeBytes(of: sum.value.littleEndian) { Data($0) })
            count += 1
        }
        try #require(count > 0, "the journal's id is not in its file")
        try bytes.write(to: URL(fileURLWithPath: file))
    }

    /// Castagnoli's, bit by bit.
    private struct CRC32C {
        private var register: UInt32 = .max

        var value: UInt32 { ~register }

        mutating func add(_ bytes: Data) {
            for byte in bytes {
                register ^= UInt32(byte)
                for _ in 0..<8 { register = register & 1 == 1 ? register >> 1 ^ 0x82F6_3B78 : register >> 1 }
            }
        }
    }
}
