// swift-format-ignore-file
// Written by scripts/generate-proto; a test compares it with the files it names.
// protoc-gen-swift 1.39.0
// sha256 e6144bb7dbf0df4f89fabb07fa7b9cf665e7d3fe8fea58d2187b15522efc5120  proto/haoyuan/v1/appointment.proto
// sha256 dec249fced62bbda5d81dca72fadc0626701817c6123b754dfac2d6d78a47cb1  proto/haoyuan/v1/booking.proto
// sha256 f6019dc468fa4f5bcc6dfd26053b8a03502dd58208c26558ab3aa7de805cf9c0  proto/haoyuan/v1/catalogue.proto
// sha256 31e82dbf5079250c2559bb7e694acdf505c7da29d156cac315936a2df621b614  proto/haoyuan/v1/common.proto
// sha256 8464624c2cd6d9b4f97eb2c96d5419f9078707e859c64af5ef196dfa8fff92b5  proto/haoyuan/v1/feed.proto
// sha256 387207446a66f2dc0879630c6cb287862eee6a4fbc6694b71d9334ea5d4e9c8d  proto/haoyuan/v1/patient.proto
// sha256 fb9630db96af7f39b7eaa2a326e5ef0b60a9e6d0f264b707771150020cec317e  proto/haoyuan/v1/replication.proto
// sha256 529137f9a1f3d0fa83ba59bace48dbcefd91378b4934d36650192172c342f0ad  proto/haoyuan/v1/schedule.proto
// sha256 d7a50e075bd5ab8e5e4a02287603255c3114de8256de4618c64fe7bf896b251c  proto/haoyuan/v1/session.proto
// sha256 42a037dff47d78e901d687029f3e1971eadc122d31ec30eea8d5be1db07da3b4  Sources/Wire/Generated/appointment.pb.swift
// sha256 e7b9f774a5ec86c9a69a2d65923323ab68997d1e6ea2eafebd3cd52128ead642  Sources/Wire/Generated/booking.pb.swift
// sha256 44c472dec2cdc2105d4ee462b03fb1435fe9cc624b4a008a147671c14d3525cd  Sources/Wire/Generated/catalogue.pb.swift
// sha256 394c08c66136cc22ecf681da033b0d0eac17e76d0db183c012e41e189d55f364  Sources/Wire/Generated/common.pb.swift
// sha256 0b059812ff077a80bb2d23c8fa478204b9c3890616054f94b3beec9a51e30ade  Sources/Wire/Generated/feed.pb.swift
// sha256 72f6706cc6211fded5a33fd1dcf26f6d04c39c884e9bfead661f1bb59e75353f  Sources/Wire/Generated/patient.pb.swift
// sha256 f06763fe17ae42e6e32b14b062b90a55f90eeeac3c05215ae011d147ba55b27a  Sources/Wire/Generated/replication.pb.swift
// sha256 2f5cd9c50da2044ebf6d90cf6a297d5c363d85aeed705d3f38120aab178c7a99  Sources/Wire/Generated/schedule.pb.swift
// sha256 e6c6857fb169d66e1dc28d8d12fae55e3e11d8134059a3166452081546744b94  Sources/Wire/Generated/session.pb.swift
