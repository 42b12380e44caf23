"""Eight writers beside two workers: no write fails, none is lost, none is done twice."""

import pytest

from tests.runtime import load
from tests.runtime.worker import Worker, wait_for

WRITES = 400
PATIENCE_SECONDS = 90


@pytest.fixture
def worker(transactional_db, database_url, settings, tmp_path):
    settings.EVENT_DELIVERY = "queue"
    started = Worker(database_url, tmp_path)
    yield started
    started.kill()


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_eight_writers_and_two_workers_fail_in_nothing(worker):
    worker.start()
    assert wait_for(lambda: len(worker.processes("worker")) >= 3, PATIENCE_SECONDS) < (
        PATIENCE_SECONDS
    ), worker.told()

    _seconds, failures = load.by_all(load.audited, WRITES)

    assert failures == {}
    assert wait_for(load.all_done, PATIENCE_SECONDS) < PATIENCE_SECONDS, worker.told()
    assert load.faults(WRITES) == []
    assert "locked" not in worker.told()
