/// RULE_PATIENT_APPOINTMENTS: the engine keeps so many appointments for one patient.
enum PatientAppointments {
    static let about = RuleAbout(
        "the patient has as many appointments as are kept for one", remedy: "wait until some are archived",
        chinese: RuleWords("预约记录过多", remedy: "请联系医院"),
        needs: .patient)

    @inline(__always)
    static func judge(_ tally: PatientTally) throws(Refusal) {
        guard tally.kept < Limits.appointmentsPerPatient else {
            throw Refusal(.patientAppointments, limit: UInt32(Limits.appointmentsPerPatient))
        }
    }
}
