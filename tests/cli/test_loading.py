"""While files are read the collector rests; afterwards it works again, whatever happened."""

from __future__ import annotations

import gc

import pytest

from triage.cli.loading import loading


def test_the_collector_rests_while_files_are_read():
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_after_files_that_are_wrong_it_works_again():
    with pytest.raises(ValueError, match="wrong"), loading():
        raise ValueError("wrong")
    assert gc.isenabled()
