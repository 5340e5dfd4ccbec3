import Testing

@testable import HaoyuanClient
@testable import Wire

@Suite struct `The client's small types` {
    @Test func `keys are read as they are written`() {
        let key = IdempotencyKey(high: 0x0123_4567_89ab_cdef, low: 7)
        #expect(key.description == "0123456789abcdef0000000000000007")
        #expect(IdempotencyKey(key.description) == key)
        #expect(IdempotencyKey("01234567-89AB-CDEF-0000-000000000007") == key)
        #expect(IdempotencyKey([1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 0, 0, 0, 0, 0, 0, 7]) == key)
        for text in ["", "0123", "0123456789abcdef000000000000000g", "+123456789abcdef0000000000000007"] {
            #expect(IdempotencyKey(text) == nil)
        }
        #expect(IdempotencyKey([1, 2, 3]) == nil)
        #expect(IdempotencyKey.random() != .random())
    }

    @Test(arguments: [
        ("db", "db:7440"), ("db:1", "db:1"), ("[::1]", "[::1]:7440"), ("[::1]:80", "[::1]:80"),
        ("10.0.0.1:65535", "10.0.0.1:65535"),
    ])
    func `addresses are read`(text: String, meaning: String) {
        #expect(ClientConfiguration.Address(text)?.description == meaning)
    }

    @Test(arguments: ["", ":1", "db:", "db:0", "db:65536", "db:x", "db:+1", "::1", "[::1]x"])
    func `what is no address is none`(text: String) {
        #expect(ClientConfiguration.Address(text) == nil)
    }

    @Test func `a policy's terms go out and come in as they are, unknown words included`() {
        let terms: [Catalogue.PolicyTerm] = [
            .init(rule: .perDay, services: ["a", "b"], pools: ["p"], channels: [.kiosk, .unknown(77)], limit: 3),
            .init(rule: Rule(number: 200)),
            .init(
                rule: .notReleased, classes: [.checkup, .unknown(77)], limit: 50, days: 7, at: "07:00", minutes: 90),
        ]
        let catalogue = Catalogue(policies: [.init(department: "d", terms: terms)])
        #expect(Catalogue(catalogue.wire) == catalogue)
    }

    @Test func `every word keeps its number, and unknown ones theirs`() {
        for channel in Channel.known + [.unknown(77)] { #expect(Channel(channel.wire) == channel) }
        for state in AppointmentState.known + [.unknown(77)] { #expect(AppointmentState(state.wire) == state) }
        for transition in Transition.known + [.unknown(77)] { #expect(Transition(transition.wire) == transition) }
        for rule in Rule.known + [Rule(number: 77)] { #expect(Rule(rule.wire) == rule) }
        #expect(Channel.known.map(\.number) == Array(1...9))
        // 21 is no rule.
        #expect(Rule.known.map(\.number) == Array(1...20) + Array(22...Rule.known.count + 1))
        #expect(Channel.known.map { "\($0)" } == Channel.known.map { "\($0.wire)" })
        #expect(Rule.known.map { "\($0)" } == Rule.known.map { "\($0.wire)" })
        #expect(AppointmentState.known.map { "\($0)" } == AppointmentState.known.map { "\($0.wire)" })
        // 17 to 20 are no kinds.
        #expect(ChangeKind.known.map(\.number) == Array(1...16) + [21, 22])
        #expect(ChangeKind.known.map(\.wire) == ChangeKind.known.map { PBEventKind(rawValue: $0.number) })
    }
}
