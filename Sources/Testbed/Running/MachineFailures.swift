#if os(Linux)
  import ChildPrograms
  import Glibc

  extension ChildProcess {
    /// Starts it; what keeps it from being started is the machine's fault.
    func startOnMachine() throws(TestbedError) -> pid_t {
      do throws(SpawnFailure) { return try start() } catch { throw TestbedError(.machine, error.description) }
    }
  }

  extension DescriptorPipe {
    /// A pipe; what keeps it from being made is the machine's fault.
    static func onMachine() throws(TestbedError) -> DescriptorPipe {
      do throws(SpawnFailure) { return try DescriptorPipe() } catch {
        throw TestbedError(.machine, error.description)
      }
    }
  }
#endif
