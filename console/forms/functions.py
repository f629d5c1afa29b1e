"""Forms of the functions pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from console.editing import MAX_TEXT
from console.forms.checks import WholeNumberField, obeys
from console.forms.triggers import NO_METHOD, HttpConfigForm
from console.samples import NoSample, sample_package
from releases.core import configuration as limits
from releases.core import names
from releases.operations.catalog import Configuration

_LABELS = {"python3": "Python 3", "dotnet": "C#"}
_MEMORY = range(limits.MIN_MEMORY_MB, limits.MAX_MEMORY_MB + 1, limits.MEMORY_STEP_MB)


def code_input(rows: int, language: str = "") -> forms.Textarea:
    attrs = {"class": "code", "rows": rows, "spellcheck": "false", "autocapitalize": "off"}
    return forms.Textarea(attrs=attrs | ({"data-editor": language} if language else {}))


class ConfigurationForm(forms.Form):
    """What a function is beside its name and code."""

    runtime = forms.ChoiceField(choices=[(name, _LABELS.get(name, name)) for name in limits.RUNTIMES])
    handler = forms.CharField(
        initial="index.handler",
        validators=[obeys(limits.check_handler)],
        widget=forms.TextInput(attrs={"maxlength": limits.MAX_HANDLER, "autocomplete": "off"}),
        help_text="Python: module.function, such as index.handler. C#: Assembly::Namespace.Class::Method.",
    )
    memory_mb = forms.TypedChoiceField(
        label="Memory",
        coerce=int,
        choices=[(size, f"{size:,} MB") for size in _MEMORY],
        initial=limits.MIN_MEMORY_MB,
        help_text="An instance that uses more is ended.",
    )
    timeout_s = WholeNumberField(
        label="Timeout (seconds)",
        initial=10,
        validators=[obeys(limits.check_timeout)],
        help_text=f"1 to {limits.MAX_TIMEOUT_S}. A call that takes longer is ended.",
    )
    initializer = forms.CharField(
        required=False,
        validators=[obeys(limits.check_initializer)],
        widget=forms.TextInput(attrs={"maxlength": limits.MAX_HANDLER, "autocomplete": "off"}),
        help_text="module.function that runs once in each new instance. Empty for none.",
    )
    initialization_timeout_s = WholeNumberField(
        label="Initializer timeout (seconds)",
        initial=10,
        validators=[obeys(limits.check_initialization_timeout)],
        help_text=f"1 to {limits.MAX_INITIALIZATION_TIMEOUT_S}.",
    )
    environment = forms.CharField(
        label="Environment variables",
        required=False,
        strip=False,
        widget=code_input(4),
        help_text=f"One a line: NAME=value. {limits.MAX_ENVIRONMENT_BYTES:,} bytes in all.",
    )
    description = forms.CharField(
        required=False,
        validators=[obeys(names.check_description)],
        widget=forms.TextInput(attrs={"maxlength": names.MAX_DESCRIPTION, "autocomplete": "off"}),
    )

    def clean_environment(self) -> dict[str, str]:
        variables = parse_environment(self.cleaned_data["environment"])
        obeys(limits.check_environment)(variables)
        return variables

    def configuration(self) -> Configuration:
        """The cleaned form as the operations take it."""
        columns = {field.name for field in fields(Configuration)} & self.cleaned_data.keys()
        return Configuration(**{column: self.cleaned_data[column] for column in columns})


def parse_environment(text: str) -> dict[str, str]:
    """Lines of NAME=value. An error names the line, never its value: it may be a secret."""
    variables: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals:
            raise ValidationError(f"Line {number} is not of the form NAME=value.")
        if name in variables:
            raise ValidationError(f"Line {number} sets {name[:64]} again.")
        variables[name] = value
    return variables


def format_environment(variables: Mapping[str, str]) -> str:
    return "\n".join(f"{name}={value}" for name, value in sorted(variables.items()))


class EditConfigurationForm(ConfigurationForm):
    """The configuration of a function that is there; `base_digest` is that of the one it was opened on."""

    base_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.has_error("base_digest"):
            self.add_error(None, "The form does not say what it was opened on: open it again.")
        return cleaned


class PackageField(forms.FileField):
    """A zip that fits the API's limit; what is in it is judged where it is kept."""

    widget = forms.FileInput(attrs={"accept": ".zip,application/zip"})

    def clean(self, data: Any, initial: Any = None) -> UploadedFile[bytes] | None:
        file: UploadedFile[bytes] | None = super().clean(data, initial)
        if file is not None and (file.size or 0) > settings.CODE_LIMIT:
            limit = filesizeformat(settings.CODE_LIMIT)
            raise ValidationError(f"The package is too large: at most {limit} are taken.", code="too_large")
        return file


class FunctionForm(ConfigurationForm, HttpConfigForm):
    """A new function; without a package it begins with the sample of its type."""

    type = forms.ChoiceField(
        choices=[("event", "Event function"), ("http", "HTTP function")],
        initial="event",
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    with_trigger = forms.BooleanField(label="Make it answer under an address", required=False, initial=True)

    name = forms.CharField(
        validators=[obeys(names.check_function_name)],
        widget=forms.TextInput(
            attrs={"maxlength": names.MAX_FUNCTION_NAME, "autocomplete": "off", "autofocus": True}
        ),
        help_text="Letters, digits, hyphens and underscores; it begins with a letter or an underscore.",
    )
    package = PackageField(
        label="Code package",
        required=False,
        help_text="A zip with your code. Empty: begin with a sample that returns which version served it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in HttpConfigForm.base_fields:
            self.fields[name].required = False

    @property
    def wants_trigger(self) -> bool:
        return self.cleaned_data.get("type") == "http" and bool(self.cleaned_data.get("with_trigger"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in HttpConfigForm.base_fields if self.wants_trigger else ():
            if not cleaned.get(name) and not self.has_error(name):
                self.add_error(name, NO_METHOD if name == "methods" else "Choose who may call it.")
        if self.errors:
            return cleaned
        file = cleaned.get("package")
        try:
            cleaned["package"] = (
                file.read()
                if file
                else sample_package(cleaned["handler"], cleaned["type"], cleaned["runtime"])
            )
        except NoSample as error:
            self.add_error("handler", str(error))
        return cleaned


class UploadForm(forms.Form):
    """A zip that replaces the code of LATEST."""

    package = PackageField(label="Code package (zip)")
    base_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)


class CodeForm(forms.Form):
    """One file of the package, edited."""

    file = forms.CharField(widget=forms.HiddenInput, max_length=1024, strip=False)
    base_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    text = forms.CharField(label="Code", required=False, strip=False, widget=code_input(24, "python"))

    def clean_text(self) -> str:
        # A textarea sends a line's end as CR LF whatever the file had.
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        if len(text.encode()) > MAX_TEXT:
            raise ValidationError(f"The editor saves files of at most {filesizeformat(MAX_TEXT)}.")
        return text
