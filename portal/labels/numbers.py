"""Numbers as each language writes them."""

from decimal import Decimal

from django.utils.formats import number_format


def rounded(value: float, decimals: int) -> str:
    """A number as the language writes it; Django's own formatting cuts instead of rounding."""
    return number_format(round(value, decimals), decimals)


def amount(value: Decimal | float | None) -> str:
    """Show an amount without needless zeros, thousands grouped; nothing is a dash."""
    if value is None:
        return "–"
    text = f"{Decimal(str(value)):f}"
    decimals = len(text.rstrip("0").partition(".")[2]) if "." in text else 0
    return number_format(value, decimals, use_l10n=True, force_grouping=True)
