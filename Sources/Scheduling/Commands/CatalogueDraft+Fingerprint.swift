extension CatalogueDraft {
    /// Every entity in the order given, every field. A field that is new is mixed in only where it is set: what was put
    /// without it keeps its fingerprint.
    func mix(into fingerprint: inout Fingerprint) {
        fingerprint.mix(
            UInt64(departments.count), UInt64(resources.count), UInt64(services.count), UInt64(pools.count),
            UInt64(policies.count), UInt64(templates.count))
        for entity in departments { fingerprint.mix(texts: entity.code, entity.name) }
        for entity in resources {
            fingerprint.mix(texts: entity.code, entity.name, entity.department)
            fingerprint.mix(UInt64(entity.kind.rawValue))
        }
        for entity in services {
            fingerprint.mix(texts: entity.code, entity.name, entity.preparation)
            fingerprint.mix(
                UInt64(entity.kind.rawValue), UInt64(entity.slots), UInt64(entity.units), UInt64(entity.priceFen))
        }
        for entity in pools {
            fingerprint.mix(texts: entity.code, entity.name, entity.department)
            fingerprint.mix(texts: entity.resources)
            fingerprint.mix(texts: entity.services)
        }
        for entity in policies {
            fingerprint.mix(texts: entity.department)
            fingerprint.mix(UInt64(entity.perDayDepartment), UInt64(entity.perDay), UInt64(entity.holdSeconds))
            for term in entity.terms {
                fingerprint.mix(UInt64(term.rule.rawValue), UInt64(term.limit))
                fingerprint.mix(texts: term.services)
                fingerprint.mix(texts: term.pools)
                for channel in term.channels { fingerprint.mix(UInt64(channel.rawValue)) }
                term.mixFurther(into: &fingerprint)
            }
        }
        for entity in templates { entity.mix(into: &fingerprint) }
        mixRosters(into: &fingerprint)
    }
}

extension CatalogueDraft.PolicyTerm {
    /// What terms had not at first.
    fileprivate func mixFurther(into fingerprint: inout Fingerprint) {
        if blockDays != 0 || weight != 0 { fingerprint.mix(UInt64(blockDays), UInt64(weight)) }
        guard !classes.isEmpty || days != 0 || at != nil || minutes != 0 else { return }
        for patientClass in classes { fingerprint.mix(UInt64(patientClass.rawValue)) }
        fingerprint.mix(UInt64(days), at.map { UInt64($0.rawValue) + 1 } ?? 0, UInt64(minutes))
    }
}

extension CatalogueDraft.Template {
    fileprivate func mix(into fingerprint: inout Fingerprint) {
        func day(_ date: LocalDate?) -> UInt64 { date.map { UInt64(bitPattern: Int64($0.rawValue)) + 1 } ?? 0 }
        fingerprint.mix(texts: code, pool)
        fingerprint.mix(
            UInt64(weekdays), UInt64(start.rawValue), UInt64(slotMinutes), UInt64(slots), UInt64(capacity),
            day(validFrom), day(validUntil))
        mixRoster(into: &fingerprint)
    }
}
