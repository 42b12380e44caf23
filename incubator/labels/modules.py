"""Words of the shared modules."""

from django.utils.translation import gettext_lazy as _

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
        "in_review": (_("In review"), _("In review"), "progress", "progress"),
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
        "module_exists": _("A module with this name exists already."),
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
            "“%(part)s” is a link or a special file; a source distribution holds files and "
            "folders only."
        ),
        "wheel_parts": _("The package lacks “%(part)s”, or it is not usable. Build it again."),
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
        "module_yanked": (
            _("A module release is withdrawn"),
            _("Withdrawn: %(release)s"),
            _("%(release)s was withdrawn: %(reason)s. Change to another version."),
        ),
    }
)


def module_release_states() -> Choices:
    """Return the states for a model's field."""
    return state_choices("incubator.module_release")()
