import HaoyuanClient
import Testing

@Suite struct `A catalogue that no frame holds` {
    @Test func `it goes through the client in parts, and comes back in pages`() async throws {
        let hospital = try await ServedHospital.open(patients: 1)
        let client = HaoyuanClient(
            ClientConfiguration(addresses: [.init(host: "127.0.0.1", port: hospital.port)], channel: .app))
        let services = (0..<2_600).map { number in
            Catalogue.Service(
                code: "s\(number)", name: "检查 \(number)", kind: .exam,
                preparation: String(repeating: "空腹", count: 330))
        }
        let change = try await client.putCatalogue(
            Catalogue(services: services), options: .init(timeout: .seconds(300)))
        #expect(change.added == 2_600)
        let back = try await client.catalogue(options: .init(timeout: .seconds(300))).catalogue
        #expect(back.services.count == 2_601)
        #expect(back.services.last?.preparation == services.last?.preparation)
        client.close()
        await hospital.close()
    }
}
