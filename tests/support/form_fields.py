"""Every field that asks a person for something, read from the form classes themselves."""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from django import forms
from django.apps import apps
from django.conf import settings
from wagtail.models import Page

OURS = ("portal", "incubator", "village_pilot", "certification")
ALLAUTH = (
    "allauth.account.forms",
    "allauth.usersessions.forms",
    "allauth.mfa.base.forms",
    "allauth.mfa.totp.forms",
    "allauth.mfa.recovery_codes.forms",
    "allauth.mfa.webauthn.forms",
)
NEVER_SHOWN = {
    "BaseAuthenticateForm",
    "BaseConfirmCodeForm",
    "BaseSignupForm",
    "ChangeEmailForm",
    "ChangePhoneForm",
    "ConfirmEmailVerificationCodeForm",
    "ConfirmLoginCodeForm",
    "ConfirmPasswordResetCodeForm",
    "RequestLoginCodeForm",
    "SetPasswordForm",
    "SignupWebAuthnForm",
    "UserForm",
    "UserTokenForm",
    "VerifyPhoneForm",
    "_BaseAddWebAuthnForm",
}
"""Forms of allauth that no page of ours draws: bases, and ways that the settings leave off."""
Place = tuple[str, str]
"""A form (``portal.ProfileForm``, ``pages``, a template) and a field's name, ``*`` for any part."""


def every_field() -> set[Place]:
    """Return every field of every form class, of the panels of pages, and of bare templates."""
    return {*class_fields(), *panel_fields(), *template_fields()}


def modules() -> Iterator[str]:
    """Yield the modules that hold form classes."""
    for app in OURS:
        package = importlib.import_module(f"{app}.forms")
        yield package.__name__
        for inner in pkgutil.iter_modules(getattr(package, "__path__", ())):
            yield f"{package.__name__}.{inner.name}"
    yield from ALLAUTH


def class_fields() -> Iterator[Place]:
    """Yield the declared fields of each class and the patterns of those made at run time."""
    for name in modules():
        for form in form_classes(name):
            label = f"{name.replace('.forms', '')}.{form.__name__}"
            for field in {*form.base_fields, *made_at_run_time(form)}:
                yield label, field


def form_classes(module: str) -> list[type[forms.BaseForm]]:
    """Return the form classes that a module defines and that pages draw."""
    found = inspect.getmembers(importlib.import_module(module), inspect.isclass)
    return [
        one
        for name, one in found
        if issubclass(one, forms.BaseForm)
        and one.__module__ == module
        and not (module in ALLAUTH and name in NEVER_SHOWN)
    ]


def made_at_run_time(form: type) -> Iterator[str]:
    """Yield the names under which a class adds fields: ``self.fields[...] = …``."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(form)))):
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            if isinstance(target, ast.Subscript) and ast.unparse(target.value) == "self.fields":
                yield pattern(target.slice)


def pattern(node: ast.expr) -> str:
    """Return a name as it is written, with ``*`` for what only the running program knows."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "*" for part in node.values)
        return "".join(str(part) for part in parts)
    return "*"


def panel_fields() -> Iterator[Place]:
    """Yield the fields of the back office's forms for pages."""
    for model in apps.get_models():
        if issubclass(model, Page) and model._meta.app_label in OURS:
            for field in model.get_edit_handler().get_form_class().base_fields:
                yield "pages", field


def template_fields() -> Iterator[Place]:
    """Yield fields that a template writes by hand, hidden ones left out."""
    tag = re.compile(r"<(?:input|textarea|select)\b[^>]*>")
    for app in OURS:
        for path in sorted(Path(settings.BASE_DIR, app, "templates", app).rglob("*.html")):
            for found in tag.findall(path.read_text(encoding="utf-8")):
                name = re.search(r'\bname="(\w+)"', found)
                if name and 'type="hidden"' not in found:
                    yield (
                        path.relative_to(Path(settings.BASE_DIR, app, "templates")).as_posix(),
                        name[1],
                    )
