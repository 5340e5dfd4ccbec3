/// The journal's fixed limits. Each is enforced where the value enters and tested at the limit and one past it.
package enum JournalLimits {
    /// The longest record, in bytes: 1 MiB. A booking of many slots is a few hundred; what is larger is a mistake.
    package static let recordBytes = 1 << 20

    /// The longest key of a state value, in bytes: what LMDB's default build accepts (`mdb_env_get_maxkeysize`).
    package static let keyBytes = 511

    /// The longest state value before compression, in bytes: 16 MiB.
    package static let valueBytes = 1 << 24

    /// How many state tables there may be. Each costs a slot in every transaction.
    package static let tables = 16

    /// The longest name of a table or of a metadata entry, in UTF-8 bytes.
    package static let nameBytes = 64

    /// The longest metadata entry, in bytes: 64 KiB. It is for small facts; what grows belongs in a table.
    package static let metadataBytes = 1 << 16

    /// The log's tail in service, in bytes: 4 MiB.
    package static let tailBytes = 4 << 20
}
