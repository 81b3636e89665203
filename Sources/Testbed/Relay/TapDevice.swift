#if os(Linux)
  import Foundation
  import Glibc

  /// One end of a link whose frames a process reads and writes: a TAP interface.
  struct TapDevice {
    let descriptor: Int32

    /// Takes hold of an interface that exists. It keeps it when the interface moves to another namespace.
    init(_ name: String) throws(TestbedError) {
      descriptor = open("/dev/net/tun", O_RDWR | O_CLOEXEC)
      guard descriptor >= 0 else { throw Self.refusal("open /dev/net/tun") }
      // An ifreq: a name of 16 bytes, then flags.
      var request = [UInt8](repeating: 0, count: 40)
      request.replaceSubrange(0..<min(15, name.utf8.count), with: name.utf8.prefix(15))
      let flags = Self.tap | Self.withoutHeader | Self.offloadHeader
      (request[16], request[17]) = (UInt8(flags & 0xff), UInt8(flags >> 8))
      guard ioctl(descriptor, Self.setInterface, &request) == 0 else { throw Self.refusal("take hold of \(name)") }
      // Bursts of TCP frames and frames without checksums stay as they are from end to end.
      guard ioctl(descriptor, Self.setOffload, Self.checksums | Self.segmentation) == 0 else {
        throw Self.refusal("pass on bursts of frames through \(name)")
      }
    }

    private static func refusal(_ action: String) -> TestbedError {
      TestbedError(.machine, "cannot \(action): \(String(cString: strerror(errno)))")
    }

    // Of linux/if_tun.h, which Swift does not see: IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, TUNSETIFF, TUNSETOFFLOAD,
    // TUN_F_CSUM, and TUN_F_TSO4 with TUN_F_TSO6.
    private static let tap: UInt16 = 0x0002
    private static let withoutHeader: UInt16 = 0x1000
    private static let offloadHeader: UInt16 = 0x4000
    private static let setInterface: UInt = 0x4004_54ca
    private static let setOffload: UInt = 0x4004_54d0
    private static let checksums: Int32 = 0x01
    private static let segmentation: Int32 = 0x06
  }
#endif
