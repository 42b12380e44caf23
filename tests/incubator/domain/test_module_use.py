"""Which uses of a module count for its contributor."""

import pytest

from incubator.domain.module_use import uncounted


@pytest.mark.parametrize(
    ("owner", "tied", "code"),
    [(None, False, ""), (None, True, ""), (2, False, ""), (2, True, "tied"), (1, False, "own")],
)
def test_use_counts_where_firm_and_contributor_have_nothing_to_do_with_each_other(
    owner, tied, code
):
    assert uncounted(owner=owner, firm=1, tied=tied) == code
