"""The trace as Perfetto's own classes read it."""

import collections
import itertools

import numpy
import pytest
from conftest import GENERATED
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TracePacket, TrackEvent
from test_record import events_of, manifest_of


class ParsedTrace:
    """Packets put together: descriptors by track, slices with resolved names, in the order of the file."""

    def __init__(self, data: bytes):
        self.packets = Trace.FromString(data).packet
        descriptors = [p.track_descriptor for p in self.packets if p.HasField("track_descriptor")]
        self.tracks = {descriptor.uuid: descriptor for descriptor in descriptors}
        self.event_names, self.categories, self.annotations = {}, {}, {}
        self.slices, self.instants, self.faults = [], [], []
        self.counters = collections.defaultdict(list)
        self.open = collections.defaultdict(list)
        for packet in self.packets:
            self.intern(packet.interned_data)
            if packet.HasField("track_event"):
                self.add(packet)
        self.faults += [f"slice left open on track {uuid}" for uuid, stack in self.open.items() if stack]

    def intern(self, data):
        self.event_names.update((entry.iid, entry.name) for entry in data.event_names)
        self.categories.update((entry.iid, entry.name) for entry in data.event_categories)
        self.annotations.update((entry.iid, entry.name) for entry in data.debug_annotation_names)

    def add(self, packet):
        event = packet.track_event
        if event.track_uuid not in self.tracks:
            self.faults.append(f"unknown track {event.track_uuid}")
        elif event.type == TrackEvent.TYPE_COUNTER:
            self.counters[self.tracks[event.track_uuid].name].append((packet.timestamp, event.counter_value))
        elif event.type == TrackEvent.TYPE_SLICE_END:
            if not self.open[event.track_uuid]:
                self.faults.append(f"end without begin on track {event.track_uuid}")
            else:
                begun = self.open[event.track_uuid].pop()
                self.slices.append(begun | {"end": packet.timestamp})
        else:
            track = self.tracks[event.track_uuid]
            begun = {
                "name": self.event_names[event.name_iid],
                "category": self.categories[event.category_iids[0]],
                "start": packet.timestamp,
                "track": track.name,
                "uuid": track.uuid,
                "rank": self.tracks[track.parent_uuid].process.pid - 1,
                "flows": list(event.flow_ids),
                "terminated": list(event.terminating_flow_ids),
                "arguments": {
                    self.annotations[a.name_iid]: getattr(a, a.WhichOneof("value")) for a in event.debug_annotations
                },
            }
            if event.type == TrackEvent.TYPE_INSTANT:
                self.instants.append(begun)
            else:
                self.open[event.track_uuid].append(begun)


@pytest.fixture(scope="module")
def trace(trace_file) -> ParsedTrace:
    return ParsedTrace(trace_file.read_bytes())


def test_the_trace_is_consistent(trace):
    assert trace.faults == []
    assert trace.slices


def test_no_packet_holds_what_perfetto_does_not_know(trace):
    unknown_fields = pytest.importorskip("google.protobuf.unknown_fields")
    for packet in trace.packets:
        assert not list(unknown_fields.UnknownFieldSet(packet))
        assert not list(unknown_fields.UnknownFieldSet(packet.track_event))
        assert not list(unknown_fields.UnknownFieldSet(packet.track_descriptor))


def test_each_device_is_a_process(trace, record_folder):
    devices = manifest_of(record_folder)["devices"]
    processes = {t.process.pid: t.process.process_name for t in trace.tracks.values() if t.HasField("process")}
    assert sorted(processes) == list(range(1, len(devices) + 2))
    assert processes[len(devices) + 1] == "network"
    for rank, device in enumerate(devices):
        assert processes[rank + 1].startswith("rank ")
        assert processes[rank + 1].endswith(device)


def test_rows_belong_to_a_device(trace):
    rows = [track for track in trace.tracks.values() if not track.HasField("process")]
    known = {"phases", "layers", "calls", "compute", "idle", "waiting", "collectives", "send", "receive", "markers"}
    assert {row.name for row in rows if not row.HasField("counter")} <= known
    assert all(trace.tracks[row.parent_uuid].HasField("process") for row in rows)


def test_links_are_counters_of_bytes_per_second(trace, record_folder):
    """Their areas are the bytes that the record says have crossed them, and no link carries more than it can."""
    rows = [track for track in trace.tracks.values() if track.HasField("counter")]
    assert all(row.counter.unit_name == "bytes/s" for row in rows)
    links = {link["name"]: link for link in manifest_of(record_folder)["results"]["links"]}
    assert {row.name for row in rows} == links.keys() == trace.counters.keys()
    for name, samples in trace.counters.items():
        assert samples == sorted(samples) and samples[-1][1] == 0
        area = sum(value * (later - time) * 1e-9 for (time, value), (later, _) in itertools.pairwise(samples))
        assert area == pytest.approx(links[name]["bytes"], rel=1e-3)
        assert max(value for _, value in samples) <= links[name]["bytes_per_second"] * 1.001
        assert len(samples) <= 4098


