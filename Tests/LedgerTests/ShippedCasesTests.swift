import Devices
import Foundation
import Testing

@testable import Ledger

@Suite("The shipped cases")
struct ShippedCasesTests {
  static let folder = PublishedFolder(
    path: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Published").path)

  @Test("all of them can be read, from several sources, and none is in two files")
  func reading() throws {
    let collection = try CaseCollection(contentsOf: Self.folder.caseFiles)
    #expect(collection.cases.count > 50)
    #expect(Set(collection.cases.map(\.source)).count > 10)
    #expect(collection.categories.count > 5)
    let leftOut = Set(collection.leftOut.map(\.id))
    #expect(leftOut.count == collection.leftOut.count)
    #expect(leftOut.isDisjoint(with: collection.cases.map(\.id)))
  }

  @Test("floors are of their categories, and 85 to 95% of left-out cases lie inside their intervals")
  func coverage() throws {
    let collection = try CaseCollection(contentsOf: Self.folder.caseFiles)
    let floors = try AccuracyFloors(contentsOf: Self.folder.floorsPath)
    #expect(Set(floors.all.keys) == Set(collection.categories))
    let table = try #require(try Self.folder.residuals())
    let coverage = table.coverage
    #expect(coverage.count > 50)
    #expect((0.85...0.95).contains(try #require(coverage.share)))
  }

  @Test("every device of the catalogue is of a kind of hardware")
  func kinds() {
    for device in DeviceCatalogue.all { #expect(device.hardware != nil, "\(device.id) is of no kind") }
    #expect((try! DeviceCatalogue.device("h200-sxm")).hardware == .datacentreGPU)
    #expect((try! DeviceCatalogue.device("rtx-4090")).hardware == .consumerGPU)
    #expect((try! DeviceCatalogue.device("mac-m1")).hardware == .appleGPU)
    #expect((try! DeviceCatalogue.device("raspberry-pi-5")).hardware == .boardCPU)
  }
}
