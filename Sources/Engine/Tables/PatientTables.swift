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

    /// Takes the registrations of a value into a registry.
    /// - Returns: how many there were.
    @discardableResult
    static func decode(_ value: UnsafeRawBufferPointer, into registry: inout PatientRegistry) throws(CodingError) -> Int
    {
        var reader = ByteReader(value)
        var registrations = 0
        var brought: [PatientRegistry.Brought] = []
        brought.reserveCapacity(EngineTables.valueBytes / 16)
        while !reader.isAtEnd {
            let patient = PatientID(rawValue: try reader.varint())
            registry.evolve(patient)
            for _ in 0..<(try reader.varint()) {
                brought.append(registry.bring(patient, system: try reader.text(), value: try reader.text()))
            }
            registrations += 1
        }
        registry.evolve(brought)
        return registrations
    }

    private static func put(_ value: [UInt8], _ number: UInt64) -> TableWrite {
        .put(EngineTables.patients, key: EngineTables.key(number), value: value)
    }
}
