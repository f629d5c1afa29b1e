from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from invocations.engine.packages import pack
from releases.models import Function
from releases.operations import catalog
from tests import make

from .conftest import HTMX

CHECKOUT = [make.REGION, "shop", "checkout"]
PAGE = reverse("function-code", args=CHECKOUT)
DEPLOY = reverse("function-deploy", args=CHECKOUT)
UPLOAD = reverse("function-upload", args=CHECKOUT)
NEW = "def handler(event, context):\r\n    return 'new'\r\n"


def edit(text: str = NEW, file: str = "index.py", base: str = "") -> dict[str, str]:
    return {"file": file, "text": text, "base_digest": base or Function.objects.get().code_id}


def files() -> dict[str, str]:
    return make.files(bytes(Function.objects.get().code.content or b""))


def test_function_code__latest__shows_the_handlers_file(alice: Client) -> None:
    make.two_versions()
    page = alice.get(PAGE)
    assert page.context["form"]["text"].value() == make.HELLO + "# two\n"
    text = page.content.decode()
    assert 'data-editor="python"' in text
    assert "The same as version 2" in text


def test_function_code__changed_since_publishing__says_so(alice: Client) -> None:
    shop = make.two_versions()
    make.deploy(shop.functions.get(), make.HELLO)
    assert "Differs from version 2" in alice.get(PAGE).content.decode()


@pytest.mark.parametrize("qualifier", ["1", "alias1"])
def test_function_code__at_a_version__is_read_only_with_the_reason(alice: Client, qualifier: str) -> None:
    make.alias(make.two_versions())
    page = alice.get(PAGE, {"qualifier": qualifier})
    assert page.context["form"]["text"].value() == make.HELLO
    text = page.content.decode()
    assert "readonly" in text
    assert "Read-only: a version cannot change" in text
    assert "Deploy code" not in text


def test_function_code__drop_down__offers_latest_versions_and_aliases(alice: Client) -> None:
    make.alias(make.two_versions())
    text = alice.get(PAGE).content.decode()
    for link in (PAGE, f"{PAGE}?qualifier=1", f"{PAGE}?qualifier=2", f"{PAGE}?qualifier=alias1"):
        assert f'href="{link}"' in text


def test_function_code__other_files__can_be_switched_to(alice: Client) -> None:
    shop = make.service()
    checkout = make.function(shop)
    content = pack({"index.py": b"", "a b/data.json": b"{}", "logo.png": b"\x89PNG\0"})
    catalog.deploy_code(make.act(), checkout, package=content, base_digest=None)
    page = alice.get(PAGE, {"file": "a b/data.json"})
    assert page.context["form"]["text"].value() == "{}"
    text = page.content.decode()
    assert 'data-editor="json"' in text
    assert "?file=a%20b%2Fdata.json" in text
    assert "logo.png" in text
    assert "?file=logo.png" not in text
    assert "is not a text file" in alice.get(PAGE, {"file": "logo.png"}).content.decode()


def test_function_code__handlers_file_missing__offers_to_add_it(alice: Client) -> None:
    make.function(make.service(), handler="main.run")
    assert "Not in the package yet" in alice.get(PAGE).content.decode()
    assert alice.post(DEPLOY, edit(file="main.py")).status_code == 302
    assert files().keys() == {"index.py", "main.py"}


def test_function_deploy__form__saves_the_file_and_leads_back(alice: Client) -> None:
    make.function(make.service())
    response = alice.post(DEPLOY, edit())
    assert response["Location"] == PAGE
    assert files() == {"index.py": NEW.replace("\r\n", "\n")}


def test_function_deploy__htmx__renews_what_depends_on_the_code(alice: Client) -> None:
    make.function(make.service())
    response = alice.post(DEPLOY, edit(), headers=HTMX)
    assert response.status_code == 200
    text = response.content.decode()
    for part in ("function-deploy", "function-state", "function-files", "function-package"):
        assert f'id="{part}"' in text
    # The next deploy and the next upload are based on what was deployed just now.
    assert text.count(Function.objects.get().code_id) == 2
    assert alice.post(DEPLOY, edit("x = 1\n"), headers=HTMX).status_code == 200


