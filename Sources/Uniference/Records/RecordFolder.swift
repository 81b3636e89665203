import Foundation
import Quantities
import Results

/// The folder in which records are kept unless the user names another place.
package enum RecordFolder {
  package static let name = "runs"

  /// Makes the folder; `nil` where it cannot be made.
  ///
  /// - Parameter warning: is then told so.
  package static func prepare(warning: (String) -> Void) -> String? {
    do {
      try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: true)
      return name
    } catch {
      warning("no run record is kept, since the folder \(name) cannot be made here")
      return nil
    }
  }

  /// The path of the record that a user means by a path or by a name from `uniference runs`: `llama-tensor=4`.
  ///
  /// - Throws: `RunRecordError` that suggests the nearest name where there is no such record.
  package static func path(ofRecord given: String) throws(RunRecordError) -> String {
    let files = FileManager.default
    let candidates = [given, "\(name)/\(given)\(RunRecord.suffix)", "\(name)/\(given)"]
    if let found = candidates.first(where: { !given.isEmpty && files.fileExists(atPath: $0) }) { return found }
    let names = ((try? files.contentsOfDirectory(atPath: name)) ?? [])
      .filter { $0.hasSuffix(RunRecord.suffix) }.map { String($0.dropLast(RunRecord.suffix.count)) }.sorted()
    let wanted = given.split(separator: "/").last.map(String.init) ?? given
    let stem = wanted.hasSuffix(RunRecord.suffix) ? String(wanted.dropLast(RunRecord.suffix.count)) : wanted
    let suggestion = didYouMean(likelyNames(for: stem, among: names))
    let advice = suggestion.isEmpty ? "; uniference runs lists them" : suggestion
    throw RunRecordError(path: given, problem: "is no run record here, nor one in \(name)/\(advice)")
  }
}
