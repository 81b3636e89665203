import Foundation
import TestSupport
import Testing

@testable import Results

@Suite struct RunRecordTests {
  private struct Totals: Encodable {
    var total_s = 1.5
    var tokens = 128
    var energy_j = Double.infinity
  }

  private let inputs = RunInputs(
    cluster: "name: two\n", scenario: "strategy: tensor=2\n", program: "ring", arguments: ["--seed", "7"],
    seed: .max)

  /// A record of two events on two devices.
  private func writeRecord(
    _ path: String, status: RunStatus = .complete, firstTime: Int64 = 0
  ) throws -> RunRecord {
    let writer = try RunRecordWriter(
      path: path, inputs: inputs, versions: RunVersions(uniference: "0.1.0", swift: "6.3"),
      devices: ["jetson-0", "jetson-1"])
    let name = try writer.events.names.index(of: "matmul")
    writer.events.append(EventRecord(time: firstTime, duration: 10, kind: .computation, name: name, rank: 0))
    writer.events.append(EventRecord(time: 10, duration: 5, bytes: 64, kind: .message, rank: 0, peer: 1))
    return try writer.finish(status: status, results: Totals())
  }

  @Test(
    "a record is read as it was written",
    arguments: [RunStatus.complete, .interrupted, .failed(reason: "rank 1 threw at 3 ms")])
  func aRecordIsReadAsItWasWritten(status: RunStatus) throws {
    let folder = try TemporaryFolder()
    let written = try writeRecord(folder.path + "/ring.run", status: status)
    let read = try RunRecord.read(from: folder.path + "/ring.run")

    #expect(read == written)
    #expect(read.manifest.status == status)
    #expect(read.manifest.inputs == inputs)
    #expect(read.manifest.names == ["", "matmul"])
    #expect(read.manifest.results["total_s"] == .number(1.5))
    #expect(read.manifest.results["tokens"] == .integer(128))
    #expect(read.manifest.results["energy_j"] == .string("infinity"))
    #expect(read.manifest.events.sha256 == referenceSHA256(try folder.bytes(of: "ring.run/events.bin")))
    #expect(try folder.entries == ["ring.run"])
  }

  @Test("nothing stands under the final name before the end")
  func nothingStandsUnderTheFinalNameBeforeTheEnd() throws {
    let folder = try TemporaryFolder()
    do {
      let writer = try RunRecordWriter(
        path: folder.path + "/a.run", inputs: inputs, versions: RunVersions(uniference: "0", swift: "6"), devices: [])
      writer.events.append(EventRecord(time: 0, kind: .marker, rank: 0))
      let entries = try folder.entries
      #expect(entries.count == 1)
      #expect(entries.allSatisfy { $0.hasPrefix("a.run.partial-") && !$0.hasSuffix(".run") })
    }
    #expect(try folder.entries == [])
  }

  @Test("an older record is replaced")
  func anOlderRecordIsReplaced() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ring.run"
    let old = try writeRecord(path)
    let new = try writeRecord(path, firstTime: 1)
    #expect(try RunRecord.read(from: path) == new)
    #expect(old.manifest.events.sha256 != new.manifest.events.sha256)
    #expect(try folder.entries == ["ring.run"])
  }

  /// Writers that keep what is there, all of them open before the first one ends.
  private func writersThatKeep(_ count: Int, _ path: String) throws -> [RunRecordWriter] {
    try (0..<count).map { number in
      let writer = try RunRecordWriter(
        path: path, inputs: inputs, versions: RunVersions(uniference: "0", swift: "6"), devices: ["d"],
        keepsEarlier: true)
      writer.events.append(EventRecord(time: Int64(number), kind: .marker, rank: 0))
      return writer
    }
  }

  @Test("earlier records are kept also by writers at the same time")
  func earlierRecordsAreKeptAlsoByWritersAtTheSameTime() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ring.run"
    let records = try writersThatKeep(3, path).map { try $0.finish(status: .complete, results: Totals()) }
    let later = try writersThatKeep(1, path)[0].finish(status: .complete, results: Totals())

    #expect(try folder.entries.sorted() == ["ring-2.run", "ring-3.run", "ring-4.run", "ring.run"])
    #expect(records.map(\.path) == ["", "-2", "-3"].map { "\(folder.path)/ring\($0).run" })
    #expect(later.path == folder.path + "/ring-4.run")
    for record in records + [later] { #expect(try RunRecord.read(from: record.path) == record) }
  }

  @Test("what is no record keeps its name too")
  func whatIsNoRecordKeepsItsNameToo() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.path + "/my.run", withIntermediateDirectories: false)
    try folder.write([1], to: "my.run/thesis.txt")
    try folder.write([2], to: "my-2.run")
    let record = try writersThatKeep(1, folder.path + "/my.run")[0].finish(status: .complete, results: Totals())
    #expect(record.path == folder.path + "/my-3.run")
    #expect(try folder.bytes(of: "my.run/thesis.txt") == [1] && folder.bytes(of: "my-2.run") == [2])
  }

  @Test("a folder that is no record is not replaced")
  func aFolderThatIsNoRecordIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.path + "/my.run", withIntermediateDirectories: false)
    try folder.write([1], to: "my.run/thesis.txt")
    #expect(throws: RunRecordError.self) { try writeRecord(folder.path + "/my.run") }
    #expect(try folder.bytes(of: "my.run/thesis.txt") == [1])
  }

  @Test("a name that does not end in run is refused", arguments: ["ring", "ring.json", ".run", "runs/.run"])
  func aNameThatDoesNotEndInRunIsRefused(name: String) throws {
    let error = #expect(throws: RunRecordError.self) { try writeRecord(name) }
    #expect(error?.description == "'\(name)' is no name for a run record; it must end in NAME.run")
  }

  @Test("a folder that cannot be created is an error that names it")
  func aFolderThatCannotBeCreatedIsAnErrorThatNamesIt() throws {
    let folder = try TemporaryFolder()
    try folder.write([], to: "file")
    let error = #expect(throws: FileError.self) { try writeRecord(folder.path + "/file/ring.run") }
    #expect(error?.operation == "create")
    #expect(error?.path.hasPrefix(folder.path + "/file/ring.run.partial-") == true)
    #expect(error?.reason == "Not a directory")
  }

  @Test("the folders of a record are created")
  func theRecordsFoldersAreCreated() throws {
    let folder = try TemporaryFolder()
    let record = try writeRecord(folder.path + "/runs/today/ring.run")
    #expect(try RunRecord.read(from: record.path) == record)
  }
}

