import Foundation
import Glibc
import Testing

/// Where backups lie: whose they are, what else is there, and which disk it is that fails.
@Suite(.serialized) struct `Folders of backups` {
    private static let hospital = """
        hospital: {name: NAME, time_zone: Asia/Shanghai}
        departments: [{code: d1, name: D}]
        """

    /// A data folder of a hospital of that name, with so many patients.
    private static func make(_ folder: Folder, _ data: String, named name: String?, patients: Int = 1) async throws {
        let server = try await ServerProcess.start(in: folder, data: folder.path + "/" + data)
        if let name {
            let file = try folder.file("\(data).yaml", hospital.replacingOccurrences(of: "NAME", with: name))
            #expect(try await server.ask("import", file).status == 0)
        }
        for number in 0..<patients {
            #expect(try await server.ask("patients", "register", "\(data)|\(number)").status == 0)
        }
        #expect(await server.end() == 0)
    }

    private static func backup(_ folder: Folder, _ data: String, to: String, _ more: String...) async throws -> Finished
    {
        try await Binary.run(["backup", folder.path + "/" + to, "--data", folder.path + "/" + data] + more)
    }

    private static func names(_ path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    @Test
    func `a backup has what was answered before it was asked for`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let server = try await ServerProcess.start(in: folder)
        var last = 0
        for number in 1...12 {
            let registered = try await server.object("patients", "register", "urn:id|\(number)")
            #expect(registered["patient"] != nil || !registered.isEmpty)
            let taken = try await Binary.run(
                ["backup", folder.path + "/backups", "--data", folder.path + "/data", "--json"])
            let through = try #require(try taken.object()["through_position"] as? Int)
            #expect(through > last, "backup \(number) has nothing new")
            last = through
        }
        #expect(await server.end(SIGKILL) == -SIGKILL)
        let restored = try await Binary.run(
            ["restore", folder.path + "/backups", "--data", folder.path + "/restored", "--json"])
        let audit = try #require(try restored.object()["audit"] as? [String: Any], "\(restored.complaints)")
        #expect(audit["patients"] as? Int == 12)
    }

