"""The code that a new function begins with: what an event calls, and what answers HTTP requests."""

from __future__ import annotations

import keyword
import re

from console.editing import handler_file
from invocations.engine.packages import pack

_PYTHON3 = '''\
"""A sample function: it logs, and answers with the version that served the call."""

import json
import logging

logger = logging.getLogger()


def {function}(event, context):
    service = context.service
    # version_id is empty at LATEST, the working copy.
    version = service.version_id or "LATEST"
    logger.info("called as %s, served by version %s", service.qualifier, version)
    print(f"the event has {{len(event)}} bytes")
    return json.dumps({{"qualifier": service.qualifier, "version": version}})
'''


_PYTHON3_HTTP = '''\
"""A sample HTTP function: it logs, and answers in plain text with the version that served the request."""

import logging

logger = logging.getLogger()


def {function}(environ, start_response):
    service = environ["fc.context"].service
    # version_id is empty at LATEST, the working copy.
    version = service.version_id or "LATEST"
    asked = f"{{environ['REQUEST_METHOD']}} {{environ['PATH_INFO']}}"
    logger.info("%s called as %s, served by version %s", asked, service.qualifier, version)
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{{service.qualifier}} is served by version {{version}}\\n".encode()]
'''

_DOTNET = """\
using System.IO;
using Aliyun.Serverless.Core;
using Microsoft.Extensions.Logging;

namespace {namespace}
{{
    /// <summary>A sample function: it logs, and answers with the version that served the call.</summary>
    public class {name}
    {{
        public object {method}(Stream input, IFcContext context)
        {{
            IServiceMeta service = context.ServiceMeta;
            // VersionId is empty at LATEST, the working copy.
            string version = service.VersionId == "" ? "LATEST" : service.VersionId;
            ILogger logger = context.Logger;
            logger.LogInformation("called as {{0}}, served by version {{1}}", service.Qualifier, version);
            System.Console.WriteLine("the event has " + input.Length + " bytes");
            return new {{ qualifier = service.Qualifier, version }};
        }}
    }}
}}
"""

_DOTNET_HTTP = """\
using System.Threading.Tasks;
using Aliyun.Serverless.Core;
using Aliyun.Serverless.Core.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace {namespace}
{{
    /// <summary>A sample HTTP function: it answers with the version that served the request.</summary>
    public class {name} : FcHttpEntrypoint
    {{
        public {override}async Task<HttpResponse> {method}(
            HttpRequest request, HttpResponse response, IFcContext context)
        {{
            IServiceMeta service = context.ServiceMeta;
            // VersionId is empty at LATEST, the working copy.
            string version = service.VersionId == "" ? "LATEST" : service.VersionId;
            ILogger logger = context.Logger;
            logger.LogInformation("{{0}} served by version {{1}}", request.Path, version);
            response.ContentType = "text/plain; charset=utf-8";
            await response.WriteAsync(service.Qualifier + " is served by version " + version + "\\n");
            return response;
        }}
    }}
}}
"""

_PYTHON3_SAMPLES = {"event": _PYTHON3, "http": _PYTHON3_HTTP}
_DOTNET_SAMPLES = {"event": _DOTNET, "http": _DOTNET_HTTP}
_DOTNET_HANDLER = re.compile(
    r"[\w.-]+::([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\.([A-Za-z_]\w*)::([A-Za-z_]\w*)", re.ASCII
)


class NoSample(ValueError):
    """No sample fits the handler; the text is for the person."""


def sample_package(handler: str, function_type: str = "event", runtime: str = "python3") -> bytes:
    """A zip with the sample of a function type such that `handler` names it. Raises NoSample."""
    text = _dotnet(handler, function_type) if runtime == "dotnet" else _python3(handler, function_type)
    return pack({handler_file(handler): text.encode()})


def _python3(handler: str, function_type: str) -> str:
    path, _, function = handler.rpartition(".")
    if not path or not all(map(_is_name, [*path.replace("/", ".").split("."), function])):
        raise NoSample("For the sample, write module.function, such as index.handler.")
    return _PYTHON3_SAMPLES[function_type].format(function=function)


def _dotnet(handler: str, function_type: str) -> str:
    match = _DOTNET_HANDLER.fullmatch(handler)
    if match is None:
        example = "Shop::Shop.Orders::Handle" if function_type == "event" else "Shop::Shop.Web::HandleRequest"
        raise NoSample(f"For the sample, write Assembly::Namespace.Class::Method, such as {example}.")
    namespace, name, method = match.groups()
    override = "override " if method == "HandleRequest" else ""
    return _DOTNET_SAMPLES[function_type].format(
        namespace=namespace, name=name, method=method, override=override
    )


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)
