/// What this program is called, in the handshake, in logs and by `--version`.
package enum Version {
    package static let number = "0.1.0"
    package static let text = "haoyuan \(number)"
}
