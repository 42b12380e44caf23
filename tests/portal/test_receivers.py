"""What the queue says."""

import logging
import os
import socket
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_q.signals import post_execute

from portal import receivers, tasks
from portal.models import WorkerCluster


@pytest.fixture
def cluster(db, monkeypatch):
    monkeypatch.setitem(receivers._last_sign, "at", -1.0)
    return WorkerCluster.objects.create(
        host=socket.gethostname(),
        watchdog=1,
        queue="short",
        group=os.getpgrp(),
        workers=2,
        started_at=timezone.now(),
    )


def test_acknowledged_message_is_a_sign_of_life_once_a_second(cluster):
    post_execute.send(sender="django_q", task={"func": "portal.tasks.beat"})
    cluster.refresh_from_db()
    assert timezone.now() - cluster.acknowledged_at < timedelta(seconds=30)
    WorkerCluster.objects.update(acknowledged_at=None)
    post_execute.send(sender="django_q", task={"func": "portal.tasks.beat"})
    cluster.refresh_from_db()
    assert cluster.acknowledged_at is None


def test_monitor_outlives_a_database_that_is_away(cluster, monkeypatch, caplog):
    def fail(*, now):
        raise OperationalError("gone")

    monkeypatch.setattr(receivers, "acknowledge", fail)
    with caplog.at_level(logging.ERROR):
        post_execute.send(sender="django_q", task={})
    assert "no sign of life" in caplog.text


def test_heartbeat_sweeps(db):
    assert tasks.beat() == 0
