import Foundation
import Inputs

/// The `.json` that `uniference validate --report` has written, or the list of its points alone.
struct EarlierReport<Point: Decodable> {
  let points: [Point]
  /// Where they were measured, in a few words; `nil` where the file does not say.
  let machine: String?

  private struct Document: Decodable {
    let points: [Point]
    let machine: String?
  }

  /// - Throws: when the file cannot be read or holds no points.
  init(contentsOf path: String) throws {
    let data = try InputFile.contents(of: path, atMost: 64 << 20)
    let decoder = JSONDecoder()
    let document =
      (try? decoder.decode(Document.self, from: data))
      ?? (try? decoder.decode([Point].self, from: data)).map { Document(points: $0, machine: nil) }
    guard let document, !document.points.isEmpty else {
      throw CommandFailure(
        "\(path) holds no points; give the .json that `uniference validate --report` has written",
        CommandFailure.badInput)
    }
    points = document.points
    machine = document.machine
  }
}
