// swift-format-ignore-file
// Written by scripts/generate-proto; a test compares it with the files it names.
// protoc-gen-swift 1.39.0
// sha256 880bb6afe45632609c659bd3c1cb38c5831d8807cb0146407f83f4b945ec8ec9  proto/haoyuan/v1/appointment.proto
// sha256 1180d2788e76bbe0a6b3911e359c6becdf5eaa6d040dc45abdf0b30534d7c8d5  proto/haoyuan/v1/booking.proto
// sha256 45fb506a471b2f5661bdcfbb72c867e21177b03e917e31a9066cf5b5481cb77f  proto/haoyuan/v1/catalogue.proto
// sha256 448b5e2a0426672f10cf65fbf8e9a7d9428f9000ec1ab75b8c15911635b33ff8  proto/haoyuan/v1/common.proto
// sha256 12775b0bd44f861478818742cd4a0da7b44bbe5a68256a7fecd208d6b82ce701  proto/haoyuan/v1/conduct.proto
// sha256 b0799c1b3326cee1be5e1b82d99db457ea6eb434c12ad718c09986bd8d5e0720  proto/haoyuan/v1/counts.proto
// sha256 7a1315756d955cab35d1d4f0ceedcaa741565a4803f4b126373dfdebe22a20bd  proto/haoyuan/v1/explain.proto
// sha256 0d50d6ca8119801ef8c2ed6e15e383ab20db645b36a2e84d4f7f445b104a28ed  proto/haoyuan/v1/feed.proto
// sha256 c94ea0e6a69abf33954813b78de979dfdfda5bb172c5946023b6bf02a0b20a32  proto/haoyuan/v1/patient.proto
// sha256 532fbfa72666cbb747ec983fae9fb10717b31415dd0bb705b2d2f4542dcf5ba9  proto/haoyuan/v1/payment.proto
// sha256 f593eac645ec460a8c8cae60c7c7f8ae077f0b1183b8fb722aa05726e100c1fa  proto/haoyuan/v1/replication.proto
// sha256 1690b57f830b60faa2bf0bf94b9077dadaa0d090185a003ea212cfff4b946fef  proto/haoyuan/v1/schedule.proto
// sha256 fd10cbaf8045417ff1354c7ad6093ebcc650912444391e635bbffacd6a53ce89  proto/haoyuan/v1/session.proto
// sha256 2919c5c3b44d7df1f54badfa6716265c56acd4092af63d109f058d90c98a0aba  proto/haoyuan/v1/stop.proto
// sha256 48b5d008e73ccc9ebba4efb72a45225536235a6974207bd4cc02a35bb5e0bcfa  Sources/Wire/Generated/appointment.pb.swift
// sha256 100236d4abc82010f69adf11303b110a4105477cd6cee584a5f918344a9766b3  Sources/Wire/Generated/booking.pb.swift
// sha256 e74aae0b74206623603a07ca55e6e0c98e618ff0f8d865479d6f837b7378e1ae  Sources/Wire/Generated/catalogue.pb.swift
// sha256 7ecc725a368a58dd09f310c52d7bb0a8fc6845ee1e2a98624de0b072fdb2c609  Sources/Wire/Generated/common.pb.swift
// sha256 3b990fe06772f87ebed21e011fb2a26f73d595525c7b24a97021259114aeef0c  Sources/Wire/Generated/conduct.pb.swift
// sha256 9eb7b9774a7d193649e6dd2781b625d1846bb17d615041e8552722013843241f  Sources/Wire/Generated/counts.pb.swift
// sha256 303f7ebeff5b8bc9c1c63bd859a9bca5e2ee5e55a060ba00c7eb57c94cbcf0d0  Sources/Wire/Generated/explain.pb.swift
// sha256 3c1ce61bd054cd0b9bcd0a9d163572a45cfe603ede0562de6bee008bf773b0d5  Sources/Wire/Generated/feed.pb.swift
// sha256 41848b5d2c75140a4092efe159eadb05757dfe8a5dd688f97c3baa181c026193  Sources/Wire/Generated/patient.pb.swift
// sha256 64423391821e80eea1cce2d2f5983e80fab83588baf36195ea2031c22e61307f  Sources/Wire/Generated/payment.pb.swift
// sha256 35749d16fc85790623ad9b335b83560c00329620083c734b69e043714751ef10  Sources/Wire/Generated/replication.pb.swift
// sha256 63ce0a69ef53f7233b2d5c2253b62b2e33dff58ffb02b8837d759b16e583a89d  Sources/Wire/Generated/schedule.pb.swift
// sha256 23ff67a79fccbc992ed3f07c156c01591c305172e3a0547ccea972eb88dcc89b  Sources/Wire/Generated/session.pb.swift
// sha256 08fb7095fa9c38f7d2e83f771a13acda5f84a8ca0bbb28d04e0926cc4b849462  Sources/Wire/Generated/stop.pb.swift
