/// Puts little-endian values into a frame: its length, its kind, its body.
struct FrameWriter {
  private var bytes: [UInt8]

  init(_ kind: AnswerKind) {
    bytes = [0, 0, 0, 0, kind.rawValue]
  }

  mutating func integer<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func double(_ value: Double) { integer(value.bitPattern) }

  mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

  mutating func counted(_ content: some Collection<UInt8>) {
    integer(UInt32(content.count))
    bytes.append(contentsOf: content)
  }

  mutating func string(_ text: String) { counted(Array(text.utf8)) }

  mutating func list<Entry>(_ entries: some Collection<Entry>, _ write: (inout FrameWriter, Entry) -> Void) {
    integer(UInt32(entries.count))
    for entry in entries { write(&self, entry) }
  }

  /// The frame with its length in place.
  func finished() -> [UInt8] {
    var frame = bytes
    withUnsafeBytes(of: UInt32(bytes.count - 4).littleEndian) { length in
      frame.replaceSubrange(0..<4, with: length)
    }
    return frame
  }
}

/// What the engine sends.
enum AnswerKind: UInt8 {
  case welcome = 1
  case done = 2
  case failed = 3
  case reportStack = 5
  /// To the launcher: start the ranks.
  case start = 40
  /// To the launcher: end the ranks with a signal.
  case terminate = 41
  /// To the launcher: what to show on the terminal about how far the run is.
  case progress = 42
}
