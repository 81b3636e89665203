"""A run record read with NumPy and json alone."""

import hashlib
import json

import numpy


def manifest_of(folder) -> dict:
    return json.loads((folder / "run.json").read_text())


def events_of(folder) -> numpy.ndarray:
    manifest = manifest_of(folder)["events"]
    return numpy.fromfile(folder / manifest["file"], dtype=[tuple(field) for field in manifest["dtype"]])


def test_numpy_reads_as_many_events_as_were_counted(record_folder):
    events = events_of(record_folder)
    assert events.dtype.itemsize == 40
    assert len(events) == manifest_of(record_folder)["events"]["count"] > 0


def test_the_digest_is_that_of_the_file(record_folder):
    manifest = manifest_of(record_folder)["events"]
    assert hashlib.sha256((record_folder / manifest["file"]).read_bytes()).hexdigest() == manifest["sha256"]


def test_events_refer_to_what_is_there(record_folder):
    events, manifest = events_of(record_folder), manifest_of(record_folder)
    assert numpy.isin(events["kind"], range(1, 8)).all()
    assert (events["name"] < len(manifest["names"])).all()
    assert (events["rank"] < len(manifest["devices"])).all()
    assert (events["time_ps"] >= 0).all() and (events["duration_ps"] >= 0).all()
