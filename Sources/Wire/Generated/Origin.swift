// swift-format-ignore-file
// Written by scripts/generate-proto; a test compares it with the files it names.
// protoc-gen-swift 1.39.0
// sha256 e6144bb7dbf0df4f89fabb07fa7b9cf665e7d3fe8fea58d2187b15522efc5120  proto/haoyuan/v1/appointment.proto
// sha256 264b6408a3b47392c5368cebf1d0f3f0bac7e49afd6e54a096af3eefd44ac832  proto/haoyuan/v1/booking.proto
// sha256 3cf53f1f76f03a156c29351ecd2bc9da3312764ec6e7e8680ce74e5d77c266ba  proto/haoyuan/v1/catalogue.proto
// sha256 d8c65ed5820a7606d760bc3009e5a429b5de6ab6173acfd9a796f4c53af1bfe1  proto/haoyuan/v1/common.proto
// sha256 2efeeefa3faf9735b295b04effcf41bbace210d15bcbadb92823a5aabaeba781  proto/haoyuan/v1/feed.proto
// sha256 a45a71410c71c0ba9907579e41c7f4cebff96017fd2763788d3b2f1e4ed71f36  proto/haoyuan/v1/patient.proto
// sha256 eba5c6f9a099444bc0a2ddb81c2a548ad60fe9678ec09a4b92dc1b639329402e  proto/haoyuan/v1/schedule.proto
// sha256 4e18173672d55ae6fc0f0dbb4fd8763c67c6e62bc096b41b83a2aff0546f2b17  proto/haoyuan/v1/session.proto
// sha256 42a037dff47d78e901d687029f3e1971eadc122d31ec30eea8d5be1db07da3b4  Sources/Wire/Generated/appointment.pb.swift
// sha256 502aa3d58444ea7f6dd7a55e833491218ccb48c57cfdf3c7d06f50110578fc7a  Sources/Wire/Generated/booking.pb.swift
// sha256 46e39407ffe651ab09724f7cd8a9778fb646dfd9d86797b7d071c2597bc57692  Sources/Wire/Generated/catalogue.pb.swift
// sha256 855d70be4f51d59303e5a872fa886b3f90c6b07c96f94e628692406459f4eb3b  Sources/Wire/Generated/common.pb.swift
// sha256 15de23143cea8e53b3fb25c572191f21385de5de7e811b5355e4c5889b5a36eb  Sources/Wire/Generated/feed.pb.swift
// sha256 5c47b2a6b7f0e7b8a7b11b8d6e50a09a2710530405b6c2d665562167726cbafa  Sources/Wire/Generated/patient.pb.swift
// sha256 94575b046dec2b3bddbbad72d9ee2b139eca6332cf45c14ed45596438859ab5a  Sources/Wire/Generated/schedule.pb.swift
// sha256 2adac18670d1ca1bc257751848aeda2c3733aa18c9461c69a3012c4688d114b6  Sources/Wire/Generated/session.pb.swift
