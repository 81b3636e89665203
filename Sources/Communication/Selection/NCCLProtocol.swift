/// How NCCL puts data on a link.
public enum NCCLProtocol: String, CaseIterable, Sendable, Codable {
  /// Each 4 bytes travel with a 4-byte flag.
  case lowLatency
  /// Each 120 bytes travel with 8 bytes of flags.
  case lowLatency128
  /// Plain data, with synchronisation for each chunk.
  case simple

  /// Bytes on the wire for each byte of data.
  public var wireByteFactor: Double {
    switch self {
    case .lowLatency: 2
    case .lowLatency128: 128.0 / 120
    case .simple: 1
    }
  }

  /// Most bytes of data that one channel passes on at a time: its buffer's slot. Simple: `NCCL_BUFFSIZE` 4 MiB over
  /// `NCCL_STEPS` 8. LL: 8 lines of 8 bytes of data for each of 512 threads. LL128: 120 words of 8 bytes, flags
  /// included, for each of 640 threads (`src/include/device.h`).
  var chunkByteCount: Int {
    switch self {
    case .lowLatency: 8 * 8 * 512
    case .lowLatency128: 120 * 8 * 640 / 128 * 120
    case .simple: (4 << 20) / 8
    }
  }
}
