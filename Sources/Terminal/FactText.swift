package import Scheduling

extension FactLine {
    /// The line's fields for programs, as `pool` and every field that has a value.
    /// - Parameter moment: how a moment is written.
    package func json(_ names: some FactNames, moment: (Instant) -> String) -> JSON {
        let pool = session.map { [JSON.Field(name: "pool", value: .text(names.name(of: $0.pool)))] } ?? []
        return .object(
            pool
                + values.map { field, value in
                    let name = field.rawValue.replacing("-", with: "_")
                    return switch value {
                    case .id(let id) where field == .service:
                        .init(name: name, value: .text(names.name(of: ServiceID(rawValue: UInt32(id)))))
                    case .id(let id): .init(name: name, value: .id(id))
                    case .count(let count): .init(name: name, value: .count(count))
                    case .text(let text): .init(name: name, value: .text(text))
                    case .moment(let instant): .init(name: name, value: .text(moment(instant)))
                    }
                })
    }
}
