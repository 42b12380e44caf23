"""Settings shared by every environment; README lists their variables under “Environment”."""

import sys
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = False
DEMO = env.bool("DEMO", False)
BASE_URL = env.str("BASE_URL", f"http://127.0.0.1:{env.str('PORT', '8000')}")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("https://") else []
SITE_COUNTY_CODE = env.str("COUNTY_CODE", "630123000000")

INSTALLED_APPS = [
    "config",
    "certification",
    "village_pilot",
    "incubator",
    "portal",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_q",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "portal.adapters.metering.MeteringMiddleware",
    "portal.adapters.inputs.ClientAddressMiddleware",
    "portal.adapters.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.adapters.middleware.SecurityHeadersMiddleware",
    "portal.adapters.inputs.ReadableAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.adapters.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.adapters.sessions.SessionLimitMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.adapters.middleware.AccessMiddleware",
    "portal.adapters.middleware.RefusalMiddleware",
    "portal.adapters.inputs.BackOfficeInputMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.adapters.context.site_chrome",
            ],
        },
    },
]

# --- Database: SQLite is the embedded default (settings measured in the design's “Runtime”).
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous={sync}; PRAGMA busy_timeout=20000; "
    "PRAGMA mmap_size=134217728; PRAGMA cache_size=-32000;"
)
DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")
}
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": SQLITE_PRAGMAS.format(sync="NORMAL"),
    }
# The threads of a web process share a pool. Commands keep a connection each, and so do workers,
# which fork: a pool does not survive that. See config/decisions/0014-connections.md
DATABASE_POOL = env.int("DATABASE_POOL", 8)
if "postgresql" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"].setdefault("OPTIONS", {})
    if DATABASE_POOL and "config.wsgi" in sys.modules:
        DATABASES["default"]["CONN_MAX_AGE"] = 0
        DATABASES["default"]["OPTIONS"]["pool"] = {
            "min_size": 1,
            "max_size": DATABASE_POOL,
            "timeout": 10,
        }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": env.cache_url("REDIS_URL", default="locmemcache://portal"),
}

# --- Accounts
AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "portal.adapters.passwords.StrengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "portal.adapters.passwords.HistoryValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:workspace"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = False  # sessions end by the limits below, and with the browser
ACCOUNT_ADAPTER = "portal.adapters.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "portal.forms.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key,20/m/ip"}
MFA_ADAPTER = "portal.adapters.factors.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "湟源县数字服务商门户"
USERSESSIONS_TRACK_ACTIVITY = True
REQUIRE_ADMINISTRATOR_MFA = False
# Sessions end on the server; the cookie outlives none.
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", 30 * 60)
SESSION_ABSOLUTE_SECONDS = env.int("SESSION_ABSOLUTE_SECONDS", 12 * 3600)
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Failed attempts are counted per account and address: decision 0015.
LOGIN_FAILURES = env.int("LOGIN_FAILURES", 5)
LOGIN_LOCK_SECONDS = env.int("LOGIN_LOCK_SECONDS", 15 * 60)
PASSWORD_HISTORY = 5
PASSWORD_MAX_AGE_DAYS = env.int("PASSWORD_MAX_AGE_DAYS", 0)
PASSWORD_FIRST_CHANGE = False
DORMANT_DAYS = env.int("DORMANT_DAYS", 90)
# Done jobs and delivered events are removed after so many days.
WORK_KEEP_DAYS = env.int("WORK_KEEP_DAYS", 180)
# What each table holds of people, why, and for how long.
DATA_REGISTER = BASE_DIR / "config" / "data_register.csv"
# What each field of each form asks, of which class of data it is, and why.
FIELD_REGISTER = BASE_DIR / "config" / "field_register.csv"
# How many proxies of our own stand before the web process (the last entries of X-Forwarded-For).
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
CSRF_COOKIE_SAMESITE = "Lax"
# The autosave script reads the token from the form, never from the cookie.
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.views.errors.csrf_failure"

# --- Languages
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

# --- Static and stored files
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# what make setup built belongs to the release, wherever its data lie
STATICFILES_DIRS = [("vendor", BASE_DIR / "var" / "assets")]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"


