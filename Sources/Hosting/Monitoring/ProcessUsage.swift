import Foundation
import Glibc
import Journal

/// What this process takes of its machine, as the kernel counts it. What cannot be read is nil and is not exported.
struct ProcessUsage: Sendable {
    var residentBytes: UInt64?
    var processorSeconds: Double
    var openDescriptors: Int?
    var descriptorLimit: UInt64?

    /// Reads it now.
    static func now() -> ProcessUsage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        var limit = rlimit()
        let hasLimit = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return ProcessUsage(
            residentBytes: residentBytes(), processorSeconds: Double(seconds) + Double(microseconds) / 1e6,
            openDescriptors: openDescriptorCount(), descriptorLimit: hasLimit ? UInt64(limit.rlim_cur) : nil)
    }

    /// `/proc/self/statm` counts pages; the second number is what is resident.
    private static func residentBytes() -> UInt64? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = UInt64(fields[1]) else { return nil }
        return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func openDescriptorCount() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            // The first character is enough to leave `.` and `..` out: the rest are numbers.
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        // Without the one that this looks through.
        return count - 1
    }
}

/// Room in the file system that a folder lies in.
struct DiskRoom: Sendable {
    var freeBytes: UInt64
    var sizeBytes: UInt64

    /// Nil where the system does not tell.
    init?(folder: String) {
        var information = statvfs()
        guard statvfs(folder, &information) == 0 else { return nil }
        freeBytes = UInt64(DiskBlocks.bytes(information.f_bavail, of: information.f_frsize))
        sizeBytes = UInt64(DiskBlocks.bytes(information.f_blocks, of: information.f_frsize))
    }
}
