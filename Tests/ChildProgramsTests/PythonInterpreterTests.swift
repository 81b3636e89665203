import ChildPrograms
import Foundation
import TestSupport
import Testing

@Suite("The Python in use")
struct PythonInterpreterTests {
  /// A folder with programs of these names, which is removed again.
  private func withPrograms(_ names: String..., body: (String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for name in names {
      let program = try folder.write("#!/bin/sh\n", to: name)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    }
    try body(folder.path)
  }

  @Test("is python3 where there is no python, also for commands that name python")
  func python3Alone() throws {
    try withPrograms("python3") { folder in
      let environment = ["PATH": "/nowhere:\(folder)"]
      #expect(PythonInterpreter.startable(["python", "x.py"], environment: environment) == ["python3", "x.py"])
      #expect(PythonInterpreter.startable(["python"], environment: environment) == ["python3"])
      #expect(PythonInterpreter.startable(["torchrun", "python"], environment: environment) == ["torchrun", "python"])
      let chosen = environment.merging(["UNIFERENCE_PYTHON": "python3"]) { $1 }
      let python = try PythonInterpreter(environment: chosen)
      #expect(python.path == "\(folder)/python3")
    }
  }

  @Test("stays python where there is one, or where there is neither")
  func bothOrNeither() throws {
    try withPrograms("python", "python3") { folder in
      #expect(PythonInterpreter.startable(["python", "x.py"], environment: ["PATH": folder]) == ["python", "x.py"])
    }
    try withPrograms { folder in
      #expect(PythonInterpreter.startable(["python", "x.py"], environment: ["PATH": folder]) == ["python", "x.py"])
      #expect(PythonInterpreter.startable([], environment: [:]) == [])
    }
  }

  @Test("is the active environment's before the path's")
  func activeEnvironment() throws {
    try withPrograms("python3") { folder in
      try FileManager.default.createDirectory(atPath: "\(folder)/venv/bin", withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: "\(folder)/python3", toPath: "\(folder)/venv/bin/python")
      let environment = ["PATH": folder, "VIRTUAL_ENV": "\(folder)/venv"]
      let python = try PythonInterpreter(environment: environment)
      #expect(python.path == "\(folder)/venv/bin/python")
    }
  }

  @Test("that is named and runs nothing is an error that says what to do")
  func missing() {
    let error = #expect(throws: PythonMissing.self) {
      try PythonInterpreter(environment: ["UNIFERENCE_PYTHON": "/no/python", "PATH": "/bin"])
    }
    #expect(error?.description.contains("'/no/python', which is no program; give the path of a Python") == true)
  }
}
