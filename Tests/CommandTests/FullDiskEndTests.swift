import Foundation
import Testing

@Suite struct `A disk that is full` {
    @Test func `at the last page of a commit ends the server with the folder, what is free and what to do`()
        async throws
    {
        let folder = try Folder()
        defer { folder.remove() }
        // LMDB's commit ends with a page at the beginning of the file: from a moment on there is no room for it.
        let source = try folder.file(
            "full.c",
            """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <errno.h>
            #include <stdlib.h>
            #include <unistd.h>
            ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
                ssize_t (*next)(int, const void *, size_t, off_t) =
                    (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
                const char *full = getenv("FULL");
                if (count < 4096 && offset < 8192 && full && access(full, F_OK) == 0) {
                    errno = ENOSPC;
                    return -1;
                }
                return next(file, bytes, count, offset);
            }
            """)
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = ["clang", "-shared", "-fPIC", "-o", folder.path + "/full.so", source]
        try #require(try await compiler.runToEnd() == 0)
        let full = folder.path + "/is-full"
        let server = try await ServerProcess.start(
            in: folder, ["--monitor", "off", "--sample"],
            environment: ["LD_PRELOAD": folder.path + "/full.so", "FULL": full])
        #expect(FileManager.default.createFile(atPath: full, contents: nil))
        // The end of a server takes up what stands in the tail, in a commit.
        #expect(try await server.ask("patients", "register", "urn:id|1", "--timeout", "2s").status >= 0)
        #expect(await server.end() == 74)
        #expect(server.log.contains("The disk of \(folder.path)/data was full") || server.log.contains("the disk of"))
        #expect(server.log.contains("bytes are free now") && server.log.contains("start again"))
        #expect(!server.log.contains("LMDB error"))
        // With room it starts again, and everything is there.
        try FileManager.default.removeItem(atPath: full)
        let again = try await ServerProcess.start(in: folder, ["--monitor", "off"])
        #expect(try await again.ask("status").status == 0)
        #expect(await again.end() == 0)
    }
}
