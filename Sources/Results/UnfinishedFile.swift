import Foundation
import Inputs

/// Files and folders under temporary names beside their final ones, `NAME.partial-PROCESS-RANDOM`, until they are whole.
///
/// They are locked for as long as their process lives, by which others recognise what a killed one has left.
package enum UnfinishedFile {
  private static let mark = ".partial-"

  /// A temporary name that no other process or writer uses.
  package static func path(for finalPath: String) -> String {
    "\(prefix(of: finalPath))\(String(UInt32.random(in: 0...UInt32.max), radix: 16))"
  }

  /// What this process's temporary names for a file or folder begin with.
  package static func prefix(of finalPath: String) -> String {
    let trimmed = finalPath.count > 1 && finalPath.hasSuffix("/") ? String(finalPath.dropLast()) : finalPath
    return "\(trimmed)\(mark)\(getpid())-"
  }

  /// Marks something under a temporary name as this process's, until ``unlock(_:)``.
  package static func lock(_ path: String) -> Int32 {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    // Where the file system knows no locks, nothing is recognised as abandoned either.
    if descriptor >= 0 { _ = flock(descriptor, LOCK_EX | LOCK_NB) }
    return descriptor
  }

  /// The reverse of ``lock(_:)``.
  package static func unlock(_ descriptor: Int32) {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Removes what dead processes have left in the folder in which a file is to be.
  package static func removeAbandoned(beside path: String) {
    let files = FileManager.default
    let place = PathName(path)
    for name in (try? files.contentsOfDirectory(atPath: place.folder)) ?? [] {
      guard let range = name.range(of: mark, options: .backwards),
        let parts = name[range.upperBound...].wholeMatch(of: /([0-9]+-[0-9a-f]+)(\..*)?/)
      else { continue }
      // What has an ending besides belongs to the file of that name without it, and that one is locked.
      let locked = place.beside("\(name[..<range.upperBound])\(parts.1)")
      if isAbandoned(locked, process: parts.1.prefix { $0 != "-" }) {
        try? files.removeItem(atPath: place.beside(name))
      }
    }
  }

  private static func isAbandoned(_ path: String, process: Substring) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return errno == ENOENT }
    defer { close(descriptor) }
    var about = stat()
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &about) == 0 else { return false }
    // Something empty may have been made just now, by somebody who has yet to lock it.
    #if canImport(Darwin)
      let changed = about.st_mtimespec
    #else
      let changed = about.st_mtim
    #endif
    let isDead = pid_t(process).map { kill($0, 0) != 0 && errno == ESRCH } ?? false
    return !isEmpty(path) || isDead || time(nil) - changed.tv_sec > 60
  }

  private static func isEmpty(_ path: String) -> Bool {
    if let entries = try? FileManager.default.contentsOfDirectory(atPath: path) { return entries.isEmpty }
    var about = stat()
    return stat(path, &about) == 0 && about.st_size == 0
  }
}
