import ChildPrograms
import Testing

@Suite("Programs that are run and waited for")
struct ChildProgramTests {
  private func failure(_ words: [String]) -> ChildFailure? {
    do throws(ChildFailure) {
      _ = try ChildProgram(words).output()
      return nil
    } catch { return error }
  }

  @Test("what it writes is returned however much it complains")
  func whatItWritesIsReturnedHoweverMuchItComplains()
    throws
  {
    let script = "yes complaint | head -c 1000000 >&2; yes | head -c 1000000; echo end"
    let output = try ChildProgram(["sh", "-c", script]).output()
    #expect(output.utf8.count == 1_000_004)
    #expect(output.hasSuffix("end\n"))
  }

  @Test("its variables are those given")
  func itsVariablesAreThoseGiven() throws {
    #expect(
      try ChildProgram(["sh", "-c", "echo $ONE"], environment: ["ONE": "1", "PATH": "/usr/bin:/bin"]).output() == "1\n")
  }

  @Test("a failure says the last line of its complaints")
  func aFailureSaysTheLastLineOfItsComplaints() throws {
    let found = try #require(failure(["sh", "-c", "echo first >&2; echo last >&2; exit 3"]))
    #expect(found.reason == .failed(code: 3, lastWords: "last"))
    #expect(found.description.hasSuffix("failed with exit code 3: last"))
    #expect(failure(["sh", "-c", "exit 4"])?.complaint == "exit code 4")
  }

  @Test("a program that is not there is named")
  func aProgramThatIsNotThereIsNamed() throws {
    let found = try #require(failure(["no-such-program-anywhere"]))
    #expect(found.complaint.contains("no-such-program-anywhere"))
  }

  /// Also from a thread that blocks signals, as those of Swift's pool do.
  @Test("one that fails ends the others")
  func oneThatFailsEndsTheOthers() async throws {
    let failed = try ChildProgram.run([ChildProgram(["sleep", "30"]), ChildProgram(["sh", "-c", "exit 3"])])
    #expect(failed?.index == 1)
    #expect(failed?.code == 3)
    let blocked = try ChildProgram(["sh", "-c", "grep SigBlk /proc/self/status 2>/dev/null || echo 0000000000000000"])
      .output()
    #expect(blocked.contains("0000000000000000"))
  }
}
