"""Small files of the kinds that a module may have beside a Python package, made in code."""

import gzip
import hashlib
import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Mapping, Sequence

EPOCH = (2026, 1, 1, 0, 0, 0)
MATTERS_SQL = """\
-- 村级事务代码表：四类事项与其办理时限（工作日）
CREATE TABLE village_matter (
    code    CHAR(2) PRIMARY KEY,
    name    VARCHAR(40) NOT NULL,
    days    INTEGER NOT NULL CHECK (days > 0)
);
INSERT INTO village_matter (code, name, days) VALUES
    ('01', '宅基地申请', 20),
    ('02', '低保申请', 15),
    ('03', '用水报修', 3),
    ('04', '公益岗位报名', 5);
"""
FORM_HTML = (
    '<!doctype html>\n<html lang="zh"><title>事项选择</title><div id="matters"></div></html>\n'
)
FORM_JS = """\
export async function matters(url) {
  const answer = await fetch(url);
  return (await answer.json()).filter((matter) => matter.days > 0);
}
"""


def safetensors(tensors: Mapping[str, Sequence[float]]) -> bytes:
    """Return 32-bit weights in the safetensors format."""
    header, data = {}, b""
    for name, numbers in tensors.items():
        packed = struct.pack(f"<{len(numbers)}f", *numbers)
        offsets = [len(data), len(data) + len(packed)]
        header[name] = {"dtype": "F32", "shape": [len(numbers)], "data_offsets": offsets}
        data += packed
    text = json.dumps({"__metadata__": {"format": "pt"}} | header).encode()
    return struct.pack("<Q", len(text)) + text + data


def image(layer: bytes = b"", *, zipped: bool = False) -> bytes:
    """Return a container image of one layer as ``docker save`` writes it."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers"}})
    blobs = [config.encode(), layer or tar({"app/matters.json": b"[]"})]
    paths = [f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}" for blob in blobs]
    manifest = [{"Config": paths[0], "RepoTags": ["hy/matters:1.0.0"], "Layers": paths[1:]}]
    parts = dict(zip(paths, blobs, strict=True))
    found = tar(parts | {"manifest.json": json.dumps(manifest).encode()})
    return gzip.compress(found, mtime=0) if zipped else found


def tar(parts: Mapping[str, bytes]) -> bytes:
    """Return a tar archive of ``parts``: path → bytes."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for path, data in parts.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def bundle(parts: Mapping[str, str] | None = None) -> bytes:
    """Return a front-end bundle of ``parts``: path → text."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in (parts or {"index.html": FORM_HTML, "matters.js": FORM_JS}).items():
            archive.writestr(zipfile.ZipInfo(path, EPOCH), text)
    return target.getvalue()
