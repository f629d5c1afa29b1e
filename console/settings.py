"""Settings of every Serin process. Whatever an operator may change is an environment variable read here."""

from __future__ import annotations

import secrets
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from invocations.engine.limits import Limits

from . import env
from .stack import places

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
HOME = env.home()

# The address that console and gateway listen on; loopback unless the operator decides otherwise.
BIND = env.text("SERIN_BIND", "127.0.0.1")
CONSOLE_PORT = env.port("SERIN_CONSOLE_PORT", 8000)
GATEWAY_PORT = env.port("SERIN_GATEWAY_PORT", 9000)
# Cookies ignore ports, so pages and functions live under two host names (docs/security.md).
CONSOLE_URL = env.origin("SERIN_CONSOLE_URL", f"http://localhost:{CONSOLE_PORT}")
GATEWAY_URL = env.origin("SERIN_GATEWAY_URL", f"http://127.0.0.1:{GATEWAY_PORT}")
# Whose X-Forwarded-For and X-Request-Id are believed: the proxies before the console.
TRUSTED_PROXIES = env.networks("SERIN_TRUSTED_PROXIES")

REGIONS = env.names(
    "SERIN_REGIONS",
    [
        "cn-hangzhou",
        "cn-shanghai",
        "cn-beijing",
        "cn-shenzhen",
        "cn-hongkong",
        "ap-southeast-1",
        "ap-northeast-1",
        "eu-central-1",
        "us-west-1",
        "us-east-1",
    ],
)
# Of the first user, `admin`; without it `manage.py up` makes one up and prints it.
ADMIN_PASSWORD = env.text("SERIN_ADMIN_PASSWORD")
ACCOUNT_ID = env.text("SERIN_ACCOUNT_ID", "1000000000000001")
# What one gateway's instances may take, and how long a call may wait for one.
_limits = Limits()
MAX_INSTANCES = env.integer("SERIN_MAX_INSTANCES", _limits.total, low=1, high=10_000)
MAX_INSTANCES_PER_FUNCTION = env.integer(
    "SERIN_MAX_INSTANCES_PER_FUNCTION", min(_limits.per_function, MAX_INSTANCES), low=1, high=MAX_INSTANCES
)
MAX_WAIT_S = env.integer("SERIN_MAX_WAIT_S", int(_limits.wait_s), low=1, high=3600)


def _secret_key() -> str:
    """SERIN_SECRET_KEY, or a key made once and kept, readable by its owner only, in the home folder."""
    given = env.text("SERIN_SECRET_KEY")
    if given:
        return given
    path = HOME / "secret_key"
    if not path.exists():
        HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Two processes may start at once: each writes a file of its own, the first link wins.
        draft = HOME / f".secret_key.{secrets.token_hex(8)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


try:
    SECRET_KEY = _secret_key()
except OSError as error:
    raise env.BadEnvironment(f"SERIN_HOME {HOME} cannot be used: {error.strerror}") from error
DEBUG = env.flag("SERIN_DEBUG")
ALLOWED_HOSTS = env.names("SERIN_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = [CONSOLE_URL]

INSTALLED_APPS = [
    "console",
    "releases",
    "invocations",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    # Passkeys, TOTP and OpenID Connect are apps beside these: allauth.mfa and allauth.socialaccount.
    "allauth",
    "allauth.account",
    "allauth.usersessions",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "console.middleware.request_id",
    "console.middleware.healthz",
    "console.middleware.one_host",
    "console.middleware.content_security_policy",
    "console.middleware.methods",
    "console.middleware.no_nul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "console.urls"
WSGI_APPLICATION = "console.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "console.context.page",
            ],
        },
    },
]

# The embedded servers listen on sockets inside the home folder; `manage.py up` starts them.
_database = env.database("DATABASE_URL", places.database_url(HOME))
_database["OPTIONS"] = {"connect_timeout": 5, "application_name": "serin"} | _database["OPTIONS"]
DATABASES = {"default": _database | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
REDIS_URL = env.text("REDIS_URL", places.redis_url(HOME))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "releases.User"
AUTHENTICATION_BACKENDS = ["console.accounts.Backend"]
ACCOUNT_ADAPTER = "console.accounts.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # to log in; notices go to confirmed addresses alone
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = False  # counted per process; console.throttle counts for all of them
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60  # how long a password opens what asks for it again
LOGIN_URL = "log-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "log-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

_https = CONSOLE_URL.startswith("https://")
SESSION_COOKIE_NAME = "serin_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "serin_csrf"
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# A code package of 100 MB, as the Function Compute API allows, and a form around it.
CODE_LIMIT = 100 * 2**20
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6_000  # a panel with a thousand rules is told its limit in its place
DATA_UPLOAD_MAX_NUMBER_FILES = 1  # no form has more; anybody may post to the log-in page

# Without a mail server people have their inbox alone.
_mail = env.mail_server("SERIN_SMTP_URL")
EMAIL_HOST: str = _mail["EMAIL_HOST"]
EMAIL_PORT: int = _mail.get("EMAIL_PORT", 25)
EMAIL_HOST_USER: str = _mail.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD: str = _mail.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS: bool = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL: bool = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.sender("SERIN_MAIL_FROM", f"Serin <serin@{urlsplit(CONSOLE_URL).hostname}>")
# What webhooks may reach although it is not public.
WEBHOOK_ALLOW = env.allowed_targets("SERIN_WEBHOOK_ALLOW")

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = env.time_zone("SERIN_TIME_ZONE", "UTC")

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static" / "dist"]

CELERY = {
    "broker_url": places.broker_url(REDIS_URL),
    "broker_connection_retry_on_startup": True,
    # Longer than any task runs, or one that is still at work would be given to a second worker. Nothing waits
    # for it: what a dead worker had begun is found by the tick within seconds.
    # And nobody waits for a broker that is away or silent: a page would, for ever. The tick sends it again.
    "broker_transport_options": {
        "visibility_timeout": 3600,
        "socket_timeout": 3,
        "socket_connect_timeout": 3,
        "max_retries": 0,
    },
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_ignore_result": True,
    # Ticks have a worker of their own: they must come on time while every other process is busy.
    "task_routes": {"*.tick": {"queue": "ticks"}},
    "worker_prefetch_multiplier": 1,
    "beat_schedule_filename": str(HOME / "run" / "beat-schedule"),
}

LOG_LEVEL = env.choice("SERIN_LOG_LEVEL", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
}
