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

  /// The strategies worth trying for a sentence encoder: one device, the most that heads can be divided among, and
  /// positions divided among as many as there are.
  public static func candidates(
    deviceCount: Int, configuration: BertConfiguration, workload: SentenceWorkload
  ) -> [ParallelStrategy] {
    let degrees = (1...deviceCount).filter { TensorShare.divides(configuration, among: $0) }
    let positions = min(deviceCount, workload.length)
    var candidates: [ParallelStrategy] = [.single]
    if let largest = degrees.last, largest > 1 { candidates.append(.tensor(largest)) }
    guard positions > 1 else { return candidates }
    return candidates + [false, true].map { .sequence(degree: positions, overlapped: $0) }
  }

  /// The strategies for a model of two towers: one device, and a device for each tower.
  public static func towerCandidates(deviceCount: Int) -> [ParallelStrategy] {
    deviceCount > 1 ? [.single, .towers] : [.single]
  }
}
