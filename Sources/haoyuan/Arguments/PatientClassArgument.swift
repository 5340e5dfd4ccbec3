import ArgumentParser
import HaoyuanClient

/// How a patient is in the hospital, by its word: `outpatient`.
struct PatientClassArgument: ExpressibleByArgument, CustomStringConvertible {
    let patientClass: PatientClass

    init?(argument: String) {
        guard let known = PatientClass.known.first(where: { $0.word == argument }) else { return nil }
        patientClass = known
    }

    static var allValueStrings: [String] { PatientClass.known.map(\.word) }
    var description: String { patientClass.word }
}
