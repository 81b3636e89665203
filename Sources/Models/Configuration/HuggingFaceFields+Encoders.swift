import Quantities

/// Fields that encoders of several families have.
extension HuggingFaceFields {
  /// A positive integer that divides another field's, such as the number of heads the hidden size.
  func dividing(_ field: String, _ whole: String) throws(ConfigurationError) -> Int {
    let divisor = try positiveInteger(field, atMost: Limits.heads)
    let dividend = try positiveInteger(whole, atMost: Limits.hidden)
    guard dividend % divisor == 0 else {
      throw error(field, "\(whole) % \(field) = \(dividend) % \(divisor) = \(dividend % divisor), must be 0")
    }
    return divisor
  }

  /// `hidden_act`.
  func activation(ifMissing missing: Activation) throws(ConfigurationError) -> Activation {
    guard let name = try string("hidden_act") else { return missing }
    // Two names of one function.
    if name == "gelu_pytorch_tanh" { return .geluTanh }
    guard let activation = Activation(rawValue: name) else {
      let known = (Activation.allCases.map(\.rawValue) + ["gelu_pytorch_tanh"]).joined(separator: ", ")
      throw error("hidden_act", "is not modelled; it must be one of \(known)")
    }
    return activation
  }

  /// `torch_dtype`, or `dtype` in newer files; float32 where there is none.
  func elementType() throws(ConfigurationError) -> ElementType {
    let field = self["torch_dtype"] == nil ? "dtype" : "torch_dtype"
    guard let name = try string(field) else { return .float32 }
    let allowed: [ElementType] = [.float32, .float16, .bfloat16, .float64]
    guard let type = ElementType(named: name), allowed.contains(type) else {
      throw error(field, "it must be one of \(allowed.map(\.rawValue).joined(separator: ", "))")
    }
    return type
  }

  /// A token's id.
  func token(_ field: String, ifMissing missing: Int, below vocabularySize: Int) throws(ConfigurationError) -> Int {
    guard let value = self[field] else { return missing }
    guard case .number(let number) = value, let id = Int(exactly: number), (0..<vocabularySize).contains(id) else {
      throw error(field, "it must be a token, 0..<\(vocabularySize)")
    }
    return id
  }
}
