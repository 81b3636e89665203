import Foundation
import Inputs

/// What a validation has measured so far, in a file that is written anew after every repetition: whatever ends the
/// validation, this is kept, and a later one goes on with it.
public struct ValidationJournal {
  /// A run's repetitions that have ended.
  struct Entry: Codable, Hashable {
    var real: [[MeasuredPoint]] = []
    var predicted: [[MeasuredPoint]] = []
    /// How long each repetition took in all.
    var seconds: [Double] = []

    /// Repetitions of which both sides have been measured.
    var repetitions: Int { predicted.count }
  }

  private struct Document: Codable {
    var format = ValidationJournal.format
    var version = ValidationJournal.version
    var runs: [String: Entry] = [:]
  }

  private static let format = "uniference validation, measured in part"
  private static let version = 1

  /// The file.
  public let path: String
  private var document = Document()

  /// - Parameters:
  ///   - path: the file. It is made when the first repetition has ended.
  ///   - resumes: whether to go on with what it holds already.
  /// - Throws: when it is to be gone on with and cannot be read.
  public init(path: String, resumes: Bool) throws(ValidationFailure) {
    self.path = path
    guard resumes else { return }
    guard let data = InputFile.optionalContents(of: path, atMost: 64 << 20) else {
      throw ValidationFailure("\(path) cannot be read, so there is nothing to go on with; leave --resume out")
    }
    guard let document = try? JSONDecoder().decode(Document.self, from: data), document.format == Self.format,
      document.version == Self.version
    else {
      throw ValidationFailure("\(path) is not what a validation has measured in part; leave --resume out")
    }
    self.document = document
  }

  /// - Parameter run: what tells the run from others, and stays the same while its measurements do.
  func entry(of run: String) -> Entry { document.runs[run] ?? Entry() }

  mutating func set(_ entry: Entry, of run: String) throws(ValidationFailure) {
    document.runs[run] = entry
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(document).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw ValidationFailure("cannot write \(path), which keeps what is measured: \(error.localizedDescription)")
    }
  }

  /// Removes the file, once there is a report of everything.
  public func remove() { try? FileManager.default.removeItem(atPath: path) }
}