def private_storage(url: str) -> dict[str, object]:
    """Return the Django storage for ``FILE_STORAGE_URL``: a folder, or ``s3://bucket?endpoint=…``."""
    if not url.startswith("s3://"):
        location = url.removeprefix("file://")
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": location, "base_url": None},
        }
    from urllib.parse import parse_qs, urlparse  # noqa: PLC0415 only for S3

    parts = urlparse(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": parts.netloc,
            "location": parts.path.strip("/"),
            "endpoint_url": query.get("endpoint"),
            "region_name": query.get("region"),
            "querystring_auth": True,
            "file_overwrite": True,
            "default_acl": "private",
        },
    }


FILE_STORAGE_URL = env.str("FILE_STORAGE_URL", str(VAR_DIR / "files"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": private_storage(FILE_STORAGE_URL),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Backups: sets lie under BACKUP_DIR; BACKUP_URL (a folder or s3://…) is where copies go off-site.
# Keys are never part of a set: `manage.py backup DIR --keys OTHER` saves them apart.
BACKUP_DIR = Path(env.str("BACKUP_DIR", str(VAR_DIR / "backups")))
BACKUP_URL = env.str("BACKUP_URL", "")
BACKUP_KEEP = env.int("BACKUP_KEEP", 7)
if BACKUP_KEEP < 1:
    raise ImproperlyConfigured("BACKUP_KEEP must be at least 1.")
if BACKUP_URL:
    STORAGES["offsite"] = private_storage(BACKUP_URL)
KEYS_DIR = Path(env.str("KEYS_DIR", str(VAR_DIR / "keys")))
# Fernet keys that seal second factors, the newest first; without them KEYS_DIR/sealing.keys.
SEALING_KEYS = env.list("SEALING_KEYS", default=[])
# --- Issued documents: config/decisions/0030-documents.md
# Who issues, in Chinese and English, as printed.
ISSUER_NAME = env.str("ISSUER_NAME", "湟源县数字服务商门户")
ISSUER_NAME_EN = env.str("ISSUER_NAME_EN", "Huangyuan Digital Services Portal")
# Who takes objections and questions, as public notices say it; "" says that it is not published.
CONTACT = {
    "office": env.str("CONTACT_OFFICE", ""),
    "address": env.str("CONTACT_ADDRESS", ""),
    "phone": env.str("CONTACT_PHONE", ""),
    "email": env.str("CONTACT_EMAIL", ""),
}
# The licensed authority whose certificate lies in KEYS_DIR/documents; "" is the self-made one.
SIGNING_CA_NAME = env.str("SIGNING_CA_NAME", "")
# An RFC 3161 authority; "" signs with the system's time and says so.
TSA_URL = env.str("TSA_URL", "")
DOCUMENT_FONTS = ["NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc"]
FONT_FOLDERS = ["/usr/share/fonts", "/usr/local/share/fonts"]
VERIFY_LIMIT_BYTES = env.int("VERIFY_LIMIT_BYTES", 10 * 1024 * 1024)
# "" streams through Django; "/protected/" lets nginx send the bytes (X-Accel-Redirect).
X_ACCEL_PREFIX = env.str("X_ACCEL_PREFIX", "")
# The header in which the proxy names the visitor's address; "" where there is no proxy.
CLIENT_ADDRESS_HEADER = env.str("CLIENT_ADDRESS_HEADER", "")
UPLOAD_LIMIT_BYTES = env.int("UPLOAD_LIMIT_BYTES", 200 * 1024 * 1024)
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- The cloud of the driver “openstack”: decision 0036. Nothing of it is kept in the database.
OPENSTACK = {
    "auth_url": env.str("OS_AUTH_URL", ""),
    "username": env.str("OS_USERNAME", ""),
    "password": env.str("OS_PASSWORD", ""),
    "project_name": env.str("OS_PROJECT_NAME", ""),
    "user_domain_name": env.str("OS_USER_DOMAIN_NAME", "Default"),
    "project_domain_name": env.str("OS_PROJECT_DOMAIN_NAME", "Default"),
    "region_name": env.str("OS_REGION_NAME", ""),
    "cacert": env.str("OS_CACERT", ""),
    # The domain in which the firms' projects are made, and memory for each core that is granted.
    "domain_id": env.str("OPENSTACK_DOMAIN_ID", "default"),
    "ram_mb": env.int("OPENSTACK_RAM_MB", 4096),
    # What a firm reads about getting in, besides its project's name; "" says whom to ask.
    "access_note": env.str("OPENSTACK_ACCESS_NOTE", ""),
}

# --- Audit trail: days that entries are kept; 0 is for ever, fewer than 184 are against the law.
AUDIT_KEEP_DAYS = env.int("AUDIT_KEEP_DAYS", 0)
if AUDIT_KEEP_DAYS < 0 or 0 < AUDIT_KEEP_DAYS < 184:
    raise ImproperlyConfigured("AUDIT_KEEP_DAYS must be 0 (for ever) or at least 184.")

# --- Mail
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "portal@demo.example")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Background work. Every value is argued for in config/decisions/0002-queue.md
Q_CLUSTER = {
    "name": "short",
    "orm": "default",
    "workers": env.int("WORKERS", 2),
    "queue_limit": env.int("WORKERS", 2),
    "bulk": 1,
    "timeout": env.int("Q_TIMEOUT", 55),
    "retry": env.int("Q_RETRY", 60),
    "ack_failures": True,
    "max_attempts": 3,
    "catch_up": False,
    "save_limit": -1,
    "poll": 0.2,
    "guard_cycle": 1,
    "label": "Queue",
    # Rounds, batches, imports: a cluster of their own, so that nothing short waits behind them.
    "ALT_CLUSTERS": {
        "long": {
            "workers": env.int("LONG_WORKERS", 1),
            "queue_limit": env.int("LONG_WORKERS", 1),
            "timeout": 3600,
            "retry": 3660,
        },
    },
}
# Who may read /metrics: the bearer of this; unset, only this machine and not through a proxy.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
# Where the web processes of this machine count their answers; "" counts none.
METRICS_DIR = env.str("METRICS_DIR", str(VAR_DIR / "metrics"))
# "queue" hands a committed event to django-q2; "manual" leaves it to drain_outbox (demo, tests).
EVENT_DELIVERY = "queue"
# Wagtail's own tasks run inside the request: config/decisions/0003-wagtail-tasks.md
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}

