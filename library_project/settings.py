"""Django's settings, derived from settings.yaml and the environment (see configuration.py)."""

import logging
import os
import sys
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from drf_spectacular.types import OpenApiTypes

from library_project import configuration
from library_project.database import database_settings, with_timeouts
from library_project.logs import logging_settings
from library_project.secret_key import load_or_create_secret_key
from library_project.var_folder import restrict_to_owner

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
try:
    restrict_to_owner(VAR_DIR)
    configuration.read_env_file(BASE_DIR / ".env")
    chosen = configuration.load()
except OSError as error:
    sys.exit(f"configuration: The folder {VAR_DIR} can't be made: {error.strerror}.")
except ImproperlyConfigured as error:  # granian and celery would wrap the lines in a traceback
    sys.exit("\n".join(f"configuration: {line}" for line in str(error).splitlines()))

ENVIRONMENT: str = chosen["ENVIRONMENT"]
PRODUCTION = ENVIRONMENT == "production"
DEBUG: bool = chosen["DEBUG"]
SECRET_KEY: str = chosen["SECRET_KEY"] or load_or_create_secret_key(VAR_DIR)
ALLOWED_HOSTS: list[str] = chosen["ALLOWED_HOSTS"]
#: What the links in letters begin with, never a request's host. `make run` says at which address it serves.
PUBLIC_URL: str = (chosen["PUBLIC_URL"] or os.environ.get("RUN_URL") or "http://127.0.0.1:8000").rstrip("/")
TIME_ZONE: str = chosen["TIME_ZONE"]
USE_TZ = True
LANGUAGE_CODE = "en-gb"
CURRENCY: str = chosen["CURRENCY"]
LOANS_KEPT_DAYS: int = chosen["LOANS_KEPT_DAYS"]
AUDIT_DENIALS_KEPT_DAYS: int = chosen["AUDIT_DENIALS_KEPT_DAYS"]

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "shared_kernel.web.admin.apps.LibraryAdminConfig",
    "shared_kernel.overrides",  # its changepassword replaces that of django.contrib.auth
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "shared_kernel",
    "outbox",
    "catalog",
    "patrons",
    "lending",
    "library_project",
]
MIDDLEWARE = [
    "shared_kernel.web.forwarded_headers.ForwardedHeadersMiddleware",
    "shared_kernel.web.request_context.RequestContextMiddleware",
    "shared_kernel.web.problem_responses.ProblemMiddleware",
    "shared_kernel.web.request_body.RequestBodyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "shared_kernel.web.content_security.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "shared_kernel.web.sessions.LoginMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "library_project.urls"
WSGI_APPLICATION = "library_project.wsgi.application"
#: Two dotted names close the ring between the contexts without an import.
LIBRARY_BUS = "library_project.bootstrap.bus"
LIBRARY_SUBSCRIPTIONS = "library_project.subscriptions.SUBSCRIPTIONS"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shared_kernel.web.login_pages.navigation",
            ],
            "builtins": ["shared_kernel.web.form_idempotency_tag"],
        },
    }
]


_database = database_settings(chosen["DATABASE_URL"], pool=chosen["DATABASE_POOL"], base=BASE_DIR)
#: What a process that serves requests connects with; all others connect as DATABASES says.
WEB_DATABASE_OPTIONS = _database["OPTIONS"]
if "pool" in _database["OPTIONS"]:
    WEB_DATABASE_OPTIONS, _database["OPTIONS"] = (
        with_timeouts(
            _database["OPTIONS"],
            statement_timeout=chosen[f"DATABASE_{whose}STATEMENT_TIMEOUT"],
            lock_timeout=chosen["DATABASE_LOCK_TIMEOUT"],
        )
        for whose in ("", "JOB_")
    )
