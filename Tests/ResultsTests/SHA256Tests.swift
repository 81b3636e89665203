import SimulationKernel
import Testing

@testable import Results

@Suite("SHA-256")
struct SHA256Tests {
  private func digest(_ message: [UInt8]) -> String {
    var hash = SHA256()
    message.withUnsafeBytes { hash.update($0) }
    return hash.hexadecimalDigest()
  }

  /// The examples of FIPS 180-4 (NIST, "Secure Hash Standard: example values", SHA256.pdf), and the empty message.
  @Test("the standard's own messages have the standard's digests")
  func publishedExamples() {
    #expect(digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(digest(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      digest(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
  }

  @Test(
    "messages of every length have the reference's digests, whatever the pieces, with instructions for it and without",
    arguments: [true, false])
  func everyLengthInPieces(usesInstructions: Bool) {
    var random = RandomStream(seed: 1)
    for length in Array(0...192) + [1000, 4096, 10_000] {
      let message = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      var hash = SHA256(usesInstructions: usesInstructions)
      var rest = message[...]
      while !rest.isEmpty {
        let piece = Array(rest.prefix(Int.random(in: 1...(length > 192 ? 900 : 80), using: &random)))
        piece.withUnsafeBytes { hash.update($0) }
        rest = rest.dropFirst(piece.count)
      }
      #expect(hash.hexadecimalDigest() == referenceSHA256(message), "length \(length), seed 1")
    }
  }

  @Test("a message goes on after its digest has been asked for")
  func digestLeavesMessageOpen() {
    var hash = SHA256()
    Array("ab".utf8).withUnsafeBytes { hash.update($0) }
    _ = hash.hexadecimalDigest()
    Array("c".utf8).withUnsafeBytes { hash.update($0) }
    #expect(hash.hexadecimalDigest() == digest(Array("abc".utf8)))
  }
}
