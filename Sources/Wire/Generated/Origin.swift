// swift-format-ignore-file
// Written by scripts/generate-proto; a test compares it with the files it names.
// protoc-gen-swift 1.39.0
// sha256 e6144bb7dbf0df4f89fabb07fa7b9cf665e7d3fe8fea58d2187b15522efc5120  proto/haoyuan/v1/appointment.proto
// sha256 a585c444525a5e14bf74e879304fe8dfc0239ca9012f2f0b5eeaaee024dd05f4  proto/haoyuan/v1/booking.proto
// sha256 db0fcce2c3178b9ba748ec9c2817d5c23125308cdaffcee464f195ef2186ed37  proto/haoyuan/v1/catalogue.proto
// sha256 2e684ee41806948b4768b322cd54a08c817b67a18a0420bb432fae50187e64e0  proto/haoyuan/v1/common.proto
// sha256 cd73132e12d501ed42056de1e33fa63d6b30609357309234d36a7762c31e990f  proto/haoyuan/v1/feed.proto
// sha256 d3b139d7141e00525212b1c415beede7519a08a622a1a28b64e910eb9470dbae  proto/haoyuan/v1/patient.proto
// sha256 af15bd1de11a237accee8a7873523191d6c62e9a73e08d8b24dd5826f95a9c54  proto/haoyuan/v1/replication.proto
// sha256 738f0b568deac67a3143b8177f995e6a7590a141c1dddc8ab4dd2cad908cb23f  proto/haoyuan/v1/schedule.proto
// sha256 d7a50e075bd5ab8e5e4a02287603255c3114de8256de4618c64fe7bf896b251c  proto/haoyuan/v1/session.proto
// sha256 42a037dff47d78e901d687029f3e1971eadc122d31ec30eea8d5be1db07da3b4  Sources/Wire/Generated/appointment.pb.swift
// sha256 f6cc3b46b71a7d65a37f78b1bdad4b81cc7dad045b62bb038fdf04470608b178  Sources/Wire/Generated/booking.pb.swift
// sha256 f315e9632be6ce3341391baed8d2199a2bbc73212c7ada9153cb4dc53abc66d9  Sources/Wire/Generated/catalogue.pb.swift
// sha256 d52c94d2198e131a76b7e010b9e20f51fd8c2a1df85c79568587f9bfddcfb929  Sources/Wire/Generated/common.pb.swift
// sha256 ba332013f6f27d7685f7ca5ed3c3b7706071599e8bddc9e636a8f55bd9f2d285  Sources/Wire/Generated/feed.pb.swift
// sha256 bf063821d74f156032973d7ec5ade1c0275d02380ad91cbf0c414605efccb55e  Sources/Wire/Generated/patient.pb.swift
// sha256 c37d9f64ab5942f8b1b72404332fe80f753b528ef2ec4fb548c624545f46e973  Sources/Wire/Generated/replication.pb.swift
// sha256 d37aa78a106cdb4985266a75c1b4803c53486d27c4cd80bc9ef4efb254987fbc  Sources/Wire/Generated/schedule.pb.swift
// sha256 e6c6857fb169d66e1dc28d8d12fae55e3e11d8134059a3166452081546744b94  Sources/Wire/Generated/session.pb.swift