def test_phases_and_layers_are_drawn(trace):
    phases = [one for one in trace.slices if one["track"] == "phases"]
    assert {(one["rank"], one["name"]) for one in phases} == {
        (rank, name) for rank in range(4) for name in ("prefill", "decode")}
    layers = [one for one in trace.slices if one["track"] == "layers"]
    assert {one["name"] for one in layers} == {f"layer {number}" for number in range(32)} | {"embedding", "output"}
    # A model passes each layer once for each generated token, on each of four devices.
    assert collections.Counter(one["name"] for one in layers)["layer 17"] == 4 * GENERATED
    for phase in phases:
        inside = [one for one in layers if one["rank"] == phase["rank"]
                  and phase["start"] <= one["start"] < phase["end"]]
        assert inside and all(one["end"] <= phase["end"] for one in inside)


def test_computing_and_idle_time_fill_each_device(trace, record_folder):
    """Idle slices say why, and leave no gap between computations."""
    for rank in range(len(manifest_of(record_folder)["devices"])):
        end = next(one["start"] for one in trace.instants if one["rank"] == rank and one["category"] == "finished")
        own = sorted(
            (one["start"], one["end"]) for one in trace.slices
            if one["rank"] == rank and one["track"] in ("compute", "idle") and one["start"] < one["end"])
        assert own[0][0] == 0 and own[-1][1] == end
        assert all(before[1] == after[0] for before, after in itertools.pairwise(own))
    reasons = {one["name"] for one in trace.slices if one["track"] == "idle"}
    assert any(name.startswith("network: all") for name in reasons)
    assert all(name.startswith(("network: ", "waits for rank ")) or name == "idle" for name in reasons)


def test_whoever_is_waited_for_is_late(trace):
    """A rank that waits for another one in a collective has called it before that one has."""
    calls = collections.defaultdict(list)
    for one in trace.slices:
        if one["track"] == "collectives":
            calls[one["rank"], one["name"]].append(one)
    waits = [one for one in trace.slices if one["track"] == "idle" and one["name"].startswith("waits for rank ")]
    for wait in waits[:2000]:
        operation = wait["name"].partition(" in ")[2]
        other = wait["arguments"]["from"]
        assert wait["name"] == f"waits for rank {other} in {operation}"
        assert any(call["start"] == wait["end"] for call in calls[other, operation])


def test_time_never_goes_back(trace):
    last = collections.defaultdict(int)
    for packet in trace.packets:
        if packet.HasField("track_event"):
            assert packet.timestamp >= last[packet.trusted_packet_sequence_id]
            last[packet.trusted_packet_sequence_id] = packet.timestamp


def test_the_first_packet_alone_starts_the_sequence(trace):
    cleared = [bool(p.sequence_flags & TracePacket.SEQ_INCREMENTAL_STATE_CLEARED) for p in trace.packets]
    assert cleared == [True] + [False] * (len(trace.packets) - 1)


def test_slices_of_a_track_nest(trace):
    by_track = collections.defaultdict(list)
    for one in trace.slices:
        by_track[one["uuid"]].append(one)
    for slices in by_track.values():
        slices.sort(key=lambda one: (one["start"], -one["end"]))
        enclosing = []
        for one in slices:
            while enclosing and enclosing[-1]["end"] <= one["start"]:
                enclosing.pop()
            assert not enclosing or one["end"] <= enclosing[-1]["end"]
            enclosing.append(one)


def test_each_flow_joins_a_sender_to_its_receiver(trace):
    sent = {flow: one for one in trace.slices for flow in one["flows"]}
    received = {flow: one for one in trace.slices for flow in one["terminated"]}
    assert sum(len(one["flows"]) + len(one["terminated"]) for one in trace.slices) == len(sent) + len(received)
    assert sent.keys() == received.keys()
    for flow, sender in sent.items():
        receiver = received[flow]
        assert (sender["track"], receiver["track"]) == ("send", "receive")
        assert sender["arguments"]["to"] == receiver["rank"]
        assert receiver["arguments"]["from"] == sender["rank"]
        assert sender["arguments"]["bytes"] == receiver["arguments"]["bytes"]
        assert sender["start"] <= receiver["end"]


def test_every_event_of_the_record_is_drawn(trace, record_folder):
    events, names = events_of(record_folder), manifest_of(record_folder)["names"]
    computations = events[events["kind"] == 1]
    expected = collections.Counter(
        (
            int(e["rank"]),
            names[e["name"]] or "computation",
            nanoseconds(e["time_ps"]),
            nanoseconds(e["time_ps"] + e["duration_ps"]),
        )
        for e in computations
    )
    drawn = collections.Counter(
        (one["rank"], one["name"], one["start"], one["end"]) for one in trace.slices if one["category"] == "computation"
    )
    assert drawn == expected
    messages = events[events["kind"] == 2]
    assert sum(one["track"] == "send" for one in trace.slices) == len(messages)
    instants = numpy.isin(events["kind"], [5, 6, 7]).sum()
    assert len(trace.instants) == instants


def nanoseconds(picoseconds) -> int:
    return (int(picoseconds) + 500) // 1000
