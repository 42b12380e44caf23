"""The site's addresses."""

from config.urls import *  # noqa: F403 the same site
