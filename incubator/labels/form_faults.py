"""Words for the faults of an application form that is to be published.

The rules name faults in English (``Problem.template``); here they are said to staff.
"""

from typing import Final

from django.utils.translation import gettext, gettext_noop

from portal.domain.predicates import Problem

_ = gettext_noop
FAULTS: Final = frozenset(
    (
        _('write an object such as {"field": "name", "op": "ge", "value": 1}'),
        _("write exactly one of all, any, not, field, node, score"),
        _("write a list with at least one predicate"),
        _("unknown op %(op)s; write one of %(known)s"),
        _("unknown field %(field)s; declare it"),
        _("the score is not known here; compare a field instead"),
        _("op %(op)s needs a value; add it"),
        _("op %(op)s needs a list of values"),
        _("op %(op)s does not fit a %(type)s; write one of %(names)s"),
        _("%(value)s is not a %(type)s; write %(example)s"),
        _("%(value)s is no code of the field; write one of %(codes)s"),
        _("write at least one question"),
        _("write at most %(most)s questions"),
        _("write a day on or after opens_on, or none"),
        _("write small letters, digits and _, a letter first, at most 40"),
        _("%(key)s has a meaning of its own; write another key"),
        _("%(key)s stands twice; write another key"),
        _("write one of %(known)s"),
        _("write why this is asked"),
        _("write a number that is not below least"),
        _("write what the firm is told when it does not hold"),
        _('write JSON such as {"field": "name", "op": "known"}'),
    )
)
"""Every template that a form's faults may have."""


def fault_words(problem: Problem) -> str:
    """Return what to mend, in the reader's language."""
    return gettext(problem.template or problem.message) % dict(problem.params)
