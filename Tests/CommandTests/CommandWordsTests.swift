import Foundation
import Testing

@testable import Terminal

@Suite struct `The words of a command line` {
    @Test func `are read, where a library loaded before the program has moved the environment`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        // The first file that the process opens is read by Swift's runtime, on its way to the arguments.
        let source = try folder.file(
            "moving.c",
            """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <stdio.h>
            #include <stdlib.h>
            FILE *fopen(const char *path, const char *mode) {
                FILE *(*next)(const char *, const char *) = (FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, "fopen");
                setenv("MOVED", "1", 1);
                return next(path, mode);
            }
            """)
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = ["clang", "-shared", "-fPIC", "-o", folder.path + "/moving.so", source]
        try #require(try await compiler.runToEnd() == 0)
        let moved = ["LD_PRELOAD": folder.path + "/moving.so"]
        let version = try await Binary.run(["--version"], environment: moved)
        #expect(version.status == 0 && version.output == "haoyuan 0.1.0\n")
        // A wrong word is one, with its status, and an empty one stays.
        let wrong = try await Binary.run(["inspect", "--table", ""], environment: moved)
        #expect(wrong.status == 64 && !wrong.complaints.isEmpty)
    }

    @Test(arguments: [
        ("haoyuan\0", []), ("haoyuan\0status\0", ["status"]), ("haoyuan\0book\0\0号源\0", ["book", "", "号源"]),
        ("", nil), ("haoyuan", nil),
    ])
    func `are taken from the kernel as it keeps them`(kept: String, words: [String]?) {
        #expect(CommandWords.fromKernel(Array(kept.utf8)) == words)
    }
}
