"""Reads: what other apps may see of this one."""

from incubator.selectors.applications import admitted_firms, admitted_ids, is_admitted

__all__ = ["admitted_firms", "admitted_ids", "is_admitted"]
