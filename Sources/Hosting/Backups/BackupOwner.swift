import Engine
import Journal

/// Whose data a backup holds: those of one journal and of its copies.
package struct BackupOwner: Hashable, Sendable, CustomStringConvertible {
    /// The 16 bytes that a journal gets when it is made, which its standby and what is restored from it share.
    let cluster: [UInt8]
    /// The hospital's; nil where the version that took the backup did not say it, or none was put yet.
    package let name: String?

    init(cluster: [UInt8], name: String?) {
        self.cluster = cluster
        self.name = name
    }

    init(_ header: CopyHeader) {
        let name = header.metadata[HospitalMetadata.name].map { String(decoding: $0, as: UTF8.self) }
        self.init(cluster: header.creationID, name: name.flatMap { $0.isEmpty ? nil : $0 })
    }

    /// The cluster as `status` and `inspect` show it.
    package var id: String { cluster.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    package var description: String { "\(name.map { "‘\($0)’" } ?? "a hospital without a name") (cluster \(id))" }

    /// Whether a person who writes this means it: the hospital's name, or the first eight letters of the cluster or
    /// more.
    func isMeant(by text: String) -> Bool { text == name || (text.count >= 8 && id.hasPrefix(text.lowercased())) }
}
