import Testing
import Wire

@testable import Server

@Suite struct MethodTableTests {
    @Test func `every method has one row, in the order of numbers`() {
        #expect(MethodTable.rows.map(\.method) == Wire.Method.allCases)
        for method in Wire.Method.allCases { #expect(MethodTable[method].method == method) }
    }

    @Test func `a row's messages fit its kind`() {
        for row in MethodTable.rows {
            #expect((row.request != nil) == row.method.isRequest, "\(row.name)")
            #expect((row.request != nil && row.push != nil) == (row.method.kind == .stream), "\(row.name)")
            #expect((row.reply == nil) == (row.method == .confirmation || row.method == .goodbye), "\(row.name)")
        }
    }

    @Test func `a method is named as the protocol writes it`() {
        #expect(MethodTable[.putCatalogue].name == "PUT_CATALOGUE" && MethodTable[.hello].name == "HELLO")
        #expect(MethodTable[.goAlone].request == "GoAloneRequest" && MethodTable[.book].reply == "Outcome")
    }

    @Test func `every capability is needed by a method`() {
        #expect(Set(MethodTable.rows.map(\.capability)) == Set(Capability.allCases))
    }
}
