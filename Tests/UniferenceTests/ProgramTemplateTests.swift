import Testing
import Uniference

/// The package that `uniference new` writes. Tests/Python/deployment/test_new.py type-checks it.
@Suite struct ProgramTemplateTests {
  @Test("names the package after the program")
  func namesThePackageAfterTheProgram() throws {
    let template = try ProgramTemplate(name: "Exchange", checkout: "/somewhere/Uniference")

    let package = try #require(template.files.first { $0.path == "Package.swift" }?.text)
    #expect(package.contains(".package(path: \"/somewhere/Uniference\")"))
    #expect(package.contains(".product(name: \"Uniference\", package: \"uniference\")"))
    #expect(package.contains(".library(name: \"Exchange\", type: .dynamic, targets: [\"Exchange\"])"))
    #expect(template.files.contains { $0.path == "Sources/Exchange/Entry.swift" })
  }

  @Test("refuses names that no type can have", arguments: ["", "exchange", "My-Program", "1st", "Über", "A B"])
  func refusesNamesThatNoTypeCanHave(name: String) {
    #expect(throws: ProgramNameError(name: name)) { _ = try ProgramTemplate(name: name, checkout: "/uniference") }
  }
}
