import Glibc

/// The tail as a file of blocks that have all been written once, so that a piece costs one write that syncs itself,
/// without anything of the file system's own.
///
/// `@unchecked Sendable`: its variables belong to the committing thread (or to the caller that opens or closes the
/// journal).
final class TailFile: LogTail, @unchecked Sendable {
    /// Its name behind that of the directory.
    static let name = "/tail"

    private let descriptor: Int32
    private let size: Int
    private let memory: UnsafeMutableRawBufferPointer
    private var offset = 0

    /// Opens the file at `path`, which there must be.
    init(path: String) throws(JournalError) {
        // Past the kernel's memory, where the file system can: the piece is never read again.
        var descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_DSYNC | Self.direct)
        if descriptor < 0, errno == EINVAL { descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_DSYNC) }
        guard descriptor >= 0 else { throw .io(errno: errno, call: "open of \(path)") }
        var file = Glibc.stat()
        guard fstat(descriptor, &file) == 0 else {
            Glibc.close(descriptor)
            throw .io(errno: errno, call: "fstat of \(path)")
        }
        self.descriptor = descriptor
        self.size = Int(file.st_size) / TailPiece.blockBytes * TailPiece.blockBytes
        memory = .allocate(byteCount: max(TailPiece.blockBytes, self.size), alignment: TailPiece.blockBytes)
    }

    deinit { memory.deallocate() }

    /// `O_DIRECT`, which the headers hide from Swift.
    private static let direct: Int32 = {
        #if arch(arm64)
            0o200000
        #else
            0o40000
        #endif
    }()

    /// Makes the file at `path`, of `size` bytes, a multiple of 4,096. Under another name first: a file that has the
    /// name has its size.
    /// - Throws: ``JournalError/storageFull`` when there is no room for it. In any case nothing stays of what was not
    ///   finished.
    static func make(_ path: String, size: Int) throws(JournalError) {
        precondition(size > 0 && size % TailPiece.blockBytes == 0, "A tail has whole blocks.")
        let temporary = path + ".new"
        let descriptor = Glibc.open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw lackOfRoom(errno) ?? .io(errno: errno, call: "open of \(temporary)") }
        defer { Glibc.close(descriptor) }
        do throws(JournalError) {
            try writeZeros(descriptor, size)
            guard fsync(descriptor) == 0 else { throw lackOfRoom(errno) ?? .syncFailed(errno: errno) }
            guard rename(temporary, path) == 0 else {
                throw lackOfRoom(errno) ?? .io(errno: errno, call: "rename of \(temporary)")
            }
        } catch {
            _ = unlink(temporary)
            throw error
        }
        let folder = Glibc.open(
            String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .io(errno: errno, call: "open of the folder of \(path)") }
        defer { Glibc.close(folder) }
        guard fsync(folder) == 0 else { throw .syncFailed(errno: errno) }
    }

    /// What only says that there is no room.
    private static func lackOfRoom(_ number: Int32) -> JournalError? {
        number == ENOSPC || number == EDQUOT ? .storageFull : nil
    }

    private static func writeZeros(_ descriptor: Int32, _ size: Int) throws(JournalError) {
        let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: TailPiece.blockBytes)
        defer { zeros.deallocate() }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        try write(descriptor, UnsafeRawBufferPointer(zeros), at: 0)
    }

    private static func write(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(JournalError) {
        var done = 0
        while done < bytes.count {
            let written = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, offset + done)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let number = written < 0 ? errno : ENOSPC
                throw lackOfRoom(number) ?? .syncFailed(errno: number)
            }
            done += written
        }
    }

    func append(_ piece: [UInt8]) throws(JournalError) -> Bool {
        let length = TailPiece.blocks(of: piece.count)
        guard offset + length <= size else { return false }
        let blocks = UnsafeMutableRawBufferPointer(rebasing: memory[..<length])
        // Only what the piece leaves of its last block.
        UnsafeMutableRawBufferPointer(rebasing: blocks[max(0, length - TailPiece.blockBytes)...])
            .initializeMemory(as: UInt8.self, repeating: 0)
        TailPiece.write(piece, into: blocks)
        try Self.write(descriptor, UnsafeRawBufferPointer(blocks), at: offset)
        offset += length
        return true
    }

    func restart() { offset = 0 }

    func contents() throws(JournalError) -> TailContents { try Self.contents(descriptor, memory, size) }

    private static func contents(
        _ descriptor: Int32, _ memory: UnsafeMutableRawBufferPointer, _ size: Int
    ) throws(JournalError) -> TailContents {
        var done = 0
        while done < size {
            let got = pread(descriptor, memory.baseAddress! + done, size - done, done)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .io(errno: errno, call: "pread of the tail at \(done)") }
            if got == 0 { break }
            done += got
        }
        return TailPiece.read(UnsafeRawBufferPointer(rebasing: memory[..<done]))
    }

    /// What stands in the file at `path`, which nobody has open; nothing when there is none.
    static func contents(ofFileAt path: String) throws(JournalError) -> TailContents {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return TailContents() }
            throw .io(errno: errno, call: "open of \(path)")
        }
        defer { Glibc.close(descriptor) }
        var file = Glibc.stat()
        guard fstat(descriptor, &file) == 0 else { throw .io(errno: errno, call: "fstat of \(path)") }
        let size = Int(file.st_size) / TailPiece.blockBytes * TailPiece.blockBytes
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(TailPiece.blockBytes, size), alignment: TailPiece.blockBytes)
        defer { memory.deallocate() }
        return try contents(descriptor, memory, size)
    }

    func clear() throws(JournalError) {
        try Self.writeZeros(descriptor, size)
        offset = 0
    }

    func close() { Glibc.close(descriptor) }
}
