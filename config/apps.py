"""The wiring app: it alone may call every other app."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Settings, URLs and the commands that need every app."""

    name = "config"
    verbose_name = "wiring"
