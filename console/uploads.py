"""Uploads that end at a limit."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler


class LimitedUpload(FileUploadHandler):
    """First in line, it lets a file's bytes through until they exceed `limit`; the rest is read and dropped.

    So nothing much larger than the limit is ever kept, and the form still sees a file that is too large and
    can say so in its place.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._passed = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._passed = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if self._passed > self._limit:
            return None
        self._passed += len(raw_data)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
