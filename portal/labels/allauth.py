"""Words of allauth that official Chinese says otherwise; our catalogue comes before theirs."""

from typing import Final

from django.utils.translation import gettext_noop as _

SAID_OTHERWISE: Final = (
    _("Already have an account? Then please %(link)ssign in%(end_link)s."),
    _("Successfully signed in as %(name)s."),
    _("You have signed out."),
    _("Hello from %(site_name)s!"),
    _("Thank you for using %(site_name)s!\n%(site_domain)s"),
    _(
        "You're receiving this email because user %(user_display)s has given your "
        "email address to register an account on %(site_domain)s."
    ),
    _("To confirm this is correct, go to %(activate_url)s"),
    _("Please Confirm Your Email Address"),
    _("Email Addresses"),
    _("The following email addresses are associated with your account:"),
    _("Primary"),
    _("Make Primary"),
    _("Re-send Verification"),
    _("Add Email Address"),
    _("Add Email"),
    _("Do you really want to remove the selected email address?"),
    _("Email Changed"),
    _("Your email has been confirmed."),
    _("Email Confirmation"),
    _("Email address %(deleted_email)s has been removed from your account."),
    _("Email Removed"),
    _("Email Address"),
    _("Current email"),
    _("Change Email"),
    _("Confirm Email Address"),
    _("You have confirmed %(email)s."),
    _("Removed email address %(email)s."),
    _("Primary email address set."),
    _("Verify Your Email Address"),
    _("The password reset token was invalid."),
    _("Bad Token"),
    _("You cannot remove your primary email address (%(email)s)."),
    _(
        "You currently do not have any email address set up. You should really add "
        "an email address so you can receive notifications, reset your password, etc."
    ),
    _("Sign in with a passkey"),
    _("Sign up using a passkey"),
    _("Passkey"),
    _("Create Passkey"),
    _("This key does not indicate whether it is a passkey."),
    _(
        "You are about to create a passkey for your account. As you can add "
        "additional keys later on, you can use a descriptive name to tell the keys "
        "apart."
    ),
)
