extension ParallelStrategy {
  /// The strategies worth trying for a model on `deviceCount` devices: one device, and everything that uses as many of
  /// the devices as its kind can, among them every way to combine tensor and pipeline parallelism.
  ///
  /// - Parameter batchSize: with more than one sequence, pipelines with micro-batches are tried too.
  public static func candidates(
    deviceCount: Int, configuration: LlamaConfiguration, batchSize: Int = 1
  ) -> [ParallelStrategy] {
    guard deviceCount > 1 else { return [.single] }
    var candidates: [ParallelStrategy] = [.single]
    func add(tensor: Int, pipeline: Int) {
      candidates.append(.grid(tensor: tensor, pipeline: pipeline, microbatches: 1))
      if pipeline > 1, batchSize > 1 {
        candidates.append(.grid(tensor: tensor, pipeline: pipeline, microbatches: min(pipeline, batchSize)))
      }
    }
    let degrees = (1...deviceCount).filter { TensorShare.divides(configuration, among: $0) }
    if let largest = degrees.last, largest > 1 { add(tensor: largest, pipeline: 1) }
    let stages = min(deviceCount, configuration.layerCount)
    if stages > 1 { add(tensor: 1, pipeline: stages) }
    for tensor in degrees where tensor > 1 {
      let pipeline = deviceCount / tensor
      if deviceCount % tensor == 0, pipeline > 1, pipeline <= configuration.layerCount {
        add(tensor: tensor, pipeline: pipeline)
      }
    }
    candidates.append(.sequence(degree: deviceCount, overlapped: false))
    candidates.append(.sequence(degree: deviceCount, overlapped: true))
    return candidates
  }
}
