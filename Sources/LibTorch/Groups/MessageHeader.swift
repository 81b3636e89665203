import Communication
import Quantities

/// What a message between Swift members says of its payload, before it.
struct MessageHeader: Equatable {
  /// `nil` of a ``ByteCount``.
  var elementType: ElementType?
  var elementCount: Int
  var tag: Int
  /// When the sender sent it, by its own clock since the run began.
  var posted: Duration

  private static let fieldCount = 4

  /// A header as it travels: four integers of 64 bits, always in the processor's memory.
  struct Buffer {
    let tensor: TorchTensor
    private let library: TorchLibrary

    init(library: TorchLibrary) throws(TorchError) {
      self.library = library
      let code = try ElementType.int64.torchCode
      tensor = try library.tensor {
        library.functions.tensors.empty([Int64(MessageHeader.fieldCount)], 1, code, "cpu", $0)
      }
    }

    init(_ header: MessageHeader, library: TorchLibrary) throws(TorchError) {
      try self.init(library: library)
      let type = header.elementType.flatMap { ElementType.allCases.firstIndex(of: $0) } ?? -1
      let fields = [Int64(type), Int64(header.elementCount), Int64(header.tag), header.posted.wholeNanoseconds]
      try library.check(
        fields.withUnsafeBytes { bytes in
          bytes.baseAddress.flatMap { library.functions.tensors.write(tensor.pointer, $0, Int64(bytes.count)) }
        })
    }

    func read() throws(TorchError) -> MessageHeader {
      var fields = [Int64](repeating: 0, count: MessageHeader.fieldCount)
      let code = try ElementType.int64.torchCode
      try library.check(
        fields.withUnsafeMutableBytes { bytes in
          bytes.baseAddress.flatMap {
            library.functions.tensors.read(tensor.pointer, code, $0, Int64(bytes.count))
          }
        })
      let type = Int(fields[0])
      guard (-1..<ElementType.allCases.count).contains(type), fields[1] >= 0 else {
        throw TorchError("a message has the header \(fields), which no Swift rank sends")
      }
      return MessageHeader(
        elementType: type < 0 ? nil : ElementType.allCases[type], elementCount: Int(fields[1]), tag: Int(fields[2]),
        posted: .nanoseconds(fields[3]))
    }
  }
}

extension Duration {
  /// Rounded down.
  fileprivate var wholeNanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
