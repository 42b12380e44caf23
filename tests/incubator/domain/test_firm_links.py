"""Hints at doubles and linked firms."""

from dataclasses import replace

from incubator.domain.firm_links import Firm, links

MINE = Firm(1, "甲", "91630123MADEMO012X", "示例路 1 号", "李青", ("0971-2431234",))
OTHER = Firm(2, "乙", "91630123MADEMO9990", "示例路 2 号", "王红", ("0971-2431235",))


def test_firms_that_share_nothing_are_not_linked():
    assert links(MINE, [OTHER, MINE]) == []
    bare = Firm(3, "丙", "", "", "", ())
    assert links(bare, [replace(bare, pk=4)]) == []


def test_links_name_everything_that_is_shared():
    twin = replace(MINE, pk=9, uscc="92630123MADEMO0128", phones=("x", "09712431234"))
    (found,) = links(MINE, [OTHER, twin])
    assert found.firm == twin
    assert found.codes == (
        "same_code",
        "same_phone",
        "same_address",
        "same_legal_representative",
    )
