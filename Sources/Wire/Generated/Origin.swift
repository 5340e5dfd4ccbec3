// swift-format-ignore-file
// Written by scripts/generate-proto; a test compares it with the files it names.
// protoc-gen-swift 1.39.0
// sha256 82bf85f3b22e96d405e49b2b9ae88be8d4325ca0c037b3483138bb6a0c815086  proto/haoyuan/v1/appointment.proto
// sha256 55517ff99b2f50914aea19ebb6a7d263b8bf4655b7fd5cd99e10832b7a866e41  proto/haoyuan/v1/booking.proto
// sha256 4bf93a9ac7245539b472425ebed22d6c42417379397ad7d9fcdc873d5b8c8d0a  proto/haoyuan/v1/catalogue.proto
// sha256 5b8d868fc03bef2977fb6e57d825f1f548e9221f0764633ce75a828268043d55  proto/haoyuan/v1/common.proto
// sha256 29f33bce0bbe3a37819e29f2807f75d5d6c3db166eda9ae6263b528ac2bbe94f  proto/haoyuan/v1/feed.proto
// sha256 c94ea0e6a69abf33954813b78de979dfdfda5bb172c5946023b6bf02a0b20a32  proto/haoyuan/v1/patient.proto
// sha256 f593eac645ec460a8c8cae60c7c7f8ae077f0b1183b8fb722aa05726e100c1fa  proto/haoyuan/v1/replication.proto
// sha256 e53b1707e32f536e611ac35e54a21d55a1e1c6930807cfd1ff5b5b1a29a4a677  proto/haoyuan/v1/schedule.proto
// sha256 3b2de105c20afe850363948345c01cda3fa6fc68b22c629ac0e4d83fa069fd10  proto/haoyuan/v1/session.proto
// sha256 03f466f4146786bce7a6497d3b1111537af46ddc9c92435f7008f1343098221e  Sources/Wire/Generated/appointment.pb.swift
// sha256 adcf8be21854ae8b5764bad576515876d2cf629291b4b23281982c90c8613995  Sources/Wire/Generated/booking.pb.swift
// sha256 b2ceeb3c2b289a05aa7ccac8c52028c480e4c148e2cdc94a6202a65418d8b5b5  Sources/Wire/Generated/catalogue.pb.swift
// sha256 415e65d74678eeadc9eba1335647653dd0a402f620b38dcc010ab3279921a180  Sources/Wire/Generated/common.pb.swift
// sha256 1c3b1a7f7220a13c6ce371f2599d3d0af4314a76f3db6ebc4f60e346ba8f23be  Sources/Wire/Generated/feed.pb.swift
// sha256 41848b5d2c75140a4092efe159eadb05757dfe8a5dd688f97c3baa181c026193  Sources/Wire/Generated/patient.pb.swift
// sha256 35749d16fc85790623ad9b335b83560c00329620083c734b69e043714751ef10  Sources/Wire/Generated/replication.pb.swift
// sha256 45ddc350c412a64914511915d6ff3ffd9f5e56da2c27f5404cfe4f2f172b6528  Sources/Wire/Generated/schedule.pb.swift
// sha256 045aef98614804742512bacf9117608af26f4c6efec9856edf5b1965a2200801  Sources/Wire/Generated/session.pb.swift
