// swift-format-ignore-file
// Written by scripts/generate-proto; a test compares it with the files it names.
// protoc-gen-swift 1.39.0
// sha256 fc6fb693b3d1dbacb45ff839508d177a64149d0f36923d240b31697d538c0ced  proto/haoyuan/v1/appointment.proto
// sha256 dec249fced62bbda5d81dca72fadc0626701817c6123b754dfac2d6d78a47cb1  proto/haoyuan/v1/booking.proto
// sha256 4bf93a9ac7245539b472425ebed22d6c42417379397ad7d9fcdc873d5b8c8d0a  proto/haoyuan/v1/catalogue.proto
// sha256 1082ffa6c8795cc6b0fb2837540fbf471c802ea5cbcd5fafdf5873e1906c8a14  proto/haoyuan/v1/common.proto
// sha256 7f87864c286e750d5f63483d55a2eb2ae3fafa592c623f773ae99a7bec90dea9  proto/haoyuan/v1/feed.proto
// sha256 c94ea0e6a69abf33954813b78de979dfdfda5bb172c5946023b6bf02a0b20a32  proto/haoyuan/v1/patient.proto
// sha256 f593eac645ec460a8c8cae60c7c7f8ae077f0b1183b8fb722aa05726e100c1fa  proto/haoyuan/v1/replication.proto
// sha256 3aec0c4abfafb3c2751280408201192eddb521bf3a80835ad54abdc979e25c3c  proto/haoyuan/v1/schedule.proto
// sha256 6b19b4365d9dc3fc2ecb5013e4c836fa429f8faff1fbff32a008c3c6f8950438  proto/haoyuan/v1/session.proto
// sha256 2919c5c3b44d7df1f54badfa6716265c56acd4092af63d109f058d90c98a0aba  proto/haoyuan/v1/stop.proto
// sha256 9c51d863faf210f17d4123a67b372610135cdf77237ce3929d42485004a39653  Sources/Wire/Generated/appointment.pb.swift
// sha256 e7b9f774a5ec86c9a69a2d65923323ab68997d1e6ea2eafebd3cd52128ead642  Sources/Wire/Generated/booking.pb.swift
// sha256 b2ceeb3c2b289a05aa7ccac8c52028c480e4c148e2cdc94a6202a65418d8b5b5  Sources/Wire/Generated/catalogue.pb.swift
// sha256 275a7676562231ac2441982bb980068be05a584118b4a2ca3a4118b4086c143c  Sources/Wire/Generated/common.pb.swift
// sha256 f04f954e43e6dd854924a3bba6db3acd0b8494ba8ba2df654ccf515c09acacf8  Sources/Wire/Generated/feed.pb.swift
// sha256 41848b5d2c75140a4092efe159eadb05757dfe8a5dd688f97c3baa181c026193  Sources/Wire/Generated/patient.pb.swift
// sha256 35749d16fc85790623ad9b335b83560c00329620083c734b69e043714751ef10  Sources/Wire/Generated/replication.pb.swift
// sha256 ef346b228dd7ca52ffacecc35cc575639dd13c4a2be7b5712e6417922ed32606  Sources/Wire/Generated/schedule.pb.swift
// sha256 bbeaa1eb9919963e839d1572b23bf1956e4187f9ce31c00fe39d688f52027849  Sources/Wire/Generated/session.pb.swift
// sha256 08fb7095fa9c38f7d2e83f771a13acda5f84a8ca0bbb28d04e0926cc4b849462  Sources/Wire/Generated/stop.pb.swift
