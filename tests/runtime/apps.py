"""A subscriber that takes its time, for workers that are killed meanwhile."""

from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    name = "tests.runtime"
    label = "runtime_tests"

    def ready(self) -> None:
        from portal.events import SUBSCRIBERS, GradeTookEffect

        # Alone: the certification app would look for the grades that these events name.
        SUBSCRIBERS[GradeTookEffect.__name__] = ["tests.runtime.effects.slowly"]
