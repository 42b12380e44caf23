"""The tests' settings with a queue that works, and tells which process does what."""

import copy

from config.settings.test import *  # noqa: F403 the tests' settings are the settings
from config.settings.test import INSTALLED_APPS, LOGGING

INSTALLED_APPS = [*INSTALLED_APPS, "tests.runtime"]
EVENT_DELIVERY = "queue"
LANGUAGE_CODE = "en"  # of the log, which is read
ROOT_URLCONF = "tests.runtime.urls"
LOGGING = copy.deepcopy(LOGGING)
LOGGING["loggers"]["django-q"]["level"] = "INFO"
