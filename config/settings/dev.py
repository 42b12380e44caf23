"""Development and demo: a key of its own under ``var/``, mail to the console, plain HTTP."""

import secrets

from config.settings.base import *
from config.settings.base import CONTACT, VAR_DIR, env

DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", True)
SERVE_MEDIA = True
if DEMO and not CONTACT["office"]:
    # Plainly fictional: 555 numbers belong to nobody.
    CONTACT |= {
        "office": "示例县数字服务孵化中心",
        "address": "示例县示例路 1 号 政务服务大厅 3 号窗口（演示数据）",
        "phone": "0000-5550100",
        "email": "incubation@demo.example",
    }


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
