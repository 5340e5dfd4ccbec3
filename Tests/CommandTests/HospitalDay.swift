import Foundation

/// The day that it is in Shanghai: a template of this day alone may run into the next.
enum HospitalDay {
    static var today: String {
        String(Date(timeIntervalSinceNow: 8 * 3_600).ISO8601Format().prefix(10))
    }
}
