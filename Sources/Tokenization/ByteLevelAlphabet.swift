/// The printable character that byte-level vocabularies write for each byte.
///
/// Bytes that are printable in Latin-1 stand for themselves; the others, in order, are the characters from U+0100 on
/// (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, `bytes_to_unicode` of its code).
enum ByteLevelAlphabet {
  /// By byte.
  static let scalars: [Unicode.Scalar] = {
    var scalars: [Unicode.Scalar] = []
    var next: UInt32 = 0x100
    for byte in UInt8.min...UInt8.max {
      switch byte {
      case 0x21...0x7e, 0xa1...0xac, 0xae...0xff: scalars.append(Unicode.Scalar(byte))
      default:
        // 68 bytes are not printable, so the characters end long before the surrogates.
        scalars.append(Unicode.Scalar(next) ?? "?")
        next += 1
      }
    }
    return scalars
  }()

  /// By character.
  static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
    uniqueKeysWithValues: scalars.enumerated().map { ($1, UInt8($0)) })
}