# --- Security headers. No inline code on portal pages; Wagtail's admin gets its own policy.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
ADMIN_PATH = "/admin/"
ADMIN_CSP = {
    "script-src": [SELF],
    "style-src": [SELF, NONCE],
    "img-src": [SELF, "data:", "blob:"],
    "frame-ancestors": [SELF],
    "frame-src": [SELF],
    "worker-src": [SELF, "blob:"],
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

# --- Wagtail
WAGTAIL_SITE_NAME = "湟源县数字服务商门户"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAIL_I18N_ENABLED = False
WAGTAILADMIN_PERMITTED_LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
# Addresses and passwords change on the account's pages only, with their checks.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILUSERS_PASSWORD_ENABLED = False
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAIL_FRONTEND_LOGIN_URL = "/accounts/login/"
WAGTAILDOCS_EXTENSIONS = ["pdf", "docx", "xlsx", "pptx", "csv", "zip"]
WAGTAILIMAGES_EXTENSIONS = ["gif", "jpg", "jpeg", "png", "webp"]
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "portal.adapters.search"}}

# --- Logs: one JSON object a line, with the request's id and never a person's data.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request": {"()": "portal.adapters.logs.RequestIdFilter"},
        "refusal": {"()": "portal.adapters.logs.RefusalFilter"},
    },
    "formatters": {
        "json": {
            "()": "portal.adapters.logs.DiscreetFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s",
            "json_ensure_ascii": False,
        }
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["request", "refusal"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        "django-q": {"handlers": ["console"], "propagate": False, "level": "WARNING"},
        "wagtail": {"level": "WARNING"},
        "django_tasks": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
        "pyhanko": {"level": "CRITICAL"},
        "weasyprint": {"level": "WARNING"},
    },
}
