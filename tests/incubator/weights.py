"""Model weights for tests, built field by field."""

import json
import struct


def safetensors(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    """Return a file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def text(value: str) -> bytes:
    """Return a GGUF string."""
    return struct.pack("<Q", len(value.encode())) + value.encode()


def tensor(name: str, dimensions: list[int], offset: int = 0) -> bytes:
    """Return the description of a GGUF tensor."""
    sizes = struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions)
    return text(name) + sizes + struct.pack("<IQ", 0, offset)


def gguf(
    pairs: list[bytes], tensors: list[bytes], data: bytes = bytes(64), version: int = 3
) -> bytes:
    """Return a GGUF file of ready-made parts, its data aligned to 32 bytes."""
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs))
    head += b"".join(pairs) + b"".join(tensors)
    return head + bytes(-len(head) % 32) + data


def onnx(*fields: tuple[int, object]) -> bytes:
    """Return a protobuf message of small numbers and bytes by field number."""
    parts = []
    for number, value in fields:
        if isinstance(value, int):
            parts.append(bytes((number << 3, value)))
        else:
            parts.append(bytes((number << 3 | 2, len(value))) + value)
    return b"".join(parts)
