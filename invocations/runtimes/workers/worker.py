"""The process that runs Python functions: `python3 -I -S -B worker.pyc DESCRIPTOR`.

It speaks the protocol of `invocations.engine.protocol` on an inherited socket. It is one file and imports as
little as it can, for each import is paid at every cold start; what only some functions need is imported when
they need it. The code it runs shares its memory and may do anything to it: the engine trusts nothing it says.
"""

import io
import os
import resource
import sys
import time

# The protocol: see invocations/engine/protocol.py.
START, INVOKE, HTTP, HTTP_OPEN, BODY, GONE = 1, 2, 3, 4, 5, 6
HELLO, READY, OK, EXCEPTION, LOAD, INIT, MEMORY = 16, 17, 32, 34, 35, 36, 37
ANSWERED, BEGIN, CHUNK = 38, 39, 40
# Enough for most events. A larger buffer would be mapped and unmapped for every call, a fifth of its cost.
READ_BYTES = 16 * 1024
HEADER_BYTES = 13
# Largest piece of an answer: the engine holds back what is written faster than the caller reads.
CHUNK_BYTES = 64 * 1024
# An answer that is ready at once and no larger goes as one frame, with what it took in its headers.
WHOLE_BYTES = 1024 * 1024
BODILESS = ("204", "205", "304")
MAX_DIGITS = 15  # of a Content-Length

SLACK_BYTES = 512 * 1024 * 1024
LIMITS = (
    (resource.RLIMIT_NPROC, 256),
    (resource.RLIMIT_NOFILE, 1024),
    (resource.RLIMIT_FSIZE, 512 * 1024 * 1024),
    (resource.RLIMIT_CORE, 0),
)
LOG_DESCRIPTOR = 1
MESSAGE_LIMIT = 64 * 1024


class Channel:
    """Frames in and out, one at a time, over the blocking socket."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.rest = b""
        os.set_inheritable(descriptor, False)
        # A forked child must not answer in the function's name, nor keep the socket open after its death.
        os.register_at_fork(after_in_child=self.leave)

    def leave(self):
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def receive(self, read=os.read):
        """The next frame, whole; ends the process when the engine is gone."""
        data = self.rest or read(self.descriptor, READ_BYTES)
        while len(data) < HEADER_BYTES:
            more = read(self.descriptor, READ_BYTES)
            if not more:
                os._exit(0)
            data += more
        size = int.from_bytes(data[:4], "little") + 4
        if len(data) >= size:
            self.rest = data[size:]
            return data[:size]
        self.rest = b""
        whole = bytearray(size)
        view = memoryview(whole)
        view[: len(data)] = data
        position = len(data)
        while position < size:
            count = os.readv(self.descriptor, [view[position:]])
            if not count:
                os._exit(0)
            position += count
        return bytes(whole)

    def has_more(self):
        """Whether a frame has come, or has begun to."""
        return bool(self.rest) or bool(__import__("select").select([self.descriptor], (), (), 0)[0])

    def send(self, kind, sequence, duration_us, payload=b"", write=os.write):
        """An answer: header, microseconds, largest resident set in kB, payload."""
        memory_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        data = b"%b%b%c%b%b%b" % (
            (len(payload) + 17).to_bytes(4, "little"),
            sequence,
            kind,
            min(duration_us, 0xFFFFFFFF).to_bytes(4, "little"),
            memory_kb.to_bytes(4, "little"),
            payload,
        )
        self.write(data, write)

    def say(self, kind, sequence, body):
        """A piece of an answer, which carries no figures."""
        self.write(b"%b%b%c%b" % ((len(body) + 9).to_bytes(4, "little"), sequence, kind, body))

    def write(self, data, write=os.write):
        if self.descriptor < 0:  # a child that the function forked, and that came back from the handler
            os._exit(0)
        sent = write(self.descriptor, data)
        if sent < len(data):
            view = memoryview(data)
            while sent < len(data):
                sent += write(self.descriptor, view[sent:])


class Log(io.RawIOBase):
    """What the function prints, written through to the engine's pipe up to a limit per invocation.

    Between invocations nothing is written, so a thread that goes on printing writes into nobody's log.
    """

    def __init__(self):
        self.left = 0

    def writable(self):
        return True

    def fileno(self):
        return LOG_DESCRIPTOR

    def write(self, data):
        size = len(data)
        if self.left > 0:
            # One byte more than the limit tells the engine that something was cut.
            data = bytes(data[: self.left])
            self.left -= len(data)
            try:
                while data:
                    data = data[os.write(LOG_DESCRIPTOR, data) :]
            except OSError:  # the function closed or replaced the descriptor: its log is its own loss
                self.left = 0
        return size


class Output:
    """The streams of the function, `sys.stdout` and `sys.stderr`, as one text file over one `Log`."""

    def __init__(self):
        self.limit = 0
        self.raw = Log()
        self.stream = io.TextIOWrapper(
            io.BufferedWriter(self.raw), encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = self.stream

    def open(self):
        self.raw.left = self.limit + 1

    def close(self):
        if not self.stream.closed:
            self.stream.flush()
        self.raw.left = 0


class Credentials:
    def __init__(self):
        self.access_key_id = ""
        self.access_key_secret = ""
        self.security_token = ""


class FunctionMeta:
    def __init__(self, settings):
        self.name = settings["function"]
        self.handler = settings["handler"]
        self.memory = int(settings["memory_mb"])
        self.timeout = int(settings["timeout_s"])
        self.initializer = settings["initializer"]
        self.initialization_timeout = int(settings["initialization_timeout_s"])


class ServiceMeta:
    def __init__(self, settings, qualifier):
        self.name = settings["service"]
        self.log_project = settings["log_project"]
        self.log_store = settings["log_store"]
        self.qualifier = qualifier
        self.version_id = settings["version_id"]


class Tracing:
    def __init__(self):
        self.span_context = ""
        self.span_baggages = {}
        self.jaeger_endpoint = ""


class Context:
    """Function Compute's context object, as its Python runtime hands it to handlers."""

    def __init__(self, worker, request_id, qualifier):
        self.request_id = request_id
        self.credentials = worker.credentials
        self.function = worker.function
        self.service = ServiceMeta(worker.settings, qualifier)
        self.tracing = worker.tracing
        self.region = worker.settings["region"]
        self.account_id = worker.settings["account_id"]

    def to_json(self):
        return encode(self, default=vars).decode()


