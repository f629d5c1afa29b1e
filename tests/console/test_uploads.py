from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory, override_settings

from console.uploads import LimitedUpload

MB = 2**20
CHUNK = LimitedUpload.chunk_size


@override_settings(DATA_UPLOAD_MAX_NUMBER_FILES=2)
@pytest.mark.parametrize(
    ("size", "least", "most"),
    [(100, 100, 100), (MB, MB, MB), (5 * MB, MB + 1, MB + CHUNK)],
)
def test_limited_upload__any_size__keeps_what_tells_that_it_is_too_large(
    size: int, least: int, most: int
) -> None:
    request = RequestFactory().post(
        "/", {"first": SimpleUploadedFile("a", b"x" * size), "second": SimpleUploadedFile("b", b"x" * 10)}
    )
    request.upload_handlers.insert(0, LimitedUpload(MB))
    assert least <= request.FILES["first"].size <= most
    assert request.FILES["second"].size == 10
    request.close()
