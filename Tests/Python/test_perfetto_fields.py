"""The fields in our part of Perfetto's format against Perfetto's own descriptors."""

import pathlib
import re

import pytest
from perfetto.protos.perfetto.trace import perfetto_trace_pb2

PROTO = pathlib.Path(__file__).resolve().parents[2] / "Sources/Reports/Perfetto/perfetto_trace.proto"
FIELD = re.compile(r"^(?:(optional|repeated) )?([\w.]+) (\w+) = (\d+);$")
VALUE = re.compile(r"^([A-Z_]+) = (\d+);$")


def declarations():
    """(message, repeated?, type, field, number) of each field and (message, enum, value, number) of each enum value."""
    fields, values, scopes = [], [], []
    for line in map(str.strip, PROTO.read_text().splitlines()):
        if opening := re.match(r"^(message|enum|oneof) (\w+) \{$", line):
            scopes.append(opening.groups())
        elif line == "}":
            scopes.pop()
        elif scopes and scopes[-1][0] == "enum" and (match := VALUE.match(line)):
            values.append((scopes[0][1], scopes[-1][1], match[1], int(match[2])))
        elif scopes and (match := FIELD.match(line)):
            fields.append((scopes[0][1], match[1] == "repeated", match[2], match[3], int(match[4])))
    return fields, values


FIELDS, VALUES = declarations()


def test_the_declarations_were_found():
    assert len(FIELDS) > 30
    assert len(VALUES) > 8


@pytest.mark.parametrize("message, repeated, kind, name, number", FIELDS)
def test_a_field_is_perfettos(message, repeated, kind, name, number):
    field = getattr(perfetto_trace_pb2, message).DESCRIPTOR.fields_by_name[name]
    assert field.number == number
    assert field.is_repeated == repeated
    if field.message_type:
        assert field.message_type.name == kind
    elif field.enum_type:
        assert field.enum_type.name == kind
    else:
        assert getattr(field, "TYPE_" + kind.upper()) == field.type


@pytest.mark.parametrize("message, enum, name, number", VALUES)
def test_an_enum_value_is_perfettos(message, enum, name, number):
    descriptor = getattr(perfetto_trace_pb2, message).DESCRIPTOR.enum_types_by_name[enum]
    assert descriptor.values_by_name[name].number == number
