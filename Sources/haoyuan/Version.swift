/// What this program is called, in the handshake, in logs and by `--version`.
enum Version {
    static let number = "0.1.0"
    static let text = "haoyuan \(number)"
}