DATABASES = {"default": _database}
DATABASE_LOCK_TIMEOUT: float = chosen["DATABASE_LOCK_TIMEOUT"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# SQLite makes the same index without the columns that ride along.
SILENCED_SYSTEM_CHECKS = ["models.W040"]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first, to refuse a locked login before its password is looked at
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = (
    "shared_kernel.web.login_limits.LoginLimitHandler"  # adds limits by address, by name and in all
)
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # a stranger elsewhere locks nobody out
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "shared_kernel.web.lockout.name_digest"
AXES_CLIENT_IP_CALLABLE = "shared_kernel.web.client_address.client_address"
AXES_LOCKOUT_CALLABLE = "shared_kernel.web.lockout.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "patrons.adapters.password_validators.PatronSimilarityValidator"},
]
MESSAGE_STORAGE = "shared_kernel.web.messages.UniqueMessageStorage"
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
SESSION_ENGINE = "shared_kernel.web.sessions"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 1800
#: A session ends after so many seconds without a request: a desk is open all day, a patron's browser isn't.
SESSION_IDLE_SECONDS = {"staff": 12 * 3600, "patron": 1800}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health", r"^metrics$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns where there is none
# Django would give files their own mode, whatever the umask.
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
WHITENOISE_USE_FINDERS = not PRODUCTION
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "shared_kernel.web.authentication.TokenAuthentication",
        "shared_kernel.web.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["shared_kernel.web.access.PolicyPermission"],
    "DEFAULT_RENDERER_CLASSES": [
        "shared_kernel.web.json.FastJSONRenderer",
        "shared_kernel.web.browsable_api.BrowsableRenderer",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["shared_kernel.web.throttling.ClientThrottle"],
    "DEFAULT_PARSER_CLASSES": ["shared_kernel.web.json.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "shared_kernel.web.openapi.LibrarySchema",
    "EXCEPTION_HANDLER": "shared_kernel.web.problem_responses.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "FORMAT_SUFFIX_KWARG": None,
}
TRUSTED_PROXIES: list[str] = chosen["TRUSTED_PROXIES"]
#: Requests a minute that one client may make of one process; 0 for no limit.
RATE_LIMITS = {
    "anonymous": chosen["RATE_LIMIT_ANONYMOUS"],
    "token": chosen["RATE_LIMIT_TOKEN"],
    "user": chosen["RATE_LIMIT_SESSION"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Library circulation",
    "DESCRIPTION": "Books, patrons and loans. Errors are RFC 9457 problem details with stable codes.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",  # its schemas are JSON Schema, as msgspec writes them
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": False},  # its links would lie in buttons, out of assistive reach
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "PATH_CONVERTER_OVERRIDES": {"id": OpenApiTypes.UUID},
    "POSTPROCESSING_HOOKS": [],  # enumerations stay where they are used
}

RABBITMQ_URL: str = chosen["RABBITMQ_URL"]
RABBITMQ_EXCHANGE: str = chosen["RABBITMQ_EXCHANGE"]
SENDGRID_API_KEY: str = chosen["SENDGRID_API_KEY"]
SENDGRID_API_URL: str = chosen["SENDGRID_API_URL"]
SENDGRID_TIMEOUT: float = chosen["SENDGRID_TIMEOUT"]
DEFAULT_FROM_EMAIL: str = chosen["MAIL_FROM"]
LETTERS_LANGUAGE: str = chosen["LETTERS_LANGUAGE"]
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
CIRCUIT_BREAKERS = {
    name: {
        "failure_threshold": chosen[f"CIRCUIT_BREAKER_{name.upper()}_FAILURE_THRESHOLD"],
        "success_threshold": chosen[f"CIRCUIT_BREAKER_{name.upper()}_SUCCESS_THRESHOLD"],
        "timeout": chosen[f"CIRCUIT_BREAKER_{name.upper()}_TIMEOUT"],
    }
    for name in ("rabbitmq", "sendgrid")
}
#: Where and as whom each of them is spoken to: a breaker forgets what happened under other values.
CIRCUIT_BREAKER_SERVICES = {"rabbitmq": (RABBITMQ_URL,), "sendgrid": (SENDGRID_API_URL, SENDGRID_API_KEY)}
LIBRARY_TESTING: bool = chosen["LIBRARY_TESTING"]
LIBRARY_FAILPOINTS: str = chosen["LIBRARY_FAILPOINTS"] if LIBRARY_TESTING else ""
LIBRARY_NOW: str = chosen["LIBRARY_NOW"] if LIBRARY_TESTING else ""

LOGGING_CONFIG = None
logging_settings(chosen["LOG_FORMAT"])
if any(each.isdigit() for each in TRUSTED_PROXIES):
    logging.getLogger("library.settings").warning(
        "TRUSTED_PROXIES is a number, so every peer is taken for a proxy: give the proxies' networks."
    )

UNFOLD = {
    "SITE_TITLE": "Library",
    "SITE_HEADER": "Library",
    "SITE_URL": "/",
    "DASHBOARD_CALLBACK": "library_project.dashboard.dashboard",
    "STYLES": [lambda _request: static("administration.css")],
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("library.svg")}
    ],
}
