import Foundation
import Inputs
import TestSupport
import Testing

@Suite("Files that people name")
struct InputFileTests {
  private func withFile(_ data: Data, _ body: (String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try body(folder.write(data, to: "file"))
  }

  @Test("are read whole up to the limit, and refused beyond it")
  func limits() throws {
    let data = Data((0..<200_000).map { UInt8($0 % 251) })
    try withFile(data) { path in
      let contents = try InputFile.contents(of: path, atMost: data.count)
      #expect(contents == data)
      let error = #expect(throws: InputFileError.self) { try InputFile.contents(of: path, atMost: data.count - 1) }
      #expect(error?.description.contains("more than 199999 bytes") == true)
      #expect(InputFile.optionalContents(of: path, atMost: 10) == nil)
    }
  }

  @Test("that are missing, folders or without end are told with the reason")
  func refusals() throws {
    func reason(_ path: String) -> String? {
      do throws(InputFileError) {
        _ = try InputFile.contents(of: path, atMost: 1 << 20)
        return nil
      } catch { return error.reason }
    }
    #expect(reason("/does/not/exist") == "No such file or directory")
    #expect(reason("/") == "Is a directory")
    #expect(reason("/dev/zero")?.hasPrefix("it has more than 1048576 bytes") == true)
  }

  /// A named pipe, which is removed again.
  private func withPipe(_ body: (String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = folder.path(of: "pipe")
    try #require(mkfifo(path, 0o600) == 0)
    try body(path)
  }

  @Test("that are pipes are read to their end, also when the writer is late")
  func pipes() throws {
    try withPipe { path in
      let writer = Thread {
        usleep(100_000)
        let descriptor = open(path, O_WRONLY)
        for _ in 0..<2 {
          usleep(100_000)
          _ = write(descriptor, "half ", 5)
        }
        close(descriptor)
      }
      writer.start()
      let contents = try InputFile.contents(of: path, atMost: 100)
      #expect(contents == Data("half half ".utf8))
    }
  }

  @Test("that are pipes without a writer are refused, not waited for")
  func abandonedPipes() throws {
    try withPipe { path in
      let error = #expect(throws: InputFileError.self) { try InputFile.contents(of: path, atMost: 100) }
      #expect(error?.reason == "it is a pipe that no process writes to")
    }
  }

  @Test("lose their byte order mark, in UTF-8 and both orders of UTF-16")
  func byteOrderMarks() {
    let text = "name: é"
    #expect((Data([0xEF, 0xBB, 0xBF]) + Data(text.utf8)).withoutByteOrderMark == Data(text.utf8))
    for (mark, order) in [
      ([0xFF, 0xFE] as [UInt8], String.Encoding.utf16LittleEndian), ([0xFE, 0xFF], .utf16BigEndian),
    ] {
      let data = text.data(using: order).map { Data(mark) + $0 }
      #expect(data?.withoutByteOrderMark == Data(text.utf8))
    }
    for other in [Data(text.utf8), Data(), Data([0xEF]), Data([0xFF, 0x00])] {
      #expect(other.withoutByteOrderMark == other)
    }
  }
}

@Suite("Text for terminals")
struct PrintableTextTests {
  @Test(
    "has escapes for what a terminal would obey",
    arguments: [
      ("plain é 💥", "plain é 💥"), ("\u{1B}[31mred\u{1B}[0m", "\\u{1B}[31mred\\u{1B}[0m"), ("a\tb\r\nc", "a\\tb\\r\\nc"),
      ("\u{9B}2J", "\\u{9B}2J"), ("\u{7F}\u{0}", "\\u{7F}\\u{0}"), ("a\u{2028}b", "a\\u{2028}b"),
      ("\u{202E}gpj.exe", "\\u{202E}gpj.exe"), ("", ""),
    ])
  func escapes(text: String, expected: String) { #expect(text.printable == expected) }

  @Test("loses the middle of what is too long for one line")
  func longLines() {
    let text = "begin\n" + String(repeating: "x", count: 5000) + "end"
    #expect(text.printableLine.count == 803)
    #expect(text.printableLine.hasPrefix("begin\\nxx") && text.printableLine.hasSuffix("xxend"))
    #expect("a\nb".printableLine == "a\\nb")
  }

  @Test("keeps the line breaks of a text of several lines")
  func lines() { #expect("a\n\u{1B}b\n".printableLines == "a\n\\u{1B}b\n") }

  @Test("keeps lines bold that are bold as a whole, and escapes what is in them")
  func tables() {
    let text = "title \u{1B}[1mx\u{1B}[0m\n\("a │ \u{1B}[31mb".inBold)\nc\n"
    let expected = "title \\u{1B}[1mx\\u{1B}[0m\n\u{1B}[1ma │ \\u{1B}[31mb\u{1B}[0m\nc\n"
    #expect(text.printableTables == expected)
    #expect("no \u{1B}[2J table\n".printableTables == "no \\u{1B}[2J table\n")
  }
}
