import ArgumentParser
import Testing

@testable import UniferenceCommand

@Suite struct HelpTests {
  @Test("devices")
  func devices() {
    #expect(
      RootCommand.helpMessage(for: DevicesListCommand.self, columns: 80) == """
        OVERVIEW: List the devices of the catalogue, or every figure of one.

        USAGE: uniference devices list [<id>] [--all] [--kernels] [--wide] [--json]

        ARGUMENTS:
          <id>                    One device, to see every figure of it.

        OPTIONS:
          --all                   List every figure of every device, not only the most
                                  important ones.
          --kernels               List the tables of measured kernel times that stand
                                  behind a device, or behind each of them.
          --wide                  Tables may be wider than the terminal, or than 100
                                  columns elsewhere.
          --json                  Print one JSON object with every figure in SI units.
          --version               Show the version.
          -h, --help              Show help information.

        """)
  }

  @Test("models")
  func models() {
    #expect(
      RootCommand.helpMessage(for: ModelsCommand.self, columns: 80) == """
        OVERVIEW: List the models that scenarios may name, or show one of them or of a
        Hugging Face config.json.

        USAGE: uniference models [<id>] [--wide] [--json]

        ARGUMENTS:
          <id>                    A model's id, or the path of the config.json of a
                                  language model, BERT or CLIP.

        OPTIONS:
          --wide                  Tables may be wider than the terminal, or than 100
                                  columns elsewhere.
          --json                  Print one JSON object.
          --version               Show the version.
          -h, --help              Show help information.

        """)
  }

  @Test("testbed run")
  func testbedRun() {
    #expect(
      RootCommand.helpMessage(for: TestbedRunCommand.self, columns: 80) == """
        OVERVIEW: Run a command once on each host of a testbed, as torchrun would.

        The testbed is made for the run and is gone after it, whatever happens; with
        --in it is one that stands. The command finds RANK, WORLD_SIZE, MASTER_ADDR and
        what else torchrun gives it. The exit code is that of the first rank that fails.

        USAGE: uniference testbed run [<options>] -- [<command> ...]

        ARGUMENTS:
          <command>               After --: what to run.

        OPTIONS:
          --hosts <count>         How many hosts, 2 to 8; 2 unless given.
          --rate <1 Gbps>         Rate of every link, in each direction; 1 Gbps unless
                                  given.
          --delay <1 ms>          One-way delay of every host's link; a message crosses
                                  two.
          --link-rate <host=rate> Another rate for one host's link; may be repeated.
          --cpu-share <share:host>
                                  Share of its cores that a host may use, such as
                                  50%:1, or 50% for all hosts; may be repeated.
          --bottleneck <groups=rate>
                                  Two groups of hosts with a shared link between them,
                                  such as "0,1|2,3=200 Mbps".
          --in <name>             Run in the testbed that `testbed up` has made.
          --cluster-file <testbed.yaml>
                                  Write the testbed's cluster file here, for
                                  predictions.
          --transport <profile>   The transport of the cluster file: a profile's name
                                  or file. (default: gloo-tcp)
          --torchrun              Start torchrun on each host; the command is its
                                  script.
          --real-time             Run the command before everything else on this
                                  machine (SCHED_FIFO), so that other programs do not
                                  disturb what it measures.
          --raw                   Pass output on as it is, without the rank before each
                                  line.
          --version               Show the version.
          -h, --help              Show help information.

        """)
  }

  @Test("flows")
  func flows() {
    #expect(
      RootCommand.helpMessage(for: FlowsCommand.self, columns: 80) == """
        OVERVIEW: Time flows over links that they share max-min fairly.

        The case has links (id, bandwidth_Bps, latency_s) and flows (id, start_s,
        bytes, links: those it crosses, in order). Printed is the time in seconds at
        which each flow's last byte arrives.

        USAGE: uniference flows <case.json> [--json] [--table] [--wide]

        ARGUMENTS:
          <case.json>             The case, a JSON file.

        OPTIONS:
          --json                  Print one JSON object with finish_s, seconds by flow.
                                  (default: --json)
          --table                 Print a table for people.
          --wide                  Tables may be wider than the terminal, or than 100
                                  columns elsewhere.
          --version               Show the version.
          -h, --help              Show help information.

        """)
  }

  @Test("weights")
  func weights() {
    #expect(
      RootCommand.helpMessage(for: WeightsCommand.self, columns: 80) == """
        OVERVIEW: List the tensors of a GGUF or safetensors file, or write one of them
        as float32.

        USAGE: uniference weights <file> [--tensor <name>] [--npy <name.npy>] [--wide] [--json]

        ARGUMENTS:
          <file>                  A .gguf, .safetensors or .safetensors.index.json
                                  file, or a model's folder.

        OPTIONS:
          --tensor <name>         Write this tensor, dequantised; needs --npy.
          --npy <name.npy>        Where the tensor goes, one row for each vector along
                                  its last axis, for numpy.load.
          --wide                  Tables may be wider than the terminal, or than 100
                                  columns elsewhere.
          --json                  Print one JSON object.
          --version               Show the version.
          -h, --help              Show help information.

        """)
  }

  @Test("tokenize")
  func tokenize() {
    #expect(
      RootCommand.helpMessage(for: TokenizeCommand.self, columns: 80) == """
        OVERVIEW: Show the tokens that a model makes of a text.

        Special tokens that the text spells out, such as <|im_start|>, become their
        ids; nothing is put around the text unless --special is given.

        USAGE: uniference tokenize <model> [<text>] [--special] [--lines] [--wide] [--json]

        ARGUMENTS:
          <model>                 A GGUF file, a tokenizer.json, or a model's folder.
          <text>                  The text; standard input unless given.

        OPTIONS:
          --special               Put around the text what the model expects around
                                  every text.
          --lines                 Read texts from standard input, each a JSON string on
                                  a line of its own, and print JSON for each.
          --wide                  Tables may be wider than the terminal, or than 100
                                  columns elsewhere.
          --json                  Print one JSON object.
          --version               Show the version.
          -h, --help              Show help information.

        """)
  }
}
