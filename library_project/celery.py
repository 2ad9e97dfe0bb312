"""Celery is the clock and the hands: a lost or doubled tick changes timing, nothing else."""

import os
import signal
from threading import Thread, current_thread, main_thread
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from celery.beat import EmbeddedService, Service
from celery.signals import after_task_publish, beat_init, setup_logging, worker_ready
from django.conf import settings

from library_project.beat_scheduler import ResilientScheduler
from outbox.broker.connection import HEARTBEAT_SECONDS, TIMEOUT_SECONDS, BrokerConnection, transport_options
from shared_kernel.resilience.heartbeat import heartbeat
from shared_kernel.resilience.outages import outage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library_project.settings")

#: Seconds that the clock has to finish its tick after SIGTERM, whether or not the broker is reachable.
_GRACE_SECONDS = 5
#: What runs when, in seconds.
_TICKS = {
    "relay the outbox": ("outbox.relay", 1),
    "deliver notices": ("patrons.deliver_notices", 1),
    "import files": ("catalog.import_files", 1),
    "reckon popularity": ("catalog.reckon_popularity", 5),
}
#: These follow the calendar. Tests that move it give the commands themselves.
_CALENDAR_TICKS = {
    "expire holds": ("lending.expire_holds", 60),
    "leave closed days": ("lending.redate_loans", 60),
    "remind of due dates": ("lending.remind_due_soon", 3600),
    "remind of memberships": ("patrons.remind_membership_ends", 3600),
    "tell of overdue loans": ("lending.mark_overdues", 900),
    "give up lost copies": ("lending.age_to_lost", 3600),
    "forget whose loans were": ("lending.anonymise_loans", 3600),
    "check invariants": ("library.check_invariants", 86_400),
    "prune the outbox": ("outbox.prune", 86_400),
    "prune rejected records": ("catalog.prune_rejected_records", 86_400),
}
if not settings.LIBRARY_TESTING:
    _TICKS |= _CALENDAR_TICKS


def _tick(task: str, *, every: int) -> dict[str, Any]:  # beat's own shape
    """A tick that waited longer than to the next but one is overtaken, and expires."""
    return {"task": task, "schedule": float(every), "options": {"expires": 2 * every}}


class _Amqp(AMQP):
    """Celery's way to the broker, over the library's own bounded connections."""

    Connection = BrokerConnection


app = Celery("library", amqp=_Amqp, task_cls="library_project.periodic_tasks:PeriodicTask")
app.conf.update(
    broker_url=settings.RABBITMQ_URL or "memory://localhost/",
    # The memory's transport looks for messages so often, and takes as many each time as are not worked on;
    # at its own once a second the ticks would pile up.
    # RabbitMQ confirms each tick: else the clock would go on telling the time to a connection that is dead.
    broker_transport_options={**transport_options("ticks"), "confirm_publish": True}
    if settings.RABBITMQ_URL
    else {"polling_interval": 0.05},
    broker_connection_timeout=TIMEOUT_SECONDS,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # Celery's own 100 would end the process during a long outage
    # The heartbeat also wakes an idle worker ten times per interval. Otherwise it could stop 10 s late.
    broker_heartbeat=HEARTBEAT_SECONDS,
    broker_heartbeat_checkrate=10,
    task_ignore_result=True,
    task_acks_late=False,
    task_default_queue="library.ticks",
    task_default_delivery_mode="transient",
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    # Nobody commands a worker from afar. The exclusive queue for it would keep a worker from starting again
    # until RabbitMQ has noticed that a killed one of the same name is gone.
    worker_enable_remote_control=False,
    enable_utc=True,
    timezone="UTC",
    beat_scheduler="library_project.beat_scheduler:ResilientScheduler",
    beat_schedule={name: _tick(task, every=every) for name, (task, every) in _TICKS.items()},
)
app.autodiscover_tasks()


@setup_logging.connect
def keep_the_librarys_logging(**_: Any) -> None:  # Celery's signal arguments
    """Leave logging as library_project/logs.py has set it up."""


@worker_ready.connect
def start_embedded_beat(**_: Any) -> None:  # Celery's signal arguments
    """Without a broker nothing crosses processes: the one worker carries its own clock, as a thread."""
    if not settings.RABBITMQ_URL:
        clock: Thread = EmbeddedService(app, thread=True, scheduler_cls=ResilientScheduler)  # type: ignore[assignment]  # a process unless asked for a thread
        clock.start()


@after_task_publish.connect
def show_that_the_clock_ticks(**_: Any) -> None:  # Celery's signal arguments
    """Only the clock gives tasks."""
    heartbeat("beat")
    outage("broker").over()


@beat_init.connect
def stop_between_ticks(sender: Service, **_: Any) -> None:  # Celery's signal arguments
    """Let a clock in a process of its own finish its tick on SIGTERM.

    Celery's own handler closes the broker's connection from within the signal, and waits for ever for the
    lock of the frame that was being written.
    """
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        if not stopping:  # a second signal stops it at once
            stopping = True
            signal.alarm(_GRACE_SECONDS)
        sender.stop()

    if current_thread() is main_thread():
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
