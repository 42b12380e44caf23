"""Model weights that hold numbers only: safetensors, GGUF, ONNX.

Formats that run code when they are loaded (Python pickle in any wrapping) are no weights here.
Read are the headers, bounded; that they agree with the file's length, and how much it holds.
"""

import io
import json
import math
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from incubator.domain.module import wrong
from portal.domain.content_types import GGUF, ONNX, SAFETENSORS

MAX_HEADER_BYTES: Final = 16 * 2**20
MAX_TENSORS: Final = 100_000
MAX_STRING_BYTES: Final = 2**20
MAX_VALUES: Final = 2_000_000
"""Values of a GGUF file's metadata together: a vocabulary has some 150 000."""
MAX_DIMENSIONS: Final = 8
DTYPE_BYTES: Final = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "U16": 2, "I16": 2, "F16": 2,
    "BF16": 2, "U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8,
}  # fmt: skip
GGUF_SCALARS: Final = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
GGUF_STRING, GGUF_ARRAY = 8, 9
GGUF_ALIGNMENT: Final = 32
ONNX_GRAPH, ONNX_IR_VERSION = 7, 1
ONNX_FIELDS: Final = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26})
"""Numbers of the fields of onnx.proto's ModelProto."""
_DAMAGED: Final = (struct.error, ValueError, KeyError, TypeError, AttributeError, RecursionError)


def read_weights(opened: BinaryIO, found: str, name: str) -> dict[str, Any]:
    """Return format and size of the weights in ``opened`` (at its beginning).

    A type that is no weights is answered with nothing; the allow list refuses it. Raises
    ``Invalid("weights_layout")`` where the header contradicts the file.
    """
    readers = {SAFETENSORS: read_safetensors, GGUF: read_gguf, ONNX: read_onnx}
    if found not in readers:
        return {}
    end = opened.seek(0, io.SEEK_END)
    opened.seek(0)
    try:
        return readers[found](opened, end)
    except _DAMAGED as error:
        raise wrong("weights_layout", name=name) from error


def read_safetensors(opened: BinaryIO, end: int) -> dict[str, Any]:
    """Return what the header of a safetensors file says; its tensors fill the file exactly."""
    (length,) = struct.unpack("<Q", opened.read(8))
    if length > MAX_HEADER_BYTES:
        raise ValueError(length)
    header = json.loads(opened.read(length).decode("utf-8"))
    header.pop("__metadata__", None)
    place, numbers = 0, 0
    for tensor in sorted(header.values(), key=lambda tensor: tensor["data_offsets"]):
        begin, finish = tensor["data_offsets"]
        count = count_of(tensor["shape"])
        if begin != place or finish - begin != count * DTYPE_BYTES[tensor["dtype"]]:
            raise ValueError(tensor)
        place, numbers = finish, numbers + count
    if 8 + length + place != end:
        raise ValueError(end)
    return {"format": "safetensors", "tensors": len(header), "numbers": numbers}


def count_of(shape: list[int]) -> int:
    """Return how many numbers a tensor of ``shape`` has; raises ``ValueError`` for no shape."""
    sizes = [size for size in shape if type(size) is int and size >= 0]
    if len(sizes) != len(shape) or len(shape) > MAX_DIMENSIONS:
        raise ValueError(shape)
    return math.prod(sizes)


class GgufReader:
    """Reads a GGUF header and counts what it read, so that no header takes for ever."""

    def __init__(self, opened: BinaryIO) -> None:
        """Begin behind the magic number."""
        self.opened, self.values = opened, 0

    def number(self, form: str) -> int:
        """Return the next integer of a ``struct`` form."""
        (value,) = struct.unpack(f"<{form}", self.opened.read(struct.calcsize(f"<{form}")))
        return int(value)

    def text(self) -> str:
        """Return the next string."""
        length = self.number("Q")
        if length > MAX_STRING_BYTES:
            raise ValueError(length)
        data = self.opened.read(length)
        if len(data) < length:
            raise ValueError(length)
        return data.decode("utf-8", "replace")

    def count(self, many: int) -> None:
        """Note ``many`` values more; raises ``ValueError`` beyond what a file may have."""
        self.values += many
        if self.values > MAX_VALUES:
            raise ValueError(self.values)

    def value(self, kind: int, *, nested: bool = False) -> int:
        """Pass over a value of the metadata; return it where it is an unsigned integer."""
        self.count(1)
        if kind == GGUF_STRING:
            self.text()
        elif kind == GGUF_ARRAY and not nested:
            self.array(self.number("I"), self.number("Q"))
        elif kind == 4:
            return self.number("I")
        else:
            self.opened.read(GGUF_SCALARS[kind])
        return 0

    def array(self, kind: int, length: int) -> None:
        """Pass over an array's values."""
        self.count(length)
        if kind in GGUF_SCALARS:
            self.opened.seek(length * GGUF_SCALARS[kind], io.SEEK_CUR)
            return
        for _place in range(length):
            self.value(kind, nested=True)


def read_gguf(opened: BinaryIO, end: int) -> dict[str, Any]:
    """Return what a GGUF header (version 2 or 3) says; every tensor begins within the file."""
    opened.seek(4)
    reader = GgufReader(opened)
    version, tensors, pairs = reader.number("I"), reader.number("Q"), reader.number("Q")
    if version not in {2, 3} or tensors > MAX_TENSORS or pairs > MAX_TENSORS:
        raise ValueError(version)
    alignment = GGUF_ALIGNMENT
    for _pair in range(pairs):
        key, value = reader.text(), reader.value(reader.number("I"))
        alignment = value if key == "general.alignment" else alignment
    numbers, last = 0, 0
    for _tensor in range(tensors):
        reader.text()
        dimensions = min(reader.number("I"), MAX_DIMENSIONS + 1)
        numbers += count_of([reader.number("Q") for _dimension in range(dimensions)])
        reader.number("I")
        last = max(last, reader.number("Q"))
    data = -(-opened.tell() // max(alignment, 1)) * max(alignment, 1)
    if opened.tell() > end or (tensors and data + last >= end):
        raise ValueError(end)
    return {"format": f"GGUF {version}", "tensors": tensors, "numbers": numbers}


def read_onnx(opened: BinaryIO, end: int) -> dict[str, Any]:
    """Return an ONNX model's format version; its fields are ModelProto's and fill the file."""
    found = dict(proto_fields(opened, end))
    if ONNX_GRAPH not in found or ONNX_IR_VERSION not in found or not set(found) <= ONNX_FIELDS:
        raise ValueError(sorted(found))
    return {"format": f"ONNX IR {found[ONNX_IR_VERSION]}"}


def proto_fields(opened: BinaryIO, end: int) -> Iterator[tuple[int, int]]:
    """Yield (number, value or length) of every field of a protobuf message, contents passed over.

    Only numbers and things with a length occur in ModelProto.
    """
    for _field in range(MAX_TENSORS):
        if opened.tell() >= end:
            break
        tag, value = varint(opened), varint(opened)
        if tag & 7 == 2:
            opened.seek(value, io.SEEK_CUR)
        elif tag & 7:
            raise ValueError(tag)
        yield tag >> 3, value
    if opened.tell() != end:
        raise ValueError(end)


def varint(opened: BinaryIO) -> int:
    """Return the next base-128 integer of at most ten bytes."""
    value = 0
    for place in range(10):
        (byte,) = opened.read(1)
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value
    raise ValueError(value)
