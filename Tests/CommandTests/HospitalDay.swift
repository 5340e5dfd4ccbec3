import Foundation

/// Days in Shanghai: a template of today alone may run into the next.
enum HospitalDay {
    static var today: String { day(0) }
    static var tomorrow: String { day(1) }

    private static func day(_ ahead: Double) -> String {
        String(Date(timeIntervalSinceNow: (8 + 24 * ahead) * 3_600).ISO8601Format().prefix(10))
    }
}
