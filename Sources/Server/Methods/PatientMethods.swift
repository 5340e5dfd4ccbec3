import Engine
import Journal
import NIOCore
import Scheduling
import Wire

extension MethodTable {
    /// Who books.
    static let patientMethods = [
        MethodRow(
            .registerPatients, PBRegisterPatientsRequest.self, PBRegisterPatientsReply.self, needs: .registerPatients,
            "Makes patients known by their identifiers; one that is known gets what identifiers are new.",
            counting: checkPatients
        ) { request throws(ProtocolError) in
            .registerPatients(try request.identifiers())
        } answer: {
            PBRegisterPatientsReply($0)
        },
        MethodRow(
            .findPatients, PBFindPatientsRequest.self, PBFindPatientsReply.self, needs: .findPatients,
            "Finds patients by identifiers; 0 where there is none.", counting: elements("identifiers", inField: 1)
        ) { request, connection throws(ProtocolError) in
            let identifiers = try request.checkedIdentifiers()
            let count = Page(request.limit, connection).numbers(identifiers.count)
            return { engine, _ throws(EngineError) in
                let reading = try await engine.findPatients(Array(identifiers.prefix(count)))
                var reply = PBFindPatientsReply()
                reply.patients = reading.value.map { $0?.rawValue ?? 0 }
                reply.more = count < identifiers.count
                reply.position = reading.position.rawValue
                return reply
            }
        },
    ]
}

extension PBRegisterPatientsRequest: KeyedMessage {}

private func checkPatients(_ payload: ByteBuffer) throws(ProtocolError) {
    try checkCount(try payload.countOfElements(inField: 1), "patients")
    let identifiers = try payload.countOfElements(inField: 1, ofEach: 1).most
    try checkCount(identifiers, "patients.identifiers", atMost: Limits.identifiersPerPatient)
}

extension PBFindPatientsRequest {
    fileprivate func checkedIdentifiers() throws(ProtocolError) -> [Identifier] {
        var checked: [Identifier] = []
        for (index, identifier) in identifiers.enumerated() {
            checked.append(try Identifier(identifier, field: "identifiers[\(index)]"))
        }
        return checked
    }
}
