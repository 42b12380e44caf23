"""Development and demo: a key of its own under ``var/``, mail to the console, plain HTTP."""

import secrets

from config.settings.base import *
from config.settings.base import VAR_DIR, env

DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", True)
SERVE_MEDIA = True


def local_secret() -> str:
    """Return this machine's own key, made on first use and readable by its owner only."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return path.read_text(encoding="ascii")


SECRET_KEY = env.str("SECRET_KEY", "") or local_secret()
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
