import Scheduling
import Testing

@Suite struct `Writes are checked once` {
    private let item = Command.Item(slot: SlotID(rawValue: 77), service: ServiceID(rawValue: 2))

    private func write(
        _ command: Command? = nil, key: IdempotencyKey = IdempotencyKey(high: 0, low: 1), by operatorName: String = ""
    ) -> Write {
        Write(
            key: key, by: Origin(channel: .kiosk, operatorName: operatorName),
            command: command ?? .book(patient: PatientID(rawValue: 5), item: item, hold: false))
    }

    private func together(_ count: Int) -> Command {
        .bookTogether(patient: PatientID(rawValue: 5), items: Array(repeating: item, count: count), hold: false)
    }

    @Test func `a write about appointments needs a key, the three that repeat themselves harmlessly do not`() {
        #expect(write(key: .none).fault?.hasPrefix("key_high, key_low:") == true)
        #expect(write(.registerPatients([]), key: .none).fault == nil)
        #expect(write(.putCatalogue(CatalogueDraft(), hospital: nil), key: .none).fault == nil)
        #expect(write(.openSessions([]), key: .none).fault == nil)
    }

    @Test func `texts at their limit are taken, and one byte more is not`() {
        #expect(write(by: String(repeating: "x", count: 64)).fault == nil)
        #expect(write(by: String(repeating: "x", count: 65)).fault == "operator: 65 bytes, at most 64")
        let reason = String(repeating: "因", count: 85) + "x"
        let id = AppointmentID(rawValue: 1)
        #expect(write(.change(id, .cancel, ifVersion: 0, reason: reason)).fault == nil)
        #expect(write(.change(id, .cancel, ifVersion: 0, reason: reason + "x")).fault?.hasPrefix("reason:") == true)
        let move = Command.move(id, to: item.slot, ifVersion: 0, reason: reason + "x")
        #expect(write(move).fault?.hasPrefix("reason:") == true)
    }

    @Test(arguments: [(0, false), (1, false), (2, true), (16, true), (17, false)])
    func `a joint booking takes 2 to 16 items`(count: Int, isLawful: Bool) {
        #expect((write(together(count)).fault == nil) == isLawful)
    }

    @Test func `what one request carries has a limit`() {
        let many = Array(repeating: [Identifier(system: "s", value: "v")], count: Limits.itemsPerRequest + 1)
        #expect(write(.registerPatients(Array(many.dropLast()))).fault == nil)
        #expect(write(.registerPatients(many)).fault?.hasPrefix("patients:") == true)
    }
}

/// Fingerprints are kept in the journal: what they are may never change.
@Suite struct `Fingerprints of writes` {
    private func fingerprint(_ command: Command) -> UInt64 {
        Write(key: .none, by: .system, command: command).fingerprint
    }

    private var draft: CatalogueDraft {
        var draft = CatalogueDraft()
        draft.departments = [.init(code: "d1", name: "内科")]
        draft.services = [.init(code: "s1", name: "普通门诊", kind: .clinic)]
        return draft
    }

    private var session: SessionDraft {
        SessionDraft(
            pool: "p1", date: LocalDate(rawValue: 20_000), start: WallTime(rawValue: 480), slotMinutes: 15,
            capacities: [1, 2])
    }

    @Test func `they stay what they are`() {
        let item = Command.Item(slot: SlotID(rawValue: 77), service: ServiceID(rawValue: 2))
        let patient = PatientID(rawValue: 5)
        let id = AppointmentID(rawValue: 9)
        let day = LocalDate(rawValue: 20_000)
        let commands: [Command] = [
            .book(patient: patient, item: item, hold: true),
            .bookTogether(patient: patient, items: [item, item], hold: false),
            .change(id, .cancel, ifVersion: 3, reason: "改约"), .move(id, to: item.slot, ifVersion: 0, reason: ""),
            .putCatalogue(draft, hospital: .init(name: "医院", zone: "Asia/Shanghai")),
            .registerPatients([[Identifier(system: "id", value: "1")], [Identifier(system: "card", value: "2")]]),
            .generateSessions(from: day, to: day.advanced(days: 6), templates: ["t1"]), .openSessions([session]),
            .lockSlots(
                SessionID(rawValue: 7),
                SlotLock(first: 1, slots: 2, units: 3, owner: "设备科", reason: "检修", until: Instant(rawValue: 9))),
            .unlockSlots(SessionID(rawValue: 7), 4),
        ]
        #expect(commands.map(fingerprint) == Self.known)
    }

    private static let known: [UInt64] = [
        17_019_066_010_930_992_709, 839_761_575_283_959_729, 6_014_463_004_779_538_414, 18_102_340_137_969_270_152,
        10_750_579_996_047_116_475, 12_513_891_462_921_258_394, 6_543_172_488_302_096_997, 1_401_533_026_722_333_149,
        13_607_489_442_994_825_748, 14_538_755_109_103_175_107,
    ]

    @Test func `another content is another fingerprint, and so is another kind of write`() {
        var other = draft
        other.departments[0].name = "外科"
        var longer = session
        longer.capacities.append(0)
        let patient = PatientID(rawValue: 5)
        func item(_ patientClass: PatientClass?) -> Command.Item {
            .init(slot: SlotID(rawValue: 77), service: ServiceID(rawValue: 2), patientClass: patientClass)
        }
        let prints = [
            fingerprint(.putCatalogue(draft, hospital: nil)), fingerprint(.putCatalogue(other, hospital: nil)),
            fingerprint(.putCatalogue(draft, hospital: .init(name: "", zone: ""))),
            fingerprint(.openSessions([session])), fingerprint(.openSessions([longer])),
            fingerprint(.openSessions([session, session])), fingerprint(.registerPatients([])),
            fingerprint(.registerPatients([[]])),
            fingerprint(.registerPatients([[Identifier(system: "ab", value: "c")]])),
            fingerprint(.registerPatients([[Identifier(system: "a", value: "bc")]])),
            fingerprint(.book(patient: patient, item: item(nil), hold: false)),
            fingerprint(.book(patient: patient, item: item(.outpatient), hold: false)),
            fingerprint(.book(patient: patient, item: item(.inpatient), hold: false)),
            fingerprint(.bookTogether(patient: patient, items: [item(nil), item(nil)], hold: false)),
            fingerprint(.bookTogether(patient: patient, items: [item(.inpatient), item(nil)], hold: false)),
            fingerprint(.bookTogether(patient: patient, items: [item(nil), item(.inpatient)], hold: false)),
        ]
        #expect(Set(prints).count == prints.count)
    }
}
