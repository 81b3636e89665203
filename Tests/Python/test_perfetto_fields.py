"""The fields in our part of Perfetto's format against Perfetto's own descriptors."""

import pathlib
import re

import pytest
from perfetto.protos.perfetto.trace import perfetto_trace_pb2

MESSAGES = pathlib.Path(__file__).resolve().parents[2] / "Sources/Reports/Perfetto/PerfettoMessages.swift"
MESSAGE = re.compile(r"^struct Perfetto(\w+)")
FIELD = re.compile(r"^static let (\w+) = WireField<(\[?)(?:Perfetto)?(\w+)\]?>\((\d+)\)$")
ENUM = re.compile(r"^enum (\w+): U?Int32")
VALUE = re.compile(r"^case (\w+) = (\d+)$")
# What Swift cannot call by its own name, or has once for several.
NAMES = {"Kind": "Type"}
ALIKE = {"InternedName": ("EventCategory", "EventName", "DebugAnnotationName")}
PREFIXES = ("", "TYPE_", "SEQ_")


def snake_case(name):
    return re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name)


def declarations():
    """(message, repeated?, type, field, number) of each field and (message, enum, value, number) of each enum value."""
    fields, values, messages, enum = [], [], (), None
    for line in map(str.strip, MESSAGES.read_text().splitlines()):
        if match := MESSAGE.match(line):
            messages = ALIKE.get(match[1], (match[1],))
        elif match := ENUM.match(line):
            enum = NAMES.get(match[1], match[1])
        elif match := VALUE.match(line):
            values += [(message, enum, snake_case(match[1]).upper(), int(match[2])) for message in messages]
        elif match := FIELD.match(line):
            kind = NAMES.get(match[3], match[3])
            fields += [(message, match[2] == "[", kind, snake_case(match[1]), int(match[4])) for message in messages]
    return fields, values


FIELDS, VALUES = declarations()


def test_the_declarations_were_found():
    assert len(FIELDS) == len(re.findall("WireField<", MESSAGES.read_text())) + 2 * 2
    assert len(VALUES) == len(re.findall(r"case \w+ = \d+", MESSAGES.read_text())) >= 6


@pytest.mark.parametrize("message, repeated, kind, name, number", FIELDS)
def test_a_field_is_perfettos(message, repeated, kind, name, number):
    field = getattr(perfetto_trace_pb2, message).DESCRIPTOR.fields_by_name[name]
    assert field.number == number
    assert field.is_repeated == repeated
    if field.message_type:
        assert field.message_type.name in ALIKE.get(kind, (kind,))
    elif field.enum_type:
        assert field.enum_type.name == kind
    else:
        assert getattr(field, "TYPE_" + kind.upper()) == field.type


@pytest.mark.parametrize("message, enum, name, number", VALUES)
def test_an_enum_value_is_perfettos(message, enum, name, number):
    descriptor = getattr(perfetto_trace_pb2, message).DESCRIPTOR.enum_types_by_name[enum]
    known = descriptor.values_by_name
    assert [known[prefix + name].number for prefix in PREFIXES if prefix + name in known] == [number]
