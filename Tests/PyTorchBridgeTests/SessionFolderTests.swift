import Foundation
import Synchronization
import Testing

@testable import PyTorchBridge

@Suite struct SessionFolderTests {
  @Test("folder, socket and token are for this user only")
  func folderSocketAndTokenAreForThisUserOnly() throws {
    let folder = try SessionFolder()
    defer { folder.remove() }
    let socket = try ListeningSocket(path: folder.socketPath)
    #expect(try mode(folder.path) == 0o700)
    #expect(try mode(folder.path + "/token") == 0o600)
    #expect(try mode(folder.socketPath) == 0o600)
    withExtendedLifetime(socket) {}
  }

  @Test("two sessions share nothing")
  func twoSessionsShareNothing() throws {
    let folders = try (0..<2).map { _ in try SessionFolder() }
    defer { folders.forEach { $0.remove() } }
    #expect(folders[0].path != folders[1].path)
    #expect(folders[0].token != folders[1].token)
  }

  @Test("removing leaves nothing")
  func removingLeavesNothing() throws {
    let folder = try SessionFolder()
    try folder.write([1, 2, 3], to: "0-1")
    folder.remove()
    #expect(!FileManager.default.fileExists(atPath: folder.path))
  }

  @Test(
    "only the session's token opens the door",
    arguments: [
      (token: "right", version: Greeting.protocolVersion, isWelcome: true),
      (token: "wrong", version: Greeting.protocolVersion, isWelcome: false),
      (token: "right", version: Greeting.protocolVersion - 1, isWelcome: false),
    ])
  func onlyTheSessionsTokenOpensTheDoor(token: String, version: UInt16, isWelcome: Bool) throws {
    let folder = try SessionFolder()
    defer { folder.remove() }
    let welcomed = Mutex<[String]>([])
    let greeter = try Greeter(folder: folder) { connection, greeting in
      welcomed.withLock { $0.append(greeting.world) }
    }
    defer { greeter.stop() }
    let presented = token == "right" ? folder.token : folder.token.map { $0 ^ 1 }
    let connection = try connect(to: folder.socketPath)
    connection.send(hello(token: presented, version: version))
    while !connection.isClosed, welcomed.withLock({ $0.isEmpty }) {
      connection.receive()
      usleep(1000)
    }
    #expect(welcomed.withLock { $0 } == (isWelcome ? ["main"] : []))
  }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? Int ?? 0) & 0o777
  }

  private func connect(to path: String) throws -> Connection {
    let descriptor = socket(AF_UNIX, streamSocketType, 0)
    var address = try SocketAddress(path: path)
    #expect(address.withPointer { Foundation.connect(descriptor, $0, $1) } == 0)
    return Connection(descriptor: descriptor)
  }

  private func hello(token: [UInt8], version: UInt16) -> [UInt8] {
    var body: [UInt8] = [1] + littleEndian(Greeting.magic) + littleEndian(version) + token
    body += littleEndian(UInt32(1)) + littleEndian(Int32(0)) + littleEndian(Int32(1))
    body += littleEndian(UInt32(4)) + Array("main".utf8) + littleEndian(UInt32(0))
    return littleEndian(UInt32(body.count)) + body
  }
}
