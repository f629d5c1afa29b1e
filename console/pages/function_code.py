"""The tab Code of a function: edit it, upload it, download it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from console import editing
from console.access import act_of, function_for
from console.forms.functions import CodeForm, UploadForm
from console.htmx import fragment, go_to, is_htmx
from console.pages.function_page import OpenFunction, frame, open_function, state_line
from console.uploads import LimitedUpload
from invocations.engine.packages import BadPackage
from invocations.refusals import Refused
from releases.core.rights import Action
from releases.models import Function
from releases.operations import catalog
from releases.queries import routing

PAGE = "console/functions/function_code.html"
DEPLOY = "console/functions/_function_deploy.html"
CHANGED = [f"console/functions/_{name}.html" for name in ("function_state", "files", "package")]


@require_GET
def function_code(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    opened = open_function(request, region, service, name)
    wanted = request.GET.get("file") or editing.handler_file(opened.function.handler)
    package = routing.code(opened.function.code_id)
    return render(request, PAGE, frame(opened, "code") | _editor(opened, package, wanted))


def _editor(opened: OpenFunction, package: bytes, wanted: str) -> dict[str, Any]:
    """The files of the package, and the wanted one in a form, or why it cannot be shown."""
    digest = opened.function.code_id
    context: dict[str, Any] = {
        "file": wanted,
        "package_url": opened.url("function-package"),
        "upload_form": UploadForm(initial={"base_digest": digest}, auto_id="upload_%s"),
    }
    try:
        context["files"] = editing.list_files(package)
        if not wanted:
            raise editing.NotEditable("The handler names no file: it is not of the form module.function.")
        text = editing.read_text(package, wanted)
    except editing.NotEditable as reason:
        return context | {"not_editable": str(reason)}
    form = CodeForm(initial={"file": wanted, "base_digest": digest, "text": text or ""})
    _suit(form, wanted, read_only=not opened.at.is_latest)
    return context | {"form": form, "is_new": text is None}


def _suit(form: CodeForm, file: str, *, read_only: bool) -> None:
    """Highlighting by the file's name."""
    suffix = file.rpartition(".")[2]
    attrs = form.fields["text"].widget.attrs
    attrs["data-editor"] = {"py": "python", "json": "json", "cs": "csharp"}.get(suffix, "text")
    attrs["aria-label"] = file
    if read_only:
        attrs["readonly"] = True


@require_POST
def function_deploy(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    function = function_for(request, region, service, name, Action.EDIT)
    form = CodeForm(request.POST)
    status = _deploy(request, function, form) if form.is_valid() else 422
    opened = open_function(request, region, service, name)
    if status == 200 and not is_htmx(request):
        messages.success(request, "The code of LATEST was deployed.")
        return go_to(request, opened.url("function-code"))
    file = form.data.get("file", "")
    editor = _editor(opened, routing.code(opened.function.code_id), file)
    # The text stays what the person typed, above all when it was refused.
    context = editor | {"form": form, "deployed": status == 200}
    if is_htmx(request):
        also = CHANGED if status == 200 else []
        return fragment(request, DEPLOY, state_line(opened) | context, also=also, status=status)
    _suit(form, file, read_only=False)
    return render(request, PAGE, frame(opened, "code") | context, status=status)


def _deploy(request: HttpRequest, function: Function, form: CodeForm) -> int:
    """Save the edited file into the package. The HTTP status; what is wrong is in the form."""
    file, text = form.cleaned_data["file"], form.cleaned_data["text"]
    try:
        if file.endswith(".py"):
            editing.check_python(text)
        package = editing.replace_text(routing.code(function.code_id), file, text)
        base = form.cleaned_data["base_digest"]
        catalog.deploy_code(act_of(request), function, package=package, base_digest=base)
    except (editing.DoesNotParse, editing.NotEditable) as error:
        form.add_error("text", str(error))
        return 422
    except BadPackage as error:
        form.add_error("text", list(error.sentences))
        return 422
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return 409
    return 200


@csrf_exempt  # only until the upload's limit stands; _function_upload is protected
@require_POST
def function_upload(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    request.upload_handlers.insert(0, LimitedUpload(settings.CODE_LIMIT))
    return _function_upload(request, region, service, name)


@csrf_protect
def _function_upload(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    function = function_for(request, region, service, name, Action.EDIT)
    form = UploadForm(request.POST, request.FILES, auto_id="upload_%s")
    status = 422
    if form.is_valid():
        package, base = form.cleaned_data["package"].read(), form.cleaned_data["base_digest"]
        try:
            catalog.deploy_code(act_of(request), function, package=package, base_digest=base)
        except BadPackage as error:
            form.add_error("package", list(error.sentences))
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, "The package was deployed to LATEST.")
            return go_to(request, open_function(request, region, service, name).url("function-code"))
    opened = open_function(request, region, service, name)
    code = routing.code(opened.function.code_id)
    context = _editor(opened, code, editing.handler_file(opened.function.handler)) | {"upload_form": form}
    return render(request, PAGE, frame(opened, "code") | context, status=status)


@require_GET
def function_package(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    opened = open_function(request, region, service, name)
    content = routing.code(opened.function.code_id)
    file_name = f"{service}-{name}-{opened.qualifier}.zip"
    return HttpResponse(
        content,
        content_type="application/zip",
        headers={"Content-Disposition": content_disposition_header(True, file_name) or "attachment"},
    )


_FUNCTION = "services/<str:service>/functions/<str:name>"
urls = [
    path(f"{_FUNCTION}/code/", function_code, name="function-code"),
    path(f"{_FUNCTION}/deploy/", function_deploy, name="function-deploy"),
    path(f"{_FUNCTION}/upload/", function_upload, name="function-upload"),
    path(f"{_FUNCTION}/package/", function_package, name="function-package"),
]
