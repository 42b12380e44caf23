"""Words of the shared modules."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.labels import (
    Choices,
    add_actions,
    add_notification_kinds,
    add_refusals,
    add_states,
    add_work_kinds,
    state_choices,
)

add_states(
    "incubator.module_release",
    {
        "draft": (_("Draft"), _("Draft"), "", "pencil"),
        "in_review": (
            pgettext_lazy("module", "In review"),
            pgettext_lazy("module", "In review"),
            "progress",
            "progress",
        ),
        "changes_requested": (
            _("Changes requested"),
            _("Changes requested"),
            "wait",
            "message-2",
        ),
        "published": (_("Published"), _("Published"), "good", "circle-check"),
        "yanked": (_("Withdrawn"), _("Withdrawn"), "warn", "alert-triangle"),
    },
)
add_actions(
    "incubator.module_release",
    {
        "submit": _("Submit for review"),
        "request_changes": _("Request changes"),
        "publish": _("Publish"),
        "yank": _("Withdraw this version"),
    },
)
add_refusals(
    {
        "not_admitted": _(
            "Modules are for admitted firms. Apply for incubation; the library opens on the day "
            "of admission."
        ),
        "module_owner": _(
            "Only members of the contributing firm and the portal's staff may do this."
        ),
        "module_name": _(
            "“%(name)s” is no package name: use letters, digits and hyphens, and begin and end "
            "with a letter or digit."
        ),
        "module_name_index": _(
            "“%(name)s” is the address of the package index itself. Choose another name."
        ),
        "module_name_python": _(
            "“%(name)s” belongs to Python's standard library: whoever installs or imports it "
            "would not get what they expect. Choose another name, for example hy-%(name)s."
        ),
        "module_name_tools": _(
            "“%(name)s” is a tool that installs or builds packages; pip would take your module for "
            "it. Choose another name, for example hy-%(name)s."
        ),
        "module_name_locked": _(
            "“%(name)s” is a public package that is in use here; pip would take your module for "
            "it. Choose another name, for example hy-%(name)s."
        ),
        "module_exists": _("A module with this name exists already."),
        "module_licence_kept": _(
            "The licence stays as it was registered: firms have taken published versions under it."
        ),
        "module_gone": _("The module %(name)s was removed meanwhile. Nothing was kept."),
        "module_in_use": _(
            "The module %(name)s has a release; only a name without any can be removed."
        ),
        "release_exists": _(
            "Version %(version)s of this module exists already. A version is never replaced; "
            "raise the number and build again."
        ),
        "release_version_changed": _(
            "This release is version %(expected)s, the file is %(found)s. Upload the same version, "
            "or start a new release."
        ),
        "own_upload": _("Nobody reviews what they have uploaded themselves."),
        "wheel_filename": _(
            "“%(name)s” is not the name of a wheel or of a source distribution. Build with “python "
            "-m build” and upload the .whl or the .tar.gz file as it is."
        ),
        "wheel_damaged": _(
            "“%(name)s” cannot be read: it is damaged or encrypted. Build it again."
        ),
        "wheel_too_large": _(
            "The package unpacks to more than %(limit)s MB or holds more than %(members)s files."
        ),
        "wheel_path": _(
            "The package holds a file twice, or one that would be unpacked outside its folder."
        ),
        "wheel_links": _(
            "“%(part)s” is a link or a special file; a package holds files and folders only."
        ),
        "wheel_parts": _("The package lacks “%(part)s”, or it is not usable. Build it again."),
        "wheel_long": _(
            "“%(part)s” of the package is longer than %(limit)s characters; cut, it would say "
            "something else. Write it shorter and build again."
        ),
        "wheel_filename_long": _(
            "The name of the file is longer than %(limit)s characters. Give the module a shorter "
            "name or build for fewer platforms at a time."
        ),
        "wheel_metadata": _("The package's metadata is not valid: %(detail)s."),
        "wheel_name": _("The package says that it is “%(found)s”; expected was “%(expected)s”."),
        "wheel_version": _(
            "The package's metadata says version %(found)s, its file name %(expected)s."
        ),
        "wheel_record": _(
            "The file “%(part)s” differs from what the wheel's RECORD lists. Build it again."
        ),
    }
)
add_refusals(
    {
        "module_version": _(
            "“%(number)s” is no version number. Write one like 1.0.0, or 1.1.0rc1 for a trial."
        ),
        "module_file_name": _(
            "Rename “%(name)s”: plain letters, digits, dots, hyphens and underscores only, "
            "beginning with a letter or digit, so that the name works in every command."
        ),
        "module_file_exists": _("The release has a file “%(name)s” already. Remove it first."),
        "module_file_case": _(
            "The release has a file “%(name)s” already, and many computers take names that differ "
            "in capitals only for one. Rename yours."
        ),
        "module_file_gone": _("This file is not in the release any more."),
        "module_files_full": _("A release takes up to %(limit)s files."),
        "module_file_damaged": _("“%(name)s” cannot be read: it is damaged or encrypted."),
        "module_file_large": _(
            "The file unpacks to more than %(limit)s MB or holds more than %(members)s files."
        ),
        "module_file_path": _(
            "The archive holds a file twice, or one that would be unpacked outside its folder."
        ),
        "module_file_links": _(
            "“%(part)s” in the archive is a link or a special file; it may hold files and folders "
            "only."
        ),
        "weights_pickle": _(
            "“%(name)s” is a Python pickle or is named like one. Loading a pickle can run any "
            "program, so it is not shared. Save the weights as safetensors, ONNX or GGUF."
        ),
        "weights_layout": _(
            "The header of “%(name)s” does not agree with what follows it. Save the weights again."
        ),
        "container_parts": _(
            "The archive is no complete container image: “%(part)s” is missing. Write it with "
            "“docker save” or as an OCI image layout."
        ),
        "container_digest": _("The content of “%(part)s” differs from the digest in its name."),
        "bundle_member": _(
            "“%(part)s” is nothing that a browser fetches. A front-end bundle holds pages, "
            "scripts, styles, pictures, fonts and data only."
        ),
        "bundle_empty": _("The archive holds no page, script or style."),
        "sql_text": _("“%(name)s” is no text in UTF-8."),
        "sql_begin": _(
            "“%(name)s” begins with no SQL statement that is known here. Let it begin with one, "
            "such as CREATE TABLE, INSERT or SELECT; comments may stand before it."
        ),
        "sql_command": _(
            "Line %(line)s holds a command to the database's client, reads rows by COPY or changes "
            "how quotes are read. Send SQL only, with rows as INSERT."
        ),
        "release_closed": _(
            "The files of a release change while it is a draft or was sent back; then no more."
        ),
        "release_empty": _("Add a package or a file before you submit the release."),
    }
)
add_work_kinds(
    {
        "module_review": (
            _("Review the module release %(release)s"),
            "package",
            _("Review"),
        ),
        "module_changes": (
            _("Mend the module release %(release)s"),
            "package",
            _("Open"),
        ),
    }
)
add_notification_kinds(
    {
        "module_changes": (
            _("Changes to a module release"),
            _("Changes asked for: %(release)s"),
            _("The review of %(release)s asks for changes: %(reason)s"),
        ),
        "module_published": (
            _("A module release is published"),
            _("Published: %(release)s"),
            _("%(release)s is in the module library; admitted firms can download it."),
        ),
        "module_removed": (
            _("A module without a release is removed"),
            _("Removed: %(name)s"),
            _(
                "The module %(name)s had no release and was removed: %(reason)s. The name is free "
                "again."
            ),
        ),
        "module_yanked": (
            _("A module release is withdrawn"),
            _("Withdrawn: %(release)s"),
            _("%(release)s was withdrawn: %(reason)s. Change to another version."),
        ),
    }
)


PACKAGE_WARNINGS: dict[str, str | Promise] = {
    "startup": _("Runs code whenever Python starts, whether the module is imported or not"),
    "setup": _("Runs code on the machine that installs it"),
    "commands": _("Puts commands in the place of well-known ones"),
    "python": _("Is imported in the place of a part of Python's standard library"),
    "library": _("Is imported under the name of another shared module"),
    "known": _("Is imported under the name of a well-known package"),
    "outside": _("Puts files outside of Python's packages"),
    "others": _("Is imported under other names than the module's"),
    "scripts": _("Adds commands"),
}
"""What a reviewer is told of a package's contents, the gravest first."""


FILE_KINDS: dict[str, str | Promise] = {
    "weights": _("Model weights"),
    "container": _("Container image"),
    "sql": _("SQL script"),
    "bundle": _("Front-end bundle"),
}


def module_file_kinds() -> Choices:
    """Return the kinds of files beside a package for a field."""
    return list(FILE_KINDS.items())


def module_release_states() -> Choices:
    """Return the states for a model's field."""
    return state_choices("incubator.module_release")()


def uncounted_reasons() -> Choices:
    """Return why a use of a module counts for nobody, for a field."""
    return [
        ("own", _("The contributor's own delivery")),
        ("tied", _("Tied to the contributor")),
    ]
