import Foundation

/// A fresh folder for one test, gone with it.
///
///     let folder = try TemporaryFolder()
///     defer { folder.remove() }
///     let path = try folder.write("name: a", to: "cluster.yaml")
public final class TemporaryFolder {
  /// Where it is.
  public let path: String

  /// Makes the folder.
  public init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "uniference-tests-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { remove() }

  /// Removes it before its value goes. Code that uses paths into it defers this, since a value may go after its last use.
  public func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in it, which need not exist.
  public func path(of name: String) -> String { "\(path)/\(name)" }

  /// Names of what is in it, sorted.
  public var entries: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  /// Writes a file, in folders that are made for it, and returns its path.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    let file = URL(fileURLWithPath: path(of: name))
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path
  }

  /// Writes a text, in folders that are made for it, and returns its path.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String { try write(text.utf8, to: name) }

  /// The bytes of a file.
  public func bytes(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(of: name))))
  }
}
