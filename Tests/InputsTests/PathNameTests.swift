import Inputs
import Testing

@Suite("Names of paths")
struct PathNameTests {
  @Test(
    "are taken apart at the last slash",
    arguments: [
      ("a/b.json", "a", "b.json", "a/c"), ("/a/b/", "/a", "b", "/a/c"), ("b", ".", "b", "c"), ("/b", "/", "b", "/c"),
      ("-", ".", "-", "c"), (".", ".", ".", "c"), ("", ".", "", "c"), ("/", ".", "/", "c"), ("//", ".", "/", "c"),
      ("é/💥", "é", "💥", "é/c"), ("./x", ".", "x", "./c"),
    ])
  func parts(path: String, folder: String, name: String, beside: String) {
    let path = PathName(path)
    #expect(path.folder == folder)
    #expect(path.name == name)
    #expect(path.beside("c") == beside)
  }

  @Test(
    "lose their last ending",
    arguments: [("a/b.c.run", "b.c"), ("b", "b"), (".hidden", ".hidden"), ("x.", "x"), ("a.b/c", "c"), ("", "")])
  func endings(path: String, name: String) { #expect(PathName(path).nameWithoutEnding == name) }
}