class LoggingHook:
    """Gives `logging` Function Compute's format when a function first imports it; costs nothing before."""

    def __init__(self, worker):
        self.worker = worker
        self.loader = None

    def find_spec(self, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        found = (finder.find_spec(name, path, target) for finder in sys.meta_path)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and not spec.origin.startswith(self.worker.settings["code"]):
            self.loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        layout = "%(asctime)s.%(msecs)03dZ %(request_id)s [%(levelname)s] %(message)s"
        formatter = module.Formatter(layout, "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        handler = module.StreamHandler(self.worker.output.stream)
        handler.setFormatter(formatter)
        handler.addFilter(self.mark)
        module.root.addHandler(handler)
        module.root.setLevel(module.INFO)

    def mark(self, record):
        record.request_id = self.worker.request_id
        return True


class FunctionError(Exception):
    """A fault of the function that the worker finds."""

    def __init__(self, message, error_type):
        super().__init__(message)
        self.error_type = error_type


class Worker:
    def __init__(self, channel):
        self.channel = channel
        self.output = Output()
        self.credentials = Credentials()
        self.tracing = Tracing()
        self.request_id = ""
        self.settings = {}
        self.max_payload = 0
        self.function = None
        self.handler = None

    def run(self):
        self.channel.send(HELLO, bytes(8), 0)
        self.start(self.channel.receive())
        while True:
            frame = self.channel.receive()
            kind = frame[12]
            if kind == INVOKE:
                self.invoke(frame)
            elif kind in (HTTP, HTTP_OPEN):
                self.serve(frame)
            # What is left crossed the end of the call that it belongs to.

    def start(self, frame):
        self.settings = settings = adopt(frame[HEADER_BYTES:])
        self.function = FunctionMeta(settings)
        self.request_id = settings["request_id"]
        self.output.limit = int(settings["log_bytes"])
        self.max_payload = int(settings["payload_bytes"])
        # The engine samples and ends what grows too large; this is the backstop for what grows too fast.
        ceiling = int(settings["memory_mb"]) * 1024 * 1024 + SLACK_BYTES
        resource.setrlimit(resource.RLIMIT_DATA, (ceiling, ceiling))
        sys.meta_path.insert(0, LoggingHook(self))
        self.answer(frame[4:12], self.load)

    def invoke(self, frame):
        names = HEADER_BYTES + 2
        middle = names + frame[13]
        end = middle + frame[14]
        self.request_id = frame[names:middle].decode()
        context = Context(self, self.request_id, frame[middle:end].decode())
        self.answer(frame[4:12], self.call, frame[end:], context)

    def serve(self, frame):
        names = HEADER_BYTES + 6
        middle = names + frame[13]
        end = middle + frame[14]
        body = end + int.from_bytes(frame[15:19], "little")
        self.request_id = frame[names:middle].decode()
        context = Context(self, self.request_id, frame[middle:end].decode())
        caller = WebCaller(self.channel, frame[4:12], frame[body:], is_whole=frame[12] == HTTP)
        self.answer(frame[4:12], self.call_web, frame[end:body], caller, context)

    def answer(self, sequence, work, *arguments):
        """Run the function's code with its log open, and answer. What exits, ends the process."""
        self.output.open()
        started = time.perf_counter_ns()
        try:
            kind, payload = work(*arguments)
        except MemoryError:
            kind, payload = MEMORY, b""
        except BaseException:  # SystemExit, KeyboardInterrupt and their like
            self.output.close()
            os._exit(1)
        duration_us = (time.perf_counter_ns() - started) // 1000
        self.output.close()
        self.channel.send(kind, sequence, duration_us, payload)

    def load(self):
        stage = LOAD
        try:
            self.handler = find(self.settings["handler"])
            if self.settings["initializer"]:
                initializer = find(self.settings["initializer"])
                stage = INIT
                initializer(Context(self, self.request_id, self.settings["qualifier"]))
        except MemoryError:
            raise
        except Exception as error:
            return stage, describe(error)
        return READY, b""

    def call(self, event, context):
        try:
            result = self.handler(event, context)
            payload = result if type(result) is bytes else as_bytes(result)
            if len(payload) > self.max_payload:
                raise FunctionError(f"Response exceeds {self.max_payload} bytes", "ResponseSizeTooLarge")
        except MemoryError:
            raise
        except Exception as error:
            return EXCEPTION, describe(error)
        return OK, payload

    def call_web(self, head, caller, context):
        environ = environ_of(head, caller, context)
        answer = WebAnswer(caller, self.max_payload, bodiless=environ["REQUEST_METHOD"] == "HEAD")
        try:
            result = self.handler(environ, answer.start)
            try:
                answer.take(result)
            finally:
                if hasattr(result, "close"):
                    result.close()
            return answer.end()
        except MemoryError:
            raise
        except Exception as error:
            return EXCEPTION, describe(error)
        finally:
            caller.is_whole = True  # who still reads must not read the next call


class WebCaller(io.RawIOBase):
    """The other end of one HTTP call: a file of its request's body, and whether anybody is there still."""

    def __init__(self, channel, sequence, body, is_whole):
        self.channel = channel
        self.sequence = sequence
        self.pieces = [memoryview(body)] if body else []
        self.is_whole = is_whole
        self.gone = False
        self.here = len(body) if is_whole else None
        self.file = io.BytesIO(body) if is_whole else io.BufferedReader(self)

    def readable(self):
        return True

    def readinto(self, buffer):
        while not self.pieces and not self.is_whole:
            self.hear()
        if self.gone:
            raise ConnectionResetError("The caller has left")
        if not self.pieces:
            return 0
        piece = self.pieces[0]
        count = min(len(buffer), len(piece))
        buffer[:count] = piece[:count]
        if count < len(piece):
            self.pieces[0] = piece[count:]
        else:
            del self.pieces[0]
        return count

    def hear(self):
        frame = self.channel.receive()
        if frame[4:12] != self.sequence:  # it crossed the end of an earlier call
            return
        if frame[12] == GONE:
            self.gone = self.is_whole = True
        elif len(frame) > HEADER_BYTES:
            self.pieces.append(memoryview(frame)[HEADER_BYTES:])
        else:
            self.is_whole = True

    def say(self, kind, body):
        """Send a piece of the answer, and hear whether somebody still reads it."""
        self.channel.say(kind, self.sequence, body)
        while self.channel.has_more():
            self.hear()


class WebAnswer:
    """What a WSGI application answers (PEP 3333).

    What is ready at once is sent whole, at the end. Everything else is sent as it comes: no block is delayed.
    """

    def __init__(self, caller, max_bytes, bodiless):
        self.caller = caller
        self.max_bytes = max_bytes
        self.bodiless = bodiless
        self.status = ""
        self.headers = []
        self.declared = -1
        self.chunks = []
        self.size = 0
        self.begun = False

    def start(self, status, headers, exc_info=None):
        if self.begun and exc_info is not None:
            raise exc_info[1].with_traceback(exc_info[2])
        if self.status and exc_info is None:
            raise FunctionError("start_response was called twice", "BadResponse")
        self.status = str(status)
        self.headers = list(headers)
        lengths = [str(value) for name, value in self.headers if str(name).lower() == "content-length"]
        stated = lengths[0] if lengths else ""
        self.declared = int(stated) if stated.isdecimal() and len(stated) <= MAX_DIGITS else -1
        self.bodiless = self.bodiless or self.status[:3] in BODILESS
        return self.write

    def take(self, result):
        """All that the application returned, or as much of it as somebody waits for."""
        at_hand = type(result) in (list, tuple)
        for chunk in result:
            self.add(chunk)
            if self.begun or not (at_hand or self.size == self.declared):
                self.flush()
            if self.caller.gone:
                return

    def write(self, chunk):
        self.add(chunk)
        self.flush()
        if self.caller.gone:
            raise ConnectionResetError("The caller has left")

    def add(self, chunk):
        if not isinstance(chunk, bytes):
            kind = type(chunk).__name__
            raise FunctionError(f"A WSGI application must return chunks of bytes, not {kind}", "BadResponse")
        self.size += len(chunk)
        if self.size > self.max_bytes:
            raise FunctionError(f"Response exceeds {self.max_bytes} bytes", "ResponseSizeTooLarge")
        if chunk and not self.bodiless:
            self.chunks.append(chunk)

    def flush(self):
        """Send what there is; with the first of it goes the head."""
        data = memoryview(b"".join(self.chunks))
        self.chunks.clear()
        if not data:
            return
        if -1 < self.declared < self.size:
            raise FunctionError(self.other_length("at least"), "BadResponse")
        kind, start = CHUNK, b""
        if not self.begun:
            kind, start, self.begun = BEGIN, self.head(), True
        for at in range(0, len(data), CHUNK_BYTES):
            self.caller.say(kind, start + data[at : at + CHUNK_BYTES])
            kind, start = CHUNK, b""
            if self.caller.gone:
                return

    def end(self):
        """The last frame of the call: all of the answer, or the end of one that began."""
        if self.size > WHOLE_BYTES:
            self.flush()
        if not self.begun:
            return ANSWERED, self.head() + b"".join(self.chunks)
        if self.declared not in (-1, self.size) and not self.caller.gone:
            raise FunctionError(self.other_length("only"), "BadResponse")
        return OK, b""

    def other_length(self, much):
        return f"The answer has {much} {self.size} bytes where its Content-Length says {self.declared}"

    def head(self):
        """Status and headers: see invocations/engine/http.py."""
        if not self.status:
            raise FunctionError("The application never called start_response", "BadResponse")
        code = self.status.partition(" ")[0]
        if not (len(code) == 3 and code.isascii() and code.isdigit()):
            raise FunctionError(f"'{self.status[:64]}' is no status such as '200 OK'", "BadResponse")
        head = b"".join([header_text(text) for name, value in self.headers for text in (name, value)])
        return int(code).to_bytes(2, "little") + len(head).to_bytes(4, "little") + head


def header_text(text):
    if not isinstance(text, str):
        kind = type(text).__name__
        raise FunctionError(f"Names and values of headers must be texts, not {kind}", "BadResponse")
    if "\0" in text:
        raise FunctionError("A header holds a control character", "BadResponse")
    return text.encode("latin-1") + b"\0"


def environ_of(head, caller, context):
    """The environ of PEP 3333 and Function Compute's own keys."""
    method, base, path, query, client, *texts = head.decode("latin-1").split("\0")[:-1]
    headers = {}
    for name, value in zip(texts[::2], texts[1::2], strict=True):
        # An underscore would let a header pass for another one, whose hyphen becomes an underscore.
        if "_" not in name:
            joint = "; " if name == "cookie" else ", "
            headers[name] = f"{headers[name]}{joint}{value}" if name in headers else value
    length = headers.pop("content-length", "0")
    host, colon, port = headers.get("host", "localhost").rpartition(":")
    if not (colon and port.isdigit()):
        host, port = headers.get("host", "localhost"), "80"
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": unquoted(base),
        "PATH_INFO": unquoted(path),
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.pop("content-type", ""),
        "CONTENT_LENGTH": length if caller.here is None else str(caller.here),
        "REMOTE_ADDR": client,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": caller.file,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "fc.context": context,
        "fc.request_uri": f"{base}{path}?{query}" if query else base + path,
    }
    for name, value in headers.items():
        environ["HTTP_" + name.replace("-", "_").upper()] = value
    return environ


def unquoted(path):
    """Percent-decoded, each byte a character, as PEP 3333 wants it; what is no escape stays."""
    first, *rest = path.split("%")
    pieces = [first]
    for piece in rest:
        digits = piece[:2]
        if len(digits) == 2 and not digits.strip("0123456789abcdefABCDEF"):
            pieces.append(chr(int(digits, 16)) + piece[2:])
        else:
            pieces.append("%" + piece)
    return "".join(pieces)


def adopt(body):
    """Take over the settings and the environment that START carries."""
    parts = body.decode("utf-8", "surrogateescape").split("\0")
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    border = pairs.index(("", ""))
    settings = dict(pairs[:border])
    libraries = os.environ.get("LD_LIBRARY_PATH")
    os.environ.clear()
    for name, value in pairs[border + 1 :]:
        try:
            os.environ[name] = value
        except (OSError, ValueError):  # a name no environment can hold
            continue
    if libraries:  # where this very interpreter has its own, for the children that run it
        os.environ["LD_LIBRARY_PATH"] = f"{os.environ.get('LD_LIBRARY_PATH', '')}:{libraries}"
    time.tzset()
    os.chdir(settings["code"])
    sys.path.insert(0, settings["code"])
    return settings


def find(handler):
    """The function a handler text such as `index.handler` or `package/module.handler` names."""
    path, _, name = handler.rpartition(".")
    module = path.replace("/", ".").strip(".")
    if not module or not name:
        raise FunctionError(f"Handler '{handler}' is not of the form module.function", "InvalidHandler")
    try:
        __import__(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise FunctionError(f"Unable to import module '{path}'", "ImportModuleError") from None
    found = getattr(sys.modules[module], name, None)
    if not callable(found):
        raise FunctionError(f"Handler '{name}' is missing on module '{path}'", "HandlerNotFound")
    return found


def as_bytes(result):
    if isinstance(result, str):
        return result.encode()
    if isinstance(result, (bytes, bytearray, memoryview)):
        return bytes(result)
    return encode(result)


def encode(value, **options):
    """JSON as bytes; the module is imported by the functions that need it."""
    json = __import__("json")
    return json.dumps(value, ensure_ascii=False, **options).encode("utf-8", "backslashreplace")


def describe(error):
    """Function Compute's error body: the message first, then the type and the stack."""
    try:
        message = str(error)
    except Exception:
        message = "<unprintable error>"
    name = error.error_type if type(error) is FunctionError else type(error).__name__
    return encode({"errorMessage": message[:MESSAGE_LIMIT], "errorType": name, "stackTrace": stack_of(error)})


def stack_of(error):
    """One row per frame of the function's own code: file, line, function, source."""
    traceback = __import__("traceback")
    own = stack_of.__code__.co_filename
    rows = [
        [f'File "{frame.filename}"', f"line {frame.lineno}", f"in {frame.name}", frame.line or ""]
        for frame in traceback.extract_tb(error.__traceback__, limit=-100)
        if frame.filename != own and not frame.filename.startswith("<frozen")
    ]
    if isinstance(error, SyntaxError) and error.filename:
        source = (error.text or "").strip()
        rows.append([f'File "{error.filename}"', f"line {error.lineno}", "in <module>", source])
    return rows


def main():
    for limit, value in LIMITS:
        hard = resource.getrlimit(limit)[1]
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (ceiling, ceiling))
    # When memory runs out, the kernel should choose a function and not the engine or the database.
    descriptor = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(descriptor, b"1000")
    os.close(descriptor)
    Worker(Channel(int(sys.argv[1]))).run()


main()
