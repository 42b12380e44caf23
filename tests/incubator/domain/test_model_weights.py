"""Weights are numbers in a format that runs nothing, and agree with their header."""

import io
import json
import struct

import pytest

from config.demo.module_files import safetensors as example
from incubator.domain import model_weights
from incubator.domain.module_file import read_module_file
from portal.domain.lifecycle import Invalid
from tests.incubator.weights import gguf, onnx, safetensors, tensor, text

GOOD = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}


def read(data: bytes, name: str = "model.safetensors"):
    return read_module_file("weights", io.BytesIO(data), name)


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        read(data)
    assert caught.value.fields == {"file": caught.value.code}
    return caught.value.code


def test_safetensors_says_how_much_it_holds():
    assert read(example({"w": [0.5, 1, 2], "b": [1]})) == {
        "format": "safetensors", "tensors": 2, "numbers": 4,
    }  # fmt: skip


def test_safetensors_of_a_scalar_counts_one():
    header = {"a": {"dtype": "I64", "shape": [], "data_offsets": [0, 8]}}
    assert read(safetensors(header, bytes(8)))["numbers"] == 1


@pytest.mark.parametrize(
    ("header", "data"),
    [
        (GOOD, bytes(7)),
        (GOOD, bytes(9)),
        ({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, bytes(8)),
        ({"a": {"dtype": "PY", "shape": [2], "data_offsets": [0, 8]}}, bytes(8)),
        ({"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, -8]}}, bytes(8)),
        ({"a": {"dtype": "F32", "shape": [True, 2], "data_offsets": [0, 8]}}, bytes(8)),
        ({"a": {"dtype": "F32", "shape": [1] * 9, "data_offsets": [0, 4]}}, bytes(4)),
        ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}, bytes(12)),
        ({"a": {"dtype": "F32", "shape": [2]}}, bytes(8)),
        ({"a": 1}, bytes(8)),
        (b'{"a": [}', b""),
        (b'{"a": "\xff"}', b""),
        (b"{" + b"[" * 200_000, b""),
    ],
    ids=[
        "too short", "too long", "other shape", "other type", "negative", "a truth", "deep",
        "a gap", "no place", "no tensor", "no JSON", "no UTF-8", "nested",
    ],
)  # fmt: skip
def test_safetensors_whose_header_contradicts_the_file_is_refused(header, data):
    assert refusal(safetensors(header, data)) == "weights_layout"


def test_safetensors_with_an_overlong_header_is_refused_unread():
    data = safetensors(GOOD, bytes(8), length=model_weights.MAX_HEADER_BYTES + 1)
    assert refusal(data) == "weights_layout"


def number(key: str, value: int) -> bytes:
    return text(key) + struct.pack("<II", 4, value)


def array(key: str, kind: int, length: int, data: bytes = b"") -> bytes:
    return text(key) + struct.pack("<IIQ", 9, kind, length) + data


PAIRS = [
    number("general.alignment", 64),
    text("general.name") + struct.pack("<I", 8) + text("识别"),
    text("flag") + struct.pack("<IB", 7, 1),
    array("scores", 6, 2, bytes(8)),
    array("tokens", 8, 2, text("村") + text("镇")),
]


def test_gguf_passes_over_metadata_and_counts_tensors():
    data = gguf(PAIRS, [tensor("a", [2, 3]), tensor("b", [4], 32)], bytes(200))
    assert read(data, "m.gguf") == {"format": "GGUF 3", "tensors": 2, "numbers": 10}


def test_gguf_without_tensors_is_a_vocabulary():
    assert read(gguf([], [], b"", version=2), "m.gguf")["tensors"] == 0


@pytest.mark.parametrize(
    "data",
    [
        gguf([], [], version=1),
        gguf([], [tensor("a", [2], 1000)]),
        gguf([], [tensor("a", [1] * 9)]),
        gguf([], [])[:20],
        gguf([array("x", 9, 1, struct.pack("<IQ", 4, 0))], []),
        gguf([array("x", 4, 2**40)], []),
        gguf([array("x", 4, 1_999_990)], []),
        gguf([text("x") + struct.pack("<I", 77)], []),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**40),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 90) + b"short",
        b"GGUF" + struct.pack("<IQQ", 3, 2**40, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 2**40),
    ],
    ids=[
        "old", "outside", "deep", "cut", "nested", "endless", "beyond", "unknown", "long text",
        "short text", "many tensors", "many pairs",
    ],
)  # fmt: skip
def test_gguf_whose_header_contradicts_the_file_is_refused(data):
    assert refusal(data) == "weights_layout"


def test_onnx_says_its_version():
    data = onnx((1, 9), (2, b"pytorch"), (7, b"graph"), (8, b"\x10\x11"))
    assert read(data, "m.onnx") == {"format": "ONNX IR 9"}


@pytest.mark.parametrize(
    "data",
    [
        onnx((1, 9), (2, b"x")),
        onnx((1, 9), (7, b"graph"), (9, b"x")),
        onnx((1, 9), (7, b"graph")) + b"\x3a\x7f",
        onnx((1, 9), (7, b"graph")) + b"\x0d\x01\x01\x01\x01",
        onnx((1, 9), (7, b"graph")) + b"\xff" * 11,
        onnx((1, 9), (7, b"graph")) + b"\x08",
    ],
    ids=["no graph", "foreign field", "beyond the end", "a float", "endless number", "cut"],
)
def test_onnx_that_is_no_model_is_refused(data):
    assert refusal(data) == "weights_layout"


def test_onnx_of_endless_fields_is_refused(monkeypatch):
    monkeypatch.setattr(model_weights, "MAX_TENSORS", 3)
    assert refusal(onnx((1, 9), (7, b"graph"), (2, b""), (2, b""))) == "weights_layout"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x80\x04\x95\x00", "model.safetensors"),
        (b"cos\nsystem\n(S'ls'\ntR.", "model.pkl"),
        (example({"w": [1]}), "model.pt"),
        (example({"w": [1]}), "model.BIN"),
    ],
)
def test_pickle_by_content_or_by_name_is_refused_with_the_reason(data, name):
    with pytest.raises(Invalid) as caught:
        read(data, name)
    assert (caught.value.code, caught.value.params) == ("weights_pickle", {"name": name})


def test_other_types_are_left_to_the_allow_list():
    assert read(json.dumps({"a": 1}).encode()) == {}