def test_function_deploy__keeps_the_other_files_and_their_modes(alice: Client) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        script = zipfile.ZipInfo("run.sh")
        script.external_attr = 0o100755 << 16
        archive.writestr(script, "#!/bin/sh\n")
        archive.writestr("index.py", "old = 1\n")
    checkout = make.function(make.service())
    catalog.deploy_code(make.act(), checkout, package=buffer.getvalue(), base_digest=None)
    alice.post(DEPLOY, edit("new = 1\n"))
    with zipfile.ZipFile(io.BytesIO(bytes(Function.objects.get().code.content or b""))) as archive:
        assert archive.getinfo("run.sh").external_attr == 0o100755 << 16
        assert archive.read("index.py") == b"new = 1\n"


def test_function_deploy__same_text__changes_nothing(alice: Client) -> None:
    make.two_versions()
    before = Function.objects.get().code_id
    alice.post(DEPLOY, edit((make.HELLO + "# two\n").replace("\n", "\r\n")))
    assert Function.objects.get().code_id == before


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_function_deploy__deployed_by_another__is_refused_and_keeps_the_text(
    alice: Client, headers: dict[str, str]
) -> None:
    checkout = make.function(make.service())
    mine = edit("mine = 1\n")
    make.deploy(checkout, "theirs = 1\n")
    response = alice.post(DEPLOY, mine, headers=headers)
    assert response.status_code == 409
    text = response.content.decode()
    assert "deployed by somebody else" in text
    # Trying again must not overwrite it either.
    assert mine["base_digest"] in text
    assert headers or "mine = 1" in text
    assert files() == {"index.py": "theirs = 1\n"}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_function_deploy__code_does_not_parse__names_the_line(alice: Client, headers: dict[str, str]) -> None:
    make.function(make.service())
    response = alice.post(DEPLOY, edit("x = 1\r\ndef handler(:\r\n"), headers=headers)
    assert response.status_code == 422
    assert "Line 2: invalid syntax" in response.content.decode()
    assert headers or "def handler(:" in response.content.decode()
    assert files() == {"index.py": make.HELLO}


@pytest.mark.parametrize(
    "change",
    [
        {"file": "../evil.py"},
        {"file": "index.py/x.txt"},
        {"file": ""},
        {"file": "a\\b.txt"},
        {"file": "x" * 2000},
        {"base_digest": ""},
        {"text": "x" * (2**20 + 1)},
        {"text": "nul \0"},
        {"text": "(" * 50_000},
    ],
)
def test_function_deploy__bad_input__is_an_error_in_place(alice: Client, change: dict[str, str]) -> None:
    make.function(make.service())
    response = alice.post(DEPLOY, edit() | change)
    assert response.status_code == 422
    assert files() == {"index.py": make.HELLO}


def test_function_upload__zip__replaces_the_code(alice: Client) -> None:
    make.function(make.service())
    content = pack({"index.py": b"def handler(:"})  # what is uploaded is not parsed
    response = alice.post(
        UPLOAD,
        {"package": SimpleUploadedFile("c.zip", content), "base_digest": Function.objects.get().code_id},
    )
    assert response["Location"] == PAGE
    assert files() == {"index.py": "def handler(:"}


@pytest.mark.parametrize(
    ("content", "base", "status", "reason"),
    [
        (b"PK nothing", None, 422, "not a zip"),
        (pack({"/etc/passwd": b""}), None, 422, "leaves its folder"),
        (None, None, 422, "required"),
        (pack({"index.py": b""}), "0" * 64, 409, "deployed by somebody else"),
    ],
)
def test_function_upload__bad__is_an_error_in_place(
    alice: Client, content: bytes | None, base: str | None, status: int, reason: str
) -> None:
    make.function(make.service())
    data: dict[str, object] = {"base_digest": base or Function.objects.get().code_id}
    if content is not None:
        data["package"] = SimpleUploadedFile("c.zip", content)
    response = alice.post(UPLOAD, data)
    assert response.status_code == status
    assert reason in str(response.context["upload_form"].errors)
    assert files() == {"index.py": make.HELLO}


@pytest.mark.parametrize(("qualifier", "text"), [("", make.HELLO + "# two\n"), ("1", make.HELLO)])
def test_function_package__any_qualifier__is_its_zip(alice: Client, qualifier: str, text: str) -> None:
    make.two_versions()
    url = reverse("function-package", args=CHECKOUT)
    response = alice.get(url, {"qualifier": qualifier} if qualifier else {})
    assert response.content == make.code(text)
    assert response["Content-Type"] == "application/zip"
    name = f"shop-checkout-{qualifier or 'LATEST'}.zip"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
