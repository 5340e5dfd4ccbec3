import Foundation
import Glibc
import Terminal

/// A disk of its own for a drill: a file, seen as a disk by the kernel, with an ext4 file system on it. It can be cut
/// off as a power failure cuts it off, and it can be full without filling the machine's own.
struct LoopDisk: Sendable {
    private let image: String
    private let device: String
    /// Where it is mounted.
    let path: String

    static let tools = ["losetup", "mkfs.ext4", "mount", "umount"]

    /// `EXT4_IOC_SHUTDOWN`, which is XFS's `_IOR('X', 125, __u32)`: the file system stops at once.
    private static let shutdown: UInt = 0x8004_587D
    /// `EXT4_GOING_FLAGS_NOLOGFLUSH`: not even its own journal is written any more.
    private static let withoutFlushing: UInt32 = 2

    /// Makes one of so many bytes in a folder.
    static func make(in folder: DrillFolder, bytes: Int) async throws(CommandFailure) -> LoopDisk {
        let (image, path) = (folder.path + "/disk.img", folder.path + "/disk")
        do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
            throw CommandFailure(.inputOutput, "\(path) cannot be made: \(error.localizedDescription)")
        }
        guard FileManager.default.createFile(atPath: image, contents: nil), truncate(image, bytes) == 0 else {
            throw CommandFailure(.inputOutput, "\(image) cannot be made: \(String(cString: strerror(errno)))")
        }
        // No blocks reserved for root, who runs this: full is full.
        try await SystemTool.run("mkfs.ext4", "-q", "-m", "0", image)
        let device = try await SystemTool.run("losetup", "--find", "--show", image)
        let disk = LoopDisk(image: image, device: device, path: path)
        do throws(CommandFailure) { try await disk.mount() } catch {
            _ = try? await SystemTool.run("losetup", "-d", device)
            throw error
        }
        return disk
    }

    private func mount() async throws(CommandFailure) { try await SystemTool.run("mount", device, path) }

    /// Stops the file system at once: what was written and not synced is gone, and every access fails from now on.
    func cut() throws(CommandFailure) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open") }
        defer { close(descriptor) }
        var flags = Self.withoutFlushing
        guard ioctl(descriptor, Self.shutdown, &flags) == 0 else { throw failure("ioctl EXT4_IOC_SHUTDOWN") }
    }

    /// As after the power is back: unmounts, and mounts what is on the disk. Nobody may have a file open.
    func mountAgain() async throws(CommandFailure) {
        try await unmount()
        try await mount()
    }

    private func unmount() async throws(CommandFailure) {
        // A process that was killed a moment ago may still be letting go of its files.
        for _ in 0..<50 {
            if (try? await SystemTool.run("umount", path)) != nil { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
        try await SystemTool.run("umount", path)
    }

    /// Free bytes.
    var freeBytes: Int {
        var info = statvfs()
        return statvfs(path, &info) == 0 ? Int(info.f_bavail) * Int(info.f_frsize) : 0
    }

    /// Fills all that is free with one file.
    func fill() throws(CommandFailure) {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open") }
        defer { close(descriptor) }
        let bytes = [UInt8](repeating: 0xAA, count: 1 << 20)
        var chunk = bytes.count
        while chunk >= 4_096 {
            let count = write(descriptor, bytes, chunk)
            if count < chunk { chunk /= 2 }
        }
        fsync(descriptor)
    }

    /// Gives the room back.
    func makeRoom() { unlink(ballast) }

    private var ballast: String { path + "/ballast" }

    /// Unmounts it and lets go of it; its image goes with the drill's folder.
    func destroy() async {
        try? await unmount()
        _ = try? await SystemTool.run("losetup", "-d", device)
    }

    private func failure(_ call: String) -> CommandFailure {
        CommandFailure(
            .notHere, "\(call) on \(path): \(String(cString: strerror(errno)))",
            remedy: "this drill needs ext4 and a kernel from 4.11 on")
    }
}