    @Test
    func `a folder with another hospital's backups is refused, and names both`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        try await Self.make(folder, "east", named: "East")
        try await Self.make(folder, "west", named: "West")
        #expect(try await Self.backup(folder, "east", to: "backups").status == 0)
        let refused = try await Self.backup(folder, "west", to: "backups")
        #expect(refused.status == 64)
        #expect(refused.complaints.contains("‘East’") && refused.complaints.contains("‘West’"))
        #expect(Self.names(folder.path + "/backups").count == 1)
        // One that was set up anew under the same name is another, too.
        try await Self.make(folder, "anew", named: "East")
        #expect(try await Self.backup(folder, "anew", to: "backups", "--whole").status == 64)
        // And one without a name.
        try await Self.make(folder, "nameless", named: nil)
        let nameless = try await Self.backup(folder, "nameless", to: "backups")
        #expect(nameless.status == 64)
        #expect(nameless.complaints.contains("without a name"))
    }

    @Test
    func `where people put two hospitals together, a restoration asks whose, and each goes on`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let backups = folder.path + "/backups"
        try await Self.make(folder, "east", named: "East", patients: 2)
        try await Self.make(folder, "west", named: "West", patients: 3)
        #expect(try await Self.backup(folder, "east", to: "backups").status == 0)
        #expect(try await Self.backup(folder, "west", to: "others").status == 0)
        for name in Self.names(folder.path + "/others") {
            try FileManager.default.moveItem(
                atPath: "\(folder.path)/others/\(name)", toPath: "\(backups)/moved-\(name)")
        }
        let listed = try await Binary.run(["backups", backups, "--json"]).list()
        #expect(Set(listed.compactMap { $0["hospital"] as? String }) == ["East", "West"])
        #expect(try await Self.backup(folder, "west", to: "backups").output.hasPrefix("nothing new"))

        let restored = folder.path + "/restored"
        let unasked = try await Binary.run(["restore", backups, "--data", restored])
        #expect(unasked.status == 64)
        #expect(unasked.complaints.contains("‘East’") && unasked.complaints.contains("--of"))
        #expect(!FileManager.default.fileExists(atPath: restored))
        #expect(try await Binary.run(["restore", backups, "--data", restored, "--of", "North"]).status == 64)
        let named = try await Binary.run(["restore", backups, "--data", restored, "--of", "East", "--json"])
        #expect((try named.object()["audit"] as? [String: Any])?["patients"] as? Int == 2)
        let cluster = try #require(listed.first { $0["hospital"] as? String == "West" }?["cluster"] as? String)
        let other = try await Binary.run(
            ["restore", backups, "--data", restored + "-west", "--of", String(cluster.prefix(8)), "--json"])
        #expect((try other.object()["audit"] as? [String: Any])?["patients"] as? Int == 3)
    }

    @Test
    func `after a restoration to an earlier place its own backups count, not those it left behind`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let backups = folder.path + "/backups"
        try await Self.make(folder, "first", named: "East", patients: 1)
        let whole = try await Self.backup(folder, "first", to: "backups", "--json")
        let through = try #require(try whole.object()["through_position"] as? Int)
        let server = try await ServerProcess.start(in: folder, data: folder.path + "/first")
        for number in 1...9 { #expect(try await server.ask("patients", "register", "wrong|\(number)").status == 0) }
        #expect(await server.end() == 0)
        #expect(try await Self.backup(folder, "first", to: "backups").status == 0)
        let back = try await Binary.run(
            ["restore", backups, "--data", folder.path + "/second", "--position", "\(through)"])
        #expect(back.status == 0, "\(back.complaints)")
        let kinds = [
            try await Self.backup(folder, "second", to: "backups", "--json"),
            try await Self.backup(folder, "second", to: "backups", "--json"),
        ]
        #expect(try kinds[0].object()["file"] as? String != nil)
        #expect(try kinds[1].object()["file"] is NSNull)
        let again = try await Binary.run(["restore", backups, "--data", folder.path + "/third", "--json"])
        #expect(again.status == 0, "\(again.complaints)")
        #expect((try again.object()["audit"] as? [String: Any])?["patients"] as? Int == 1)
        #expect(try again.object()["epoch"] as? Int == 2_000, "no epoch is begun twice")
        // Neither by a restoration that goes back to before the second.
        let early = try await Binary.run(
            ["restore", backups, "--data", folder.path + "/fourth", "--position", "\(through)", "--json"])
        #expect(try early.object()["epoch"] as? Int == 2_000)
        // Nothing was backed up of the fourth, so only a person knows of its epoch.
        let fifth = folder.path + "/fifth"
        for wrong in ["+2000", "1000000000", "-1"] {
            let refused = try await Binary.run(["restore", backups, "--data", fifth, "--epoch-above=\(wrong)"])
            #expect(refused.status == 64, "\(wrong)")
            #expect(!FileManager.default.fileExists(atPath: fifth))
        }
        let above = try await Binary.run(["restore", backups, "--data", fifth, "--epoch-above", "2000", "--json"])
        #expect(try above.object()["epoch"] as? Int == 3_000)
    }

    @Test
    func `a file of the way that is missing is asked for by name, and the next backup does not rely on it`()
        async throws
    {
        let folder = try Folder()
        defer { folder.remove() }
        let backups = folder.path + "/backups"
        let server = try await ServerProcess.start(in: folder)
        var files: [String] = []
        for number in 1...3 {
            #expect(try await server.ask("patients", "register", "urn:id|\(number)").status == 0)
            let taken = try await Self.backup(folder, "data", to: "backups", "--json")
            files.append(try #require(try taken.object()["file"] as? String))
        }
        try FileManager.default.removeItem(atPath: files[1])
        let broken = try await Binary.run(["restore", backups, "--data", folder.path + "/restored"])
        #expect(broken.status == 74)
        let name = URL(fileURLWithPath: files[2]).lastPathComponent
        #expect(broken.complaints.contains(name) && broken.complaints.contains("--position"))
        let next = try await Self.backup(folder, "data", to: "backups", "--json")
        #expect(try next.object()["file"] as? String != nil)
        #expect(await server.end() == 0)
        #expect(try await Binary.run(["restore", backups, "--data", folder.path + "/restored"]).status == 0)
    }

    /// `Fixtures/backups` was taken by the version of commit cde8466, which named no hospital: two patients.
    @Test
    func `backups of the version that named no hospital are listed and restored`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let backups = folder.path + "/backups"
        try FileManager.default.copyItem(
            atPath: Binary.repository + "/Tests/CommandTests/Fixtures/backups", toPath: backups)
        let listed = try await Binary.run(["backups", backups, "--json"]).list()
        #expect(listed.count == 2 && listed.allSatisfy { $0["hospital"] is NSNull })
        let restored = folder.path + "/restored"
        let done = try await Binary.run(["restore", backups, "--data", restored, "--json"])
        #expect((try done.object()["audit"] as? [String: Any])?["patients"] as? Int == 2, "\(done.complaints)")
        // A start names the hospital in the data, and the next backup in the folder.
        let server = try await ServerProcess.start(in: folder, data: restored)
        #expect(await server.end() == 0)
        #expect(try await Self.backup(folder, "restored", to: "backups").status == 0)
        let named = try await Binary.run(["backups", backups, "--json"]).list()
        #expect(named.last?["hospital"] as? String == "Old East")
        try await Self.make(folder, "other", named: "West")
        let refused = try await Self.backup(folder, "other", to: "backups")
        #expect(refused.status == 64 && refused.complaints.contains("‘Old East’"))
    }

    @Test
    func `foreign files are left alone; one with the name of a backup is named`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let backups = folder.path + "/backups"
        try await Self.make(folder, "data", named: "East")
        try FileManager.default.createDirectory(atPath: backups, withIntermediateDirectories: true)
        _ = try folder.file("backups/notes.txt", "mine")
        _ = try folder.file("backups/whole-9.hyb", "no backup")
        let taken = try await Self.backup(folder, "data", to: "backups")
        #expect(taken.status == 0, "\(taken.complaints)")
        #expect(taken.complaints.contains("whole-9.hyb"))
        #expect(try await Binary.run(["backups", backups]).status == 74)
        let restored = try await Binary.run(["restore", backups, "--data", folder.path + "/restored"])
        #expect(restored.status == 74)
        #expect(restored.complaints.contains("whole-9.hyb"))
        try FileManager.default.removeItem(atPath: backups + "/whole-9.hyb")
        #expect(try await Binary.run(["restore", backups, "--data", folder.path + "/restored/"]).status == 0)
        #expect(try String(contentsOfFile: backups + "/notes.txt", encoding: .utf8) == "mine")
    }

    @Test
    func `a folder that cannot be used is named, and nothing stays behind`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        try await Self.make(folder, "data", named: "East")
        let inside = try await Self.backup(folder, "data", to: "data/backups")
        #expect(inside.status == 64)
        #expect(inside.complaints.contains("lies in the data folder"))
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/data/backups"))
        #expect(try await Self.backup(folder, "data", to: "data").status == 64)
        _ = try folder.file("file", "a file")
        let file = try await Self.backup(folder, "data", to: "file")
        #expect(file.status == 74)
        #expect(file.complaints.contains("\(folder.path)/file"))
        #expect(try await Self.backup(folder, "data", to: "file/below").status == 74)
        let nothing = try await Self.backup(folder, "nowhere", to: "new/deep")
        #expect(nothing.status == 74)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/new"))
        #expect(try await Self.backup(folder, "data", to: "new/deep").status == 0)
        #expect(try await Self.backup(folder, "data", to: "new/deep", "--whole").output.hasPrefix("nothing new"))
    }

    @Test
    func `two backups at once are both whole, and leave nothing else`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        try await Self.make(folder, "data", named: "East", patients: 3)
        try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 1...4 { group.addTask { try await Self.backup(folder, "data", to: "backups").status } }
            for try await status in group { #expect([0, 75].contains(status)) }
        }
        let names = Self.names(folder.path + "/backups")
        #expect(!names.isEmpty && names.allSatisfy { $0.hasSuffix(".hyb") }, "\(names)")
        #expect(
            try await Binary.run(["restore", folder.path + "/backups", "--data", folder.path + "/new"]).status == 0)
    }

    @Test
    func `a restoration deletes nothing that it did not make`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let backups = folder.path + "/backups"
        try await Self.make(folder, "data", named: "East")
        #expect(try await Self.backup(folder, "data", to: "backups").status == 0)
        try FileManager.default.createDirectory(atPath: folder.path + "/new.part", withIntermediateDirectories: true)
        let mine = try folder.file("new.part/mine", "kept")
        #expect(try await Binary.run(["restore", backups, "--data", folder.path + "/new"]).status == 0)
        #expect(try String(contentsOfFile: mine, encoding: .utf8) == "kept")
        let before = Self.names(folder.path)
        let full = try await Binary.run(["restore", backups, "--data", folder.path + "/new"])
        #expect(full.status == 64)
        let late = try await Binary.run(["restore", backups, "--data", folder.path + "/late", "--position", "99999"])
        #expect(late.status == 64)
        let nowhere = try await Binary.run(["restore", backups, "--data", folder.path + "/no/where"])
        #expect(nowhere.status == 74)
        #expect(Self.names(folder.path) == before)
    }

    /// Whether this process may mount a small disk where no other sees it.
    private static let mayMount =
        geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/unshare")

    /// Runs a script beside a small disk at `$T/small`, which goes with the script; gives what it printed.
    private static func withSmallDisk(_ folder: Folder, size: String, _ script: String) async throws -> String {
        let path = try folder.file(
            "script",
            """
            T='\(folder.path)'; BIN='\(Binary.path)'
            mkdir -p "$T/small" && mount -t tmpfs -o size=\(size) tmpfs "$T/small" || exit 99
            \(script)
            """)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = ["-m", "--propagation", "private", "bash", path]
        _ = FileManager.default.createFile(atPath: folder.path + "/said", contents: nil)
        let said = try #require(FileHandle(forWritingAtPath: folder.path + "/said"))
        (process.standardOutput, process.standardError) = (said, said)
        #expect(try await process.runToEnd() == 0)
        return try String(contentsOfFile: folder.path + "/said", encoding: .utf8)
    }

    @Test(.enabled(if: mayMount, "needs root and unshare"))
    func `a full disk of the backups is named with what is free and what is needed`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        try await Self.make(folder, "data", named: "East")
        let said = try await Self.withSmallDisk(
            folder, size: "64k",
            """
            head -c 63000 /dev/zero >"$T/small/fill"
            "$BIN" backup "$T/small" --data "$T/data"; echo "status $?"
            "$BIN" backup "$T/small/deep/er" --data "$T/data"; echo "status $?"
            ls -A "$T/small"
            """)
        let lines = said.split(separator: "\n")
        #expect(lines.filter { $0 == "status 75" }.count == 2, "\(said)")
        #expect(lines.filter { $0.contains("\(folder.path)/small") && $0.contains("B free") }.count == 2, "\(said)")
        #expect(!said.contains("data directory"))
        #expect(lines.last == "fill")
    }

    @Test(.enabled(if: mayMount, "needs root and unshare"))
    func `a disk too small for new data or for what is restored is named before anything is made`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        try await Self.make(folder, "data", named: "East")
        #expect(try await Self.backup(folder, "data", to: "backups").status == 0)
        let said = try await Self.withSmallDisk(
            folder, size: "16m",
            """
            "$BIN" serve --data "$T/small/d" --port 0 --monitor off; echo "status $?"
            "$BIN" restore "$T/backups" --data "$T/small/r"; echo "status $?"
            ls -A "$T/small"
            """)
        #expect(said.contains("\(folder.path)/small/d") && said.contains("file-initial"), "\(said)")
        #expect(said.contains("256.0 MiB") && said.contains("16.0 MiB free"), "\(said)")
        #expect(said.contains("\(folder.path)/small/r"), "\(said)")
        #expect(said.split(separator: "\n").last == "status 75", "\(said)")
    }

    @Test(.enabled(if: mayMount, "needs root and unshare"))
    func `a disk that fills up while data are restored leaves nothing of them there`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        try await Self.make(folder, "data", named: "East")
        #expect(try await Self.backup(folder, "data", to: "backups").status == 0)
        let said = try await Self.withSmallDisk(
            folder, size: "76m",
            """
            "$BIN" restore "$T/backups" --data "$T/small/r"; echo "status $?"
            ls -A "$T/small"
            """)
        #expect(said.contains("are needed") && said.split(separator: "\n").last == "status 75", "\(said)")
    }

    @Test(.enabled(if: mayMount, "needs root and unshare"))
    func `a disk that may only be read is named`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        try await Self.make(folder, "data", named: "East")
        let said = try await Self.withSmallDisk(
            folder, size: "1m",
            """
            mount -o remount,ro "$T/small"
            "$BIN" backup "$T/small" --data "$T/data"; echo "status $?"
            "$BIN" backup "$T/small/new" --data "$T/data"; echo "status $?"
            """)
        #expect(said.split(separator: "\n").filter { $0 == "status 74" }.count == 2, "\(said)")
        #expect(said.contains("Read-only file system") && !said.contains("data directory"), "\(said)")
    }
}