@Suite struct DamagedRunRecordTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/a.run"
    let writer = try RunRecordWriter(
      path: path, inputs: RunInputs(program: "p", seed: 1), versions: RunVersions(uniference: "0", swift: "6"),
      devices: ["d"])
    for time in 0..<3 { writer.events.append(EventRecord(time: Int64(time), kind: .marker, rank: 0)) }
    try writer.finish(status: .complete, results: ["a": 1])
  }

  private func problem() -> String? {
    #expect(throws: RunRecordError.self) { try RunRecord.read(from: path) }?.problem
  }

  private func changeEvents(_ change: (inout [UInt8]) -> Void) throws {
    var bytes = try folder.bytes(of: "a.run/events.bin")
    change(&bytes)
    try folder.write(bytes, to: "a.run/events.bin")
  }

  private func replaceInManifest(_ old: String, _ new: String) throws {
    let text = String(decoding: try folder.bytes(of: "a.run/run.json"), as: UTF8.self)
    #expect(text.contains(old))
    try folder.write([UInt8](text.replacingOccurrences(of: old, with: new).utf8), to: "a.run/run.json")
  }

  @Test("a cut-off record is found")
  func aCutOffRecordIsFound() throws {
    try changeEvents { $0.removeLast(1) }
    #expect(problem() == "is cut off inside event 2: 39 of 40 bytes are left")
  }

  @Test("a missing record is found")
  func aMissingRecordIsFound() throws {
    try changeEvents { $0.removeLast(40) }
    #expect(problem() == "holds 2 events; run.json counts 3")
  }

  @Test("a changed byte is found")
  func aChangedByteIsFound() throws {
    try changeEvents { $0[0] ^= 1 }
    #expect(problem()?.hasPrefix("was changed: its SHA-256 is ") == true)
  }

  @Test("a hole is found")
  func aHoleIsFound() throws {
    try changeEvents { for index in 40..<80 { $0[index] = 0 } }
    #expect(problem() == "has an event 1 of the unknown kind 0")
  }

  @Test("an unknown rank is found")
  func anUnknownRankIsFound() throws {
    try changeEvents { $0[28] = 9 }
    #expect(problem() == "event 0 is of rank 9; run.json lists 1 devices")
  }

  @Test("a missing field is named")
  func aMissingFieldIsNamed() throws {
    try replaceInManifest("\"seed\"", "\"sede\"")
    #expect(problem() == "lacks the field 'inputs.seed'")
  }

  @Test("an unknown status is named")
  func anUnknownStatusIsNamed() throws {
    try replaceInManifest("\"complete\"", "\"perhaps\"")
    #expect(problem() == "field 'status': status is 'perhaps'; allowed are complete, interrupted and failed")
  }

  @Test("another version is named")
  func anotherVersionIsNamed() throws {
    try replaceInManifest("\"schema_version\" : 1", "\"schema_version\" : 2")
    #expect(problem() == "has schema version 2; this uniference reads version 1")
  }

  @Test("a file outside the record is not read")
  func aFileOutsideTheRecordIsNotRead() throws {
    try replaceInManifest("\"events.bin\"", "\"../secret\"")
    #expect(problem() == "names the events file '../secret', not 'events.bin'")
  }

  @Test("half a manifest is found")
  func halfAManifestIsFound() throws {
    let bytes = try folder.bytes(of: "a.run/run.json")
    try folder.write(Array(bytes.prefix(bytes.count / 2)), to: "a.run/run.json")
    #expect(problem() == "is not valid JSON; it is cut off or damaged")
  }

  @Test("a missing manifest is an error that names it")
  func aMissingManifestIsAnErrorThatNamesIt() throws {
    try FileManager.default.removeItem(atPath: path + "/run.json")
    let error = #expect(throws: FileError.self) { try RunRecord.read(from: path) }
    #expect(error?.description == "cannot read '\(path)/run.json': No such file or directory")
  }
}
