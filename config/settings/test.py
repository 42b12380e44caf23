"""Tests: fast hashing, mail in memory, events delivered when the test says so."""

from config.settings.base import *
from config.settings.base import STORAGES

SECRET_KEY = "test-only-key-of-fifty-characters-and-then-some-more"  # noqa: S105 a test's key
SEALING_KEYS = ["dGVzdHMtc2VhbC13aXRoLXRoaXMta2V5LW9ubHktMDA="]
DEMO = True
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
EVENT_DELIVERY = "manual"
SERVE_MEDIA = True
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
ACCOUNT_RATE_LIMITS = False
METRICS_DIR = ""
