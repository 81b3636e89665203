import Foundation
import Inputs
import Results

/// The calls of a script's ranks, read from a record: `calls.bin`.
struct CallFile {
  static let name = "calls.bin"
  static let magic = Array("UNIFCALL".utf8)
  static let version: UInt32 = 1
  /// Of an entry in the frame of kind 3.
  static let operationByteCount = 54
  static let longest = 1 << 34

  /// One rank's calls.
  struct RankCalls {
    /// The rank's different operations.
    let operations: [ComputedOperation]
    /// Frames with their lengths; those of operations have indices into ``operations``.
    let frames: ArraySlice<UInt8>
  }

  /// Whether the script used the streams of a GPU.
  let usesStreams: Bool
  /// Whether threads of a rank interrupted one another's waits.
  let hasInterruptions: Bool
  let ranks: [RankCalls]

  /// - Parameter record: the record's folder.
  /// - Throws: `RunRecordError` when the record has no such file, or it is damaged.
  init(ofRecord record: String) throws(RunRecordError) {
    let path = "\(record)/\(Self.name)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw RunRecordError(
        path: record,
        problem: "does not hold the calls of its ranks, as records of scenarios and of earlier versions do not; "
          + "record the script again by uniference run")
    }
    let data: Data
    do throws(InputFileError) { data = try InputFile.contents(of: path, atMost: Self.longest) } catch {
      throw RunRecordError(path: path, problem: "cannot be read: \(error.reason)")
    }
    let bytes = [UInt8](data)
    guard bytes.count > Self.digestByteCount,
      Self.digest(of: bytes.dropLast(Self.digestByteCount)).elementsEqual(bytes.suffix(Self.digestByteCount))
    else {
      throw RunRecordError(path: path, problem: "is damaged: its digest is not that of its contents")
    }
    do throws(ProtocolError) {
      var reader = FrameReader(bytes.dropLast(Self.digestByteCount))
      guard try reader.raw(Self.magic.count).elementsEqual(Self.magic), try reader.integer(UInt32.self) == Self.version
      else { throw ProtocolError("another layout than this uniference reads") }
      let flags = try reader.integer(UInt32.self)
      (usesStreams, hasInterruptions) = (flags & 1 != 0, flags & 2 != 0)
      let count = Int(try reader.integer(UInt32.self))
      var ranks: [RankCalls] = []
      for _ in 0..<count { ranks.append(try RankCalls(&reader)) }
      self.ranks = ranks
    } catch {
      throw RunRecordError(path: path, problem: "is damaged: \(error)")
    }
  }

  private static let digestByteCount = 64

  /// SHA-256 in hexadecimal digits, with which the file ends.
  static func digest(of bytes: ArraySlice<UInt8>) -> [UInt8] {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update($0) }
    return Array(hash.hexadecimalDigest().utf8)
  }
}

extension CallFile.RankCalls {
  fileprivate init(_ reader: inout FrameReader) throws(ProtocolError) {
    var table = FrameReader(try reader.raw(Int(clamping: try reader.integer(UInt64.self))))
    var operations: [ComputedOperation] = []
    while !table.isAtEnd { operations.append(try ComputedOperation(&table)) }
    self.operations = operations
    frames = try reader.raw(Int(clamping: try reader.integer(UInt64.self)))
  }
}
