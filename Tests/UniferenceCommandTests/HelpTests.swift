import ArgumentParser
import Testing

@testable import UniferenceCommand

@Suite struct HelpTests {
  @Test func devices() {
    #expect(
      RootCommand.helpMessage(for: DevicesCommand.self, columns: 80) == """
        OVERVIEW: List the devices that cluster files may name, each figure with its
        source.

        USAGE: uniference devices [<id>] [--all] [--json]

        ARGUMENTS:
          <id>                    One device, to see every figure of it.

        OPTIONS:
          --all                   List every figure of every device, not only the most
                                  important ones.
          --json                  Print one JSON object with every figure in SI units.
          --version               Show the version.
          -h, --help              Show help information.

        """)
  }

  @Test func models() {
    #expect(
      RootCommand.helpMessage(for: ModelsCommand.self, columns: 80) == """
        OVERVIEW: List the models that scenarios may name, or show one of them or of a
        Hugging Face config.json.

        USAGE: uniference models [<id>] [--json]

        ARGUMENTS:
          <id>                    A model's id, or the path of a config.json.

        OPTIONS:
          --json                  Print one JSON object.
          --version               Show the version.
          -h, --help              Show help information.

        """)
  }

  @Test func flows() {
    #expect(
      RootCommand.helpMessage(for: FlowsCommand.self, columns: 80) == """
        OVERVIEW: Time flows over links that they share max-min fairly.

        The case has links (id, bandwidth_Bps, latency_s) and flows (id, start_s,
        bytes, links: those it crosses, in order). Printed is the time at which each
        flow's last byte arrives; null where it never does.

        USAGE: uniference flows <case.json> [--json] [--table]

        ARGUMENTS:
          <case.json>             The case, a JSON file.

        OPTIONS:
          --json                  Print one JSON object with finish_s, seconds by flow.
                                  (default: --json)
          --table                 Print a table for people.
          --version               Show the version.
          -h, --help              Show help information.

        """)
  }
}
