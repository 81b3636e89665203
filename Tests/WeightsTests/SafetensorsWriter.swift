import Foundation

/// Writes safetensors files as the format's description says: the length of the head in eight bytes, the head in JSON,
/// the elements.
struct SafetensorsWriter {
  var samples: [StoredSample]

  /// The whole file.
  var file: [UInt8] {
    var (offset, entries) = (0, [#""__metadata__":{"format":"pt"}"#])
    for sample in samples {
      let end = offset + sample.bytes.count
      entries.append(
        #""\#(sample.name)":{"dtype":"\#(sample.type)","shape":\#(sample.shape),"data_offsets":[\#(offset),\#(end)]}"#)
      offset = end
    }
    return Self.file(head: "{\(entries.joined(separator: ","))}", elements: samples.flatMap(\.bytes))
  }

  /// A file with a head that may be anything.
  static func file(head: String, elements: [UInt8]) -> [UInt8] {
    bytes(of: UInt64(head.utf8.count)) + head.utf8 + elements
  }
}
