"""Production: refuses to start on a missing secret, a default password or debug mode."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *
from config.settings.base import BASE_URL, DATABASES, SQLITE_PRAGMAS, env

SHORTEST_SECRET = 50
DEFAULT_DEMO_PASSWORD = "demo-630123"  # noqa: S105 named so that it can be refused
DEFAULT_PASSWORDS = {"postgres", "password", "portal", DEFAULT_DEMO_PASSWORD}

SECRET_KEY = env.str("SECRET_KEY", "")
if len(SECRET_KEY) < SHORTEST_SECRET:
    msg = "SECRET_KEY is missing or shorter than 50 characters."
    raise ImproperlyConfigured(msg)
if env.bool("DEBUG", False):
    msg = "DEBUG must not be set in production."
    raise ImproperlyConfigured(msg)
if env.bool("DEMO", False) or env.str("DEMO_PASSWORD", "") == DEFAULT_DEMO_PASSWORD:
    msg = "The demo and its password must not be used in production."
    raise ImproperlyConfigured(msg)
if str(DATABASES["default"].get("PASSWORD", "")).casefold() in DEFAULT_PASSWORDS:
    msg = "DATABASE_URL uses a default password."
    raise ImproperlyConfigured(msg)
if not set(env.list("ALLOWED_HOSTS", default=[])) - {"*"}:
    msg = "ALLOWED_HOSTS is missing, or allows any."
    raise ImproperlyConfigured(msg)
if not BASE_URL.startswith("https://"):
    msg = "BASE_URL must be the https:// address that people use."
    raise ImproperlyConfigured(msg)

if env.str("EMAIL_URL", "").partition(":")[0] in {"", "consolemail", "dummymail", "memorymail"}:
    msg = "EMAIL_URL is missing; on the console nobody gets mail, and logs hold what it says."
    raise ImproperlyConfigured(msg)

DEBUG = False
DEMO = False
SERVE_MEDIA = env.bool("SERVE_MEDIA", False)
REQUIRE_ADMINISTRATOR_MFA = True
PASSWORD_MAX_AGE_DAYS = env.int("PASSWORD_MAX_AGE_DAYS", 90)
PASSWORD_FIRST_CHANGE = True
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True

if "sqlite" in DATABASES["default"]["ENGINE"]:
    # Survives power loss; measured at about a third of the write rate.
    DATABASES["default"]["OPTIONS"]["init_command"] = SQLITE_PRAGMAS.format(sync="FULL")
