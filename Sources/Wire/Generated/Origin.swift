// swift-format-ignore-file
// Written by scripts/generate-proto; a test compares it with the files it names.
// protoc-gen-swift 1.39.0
// sha256 e6144bb7dbf0df4f89fabb07fa7b9cf665e7d3fe8fea58d2187b15522efc5120  proto/haoyuan/v1/appointment.proto
// sha256 264b6408a3b47392c5368cebf1d0f3f0bac7e49afd6e54a096af3eefd44ac832  proto/haoyuan/v1/booking.proto
// sha256 3cf53f1f76f03a156c29351ecd2bc9da3312764ec6e7e8680ce74e5d77c266ba  proto/haoyuan/v1/catalogue.proto
// sha256 2e684ee41806948b4768b322cd54a08c817b67a18a0420bb432fae50187e64e0  proto/haoyuan/v1/common.proto
// sha256 a80716e850b0f954e306013d92819fa755722175dd573ab0f2115824a563bf1c  proto/haoyuan/v1/feed.proto
// sha256 a45a71410c71c0ba9907579e41c7f4cebff96017fd2763788d3b2f1e4ed71f36  proto/haoyuan/v1/patient.proto
// sha256 acd20f802667390584012ebc4fb221e08f4eee3c0071f468a5c70b7298f605f6  proto/haoyuan/v1/replication.proto
// sha256 eba5c6f9a099444bc0a2ddb81c2a548ad60fe9678ec09a4b92dc1b639329402e  proto/haoyuan/v1/schedule.proto
// sha256 d7a50e075bd5ab8e5e4a02287603255c3114de8256de4618c64fe7bf896b251c  proto/haoyuan/v1/session.proto
// sha256 42a037dff47d78e901d687029f3e1971eadc122d31ec30eea8d5be1db07da3b4  Sources/Wire/Generated/appointment.pb.swift
// sha256 502aa3d58444ea7f6dd7a55e833491218ccb48c57cfdf3c7d06f50110578fc7a  Sources/Wire/Generated/booking.pb.swift
// sha256 46e39407ffe651ab09724f7cd8a9778fb646dfd9d86797b7d071c2597bc57692  Sources/Wire/Generated/catalogue.pb.swift
// sha256 d52c94d2198e131a76b7e010b9e20f51fd8c2a1df85c79568587f9bfddcfb929  Sources/Wire/Generated/common.pb.swift
// sha256 4298a1401270dc0a99dff203242f6182cd9830b3f1c019904af3fb20b8d1b300  Sources/Wire/Generated/feed.pb.swift
// sha256 5c47b2a6b7f0e7b8a7b11b8d6e50a09a2710530405b6c2d665562167726cbafa  Sources/Wire/Generated/patient.pb.swift
// sha256 d950594e35b5e9771c8e56ebdf49c570d8feab5cff84642921e739b817b93f5c  Sources/Wire/Generated/replication.pb.swift
// sha256 94575b046dec2b3bddbbad72d9ee2b139eca6332cf45c14ed45596438859ab5a  Sources/Wire/Generated/schedule.pb.swift
// sha256 e6c6857fb169d66e1dc28d8d12fae55e3e11d8134059a3166452081546744b94  Sources/Wire/Generated/session.pb.swift
