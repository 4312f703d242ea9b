"""What a warehouse loads of the analytics export: the rows of the files that the manifest names."""

from __future__ import annotations

import gzip
import hashlib
import json
import pathlib
from typing import Any

from support.check import equal


def exported_rows(folder: pathlib.Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for manifest in folder.glob("*/manifest.ndjson"):
        for line in manifest.read_text().splitlines():
            for file in json.loads(line)["files"]:
                content = (manifest.parent / file["file"]).read_bytes()
                equal(hashlib.sha256(content).hexdigest(), file["sha256"], f"hash of {file['file']}")
                found = [json.loads(row) for row in gzip.decompress(content).decode().splitlines()]
                equal(len(found), file["rows"], f"rows of {file['file']}")
                rows += found
    return rows
