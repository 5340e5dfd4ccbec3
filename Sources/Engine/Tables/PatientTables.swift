import Journal
import Scheduling

/// Registrations in the table `patients`, several to a value, in the order they came.
enum PatientTables {
    static func writes(_ registrations: [(PatientID, [Identifier])], from number: UInt64) -> [TableWrite] {
        var writes: [TableWrite] = []
        var writer = ByteWriter()
        for (patient, identifiers) in registrations {
            var one = ByteWriter()
            one.varint(patient.rawValue)
            one.varint(UInt64(identifiers.count))
            for identifier in identifiers {
                one.string(identifier.system)
                one.string(identifier.value)
            }
            if !writer.bytes.isEmpty, writer.bytes.count + one.bytes.count > EngineTables.valueBytes {
                writes.append(put(writer.bytes, number + UInt64(writes.count)))
                writer.removeAll()
            }
            writer.append(one.bytes)
        }
        if !writer.bytes.isEmpty { writes.append(put(writer.bytes, number + UInt64(writes.count))) }
        return writes
    }

    static func decode(
        _ value: UnsafeRawBufferPointer, _ body: (PatientID, [Identifier]) -> Void
    ) throws(CodingError) {
        var reader = ByteReader(value)
        while !reader.isAtEnd {
            let patient = PatientID(rawValue: try reader.varint())
            var identifiers: [Identifier] = []
            for _ in 0..<(try reader.varint()) {
                identifiers.append(Identifier(system: try reader.string(), value: try reader.string()))
            }
            body(patient, identifiers)
        }
    }

    private static func put(_ value: [UInt8], _ number: UInt64) -> TableWrite {
        .put(EngineTables.patients, key: EngineTables.key(number), value: value)
    }
}
