/// An option of `uniference testbed run` as documents give it: `rate: 1 Gbps`.
public struct TestbedOption: Hashable, Sendable {
  /// The option's name without dashes: `real-time`.
  public let name: String
  /// Its value; `true` for an option that has none.
  public let value: String

  /// An option.
  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }

  /// The options of a mapping such as `{hosts: 2, rate: 1 Gbps}`: one for each element where a value is a list.
  ///
  /// - Parameter example: of such a mapping, for errors.
  package static func options(_ mapping: DocumentValue, example: String = "") throws(DocumentError) -> [TestbedOption] {
    var options: [TestbedOption] = []
    for entry in try mapping.entries(of: "options of a testbed" + (example.isEmpty ? "" : " such as \(example)")) {
      var values = [entry.value]
      if case .list(let elements) = entry.value.content { values = elements }
      for value in values { options.append(TestbedOption(name: entry.name, value: try value.text("a value"))) }
    }
    return options
  }

  /// The option as words of a command line.
  public var words: [String] { value == "true" ? ["--\(name)"] : ["--\(name)", value] }
}
