extension DataSize {
  /// The size of a payload as people say it: `64 KiB`, `1 MiB` for whole KiB, which powers of two are, else `1.5 MB`.
  public var payloadDescription: String { bytes % 1024 == 0 ? binaryDescription : description }
}
