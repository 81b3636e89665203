import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// A Unix socket's file as the system calls want it.
struct SocketAddress {
  private var address = sockaddr_un()

  /// - Throws: when the path is too long for the system, of which 108 bytes are the usual limit.
  init(path: String) throws {
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8) + [0]
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard bytes.count <= capacity else {
      errno = ENAMETOOLONG
      throw SystemError(cannot: "make a socket at \(path)")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
  }

  mutating func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }
}

/// The kind of socket over which frames travel, as an integer on every system.
var streamSocketType: Int32 {
  #if canImport(Glibc)
    Int32(SOCK_STREAM.rawValue)
  #else
    SOCK_STREAM
  #endif
}
