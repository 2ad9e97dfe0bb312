"""When the clock last gave each tick, in a file that it can do without."""

from celery.beat import PersistentScheduler

from shared_kernel.resilience.outages import outage


class Schedule(PersistentScheduler):
    """Celery's own, whose clock would stop for good once its file could not be written."""

    def sync(self) -> None:
        """Write the file, if that is possible."""
        try:
            super().sync()
        except (OSError, ValueError) as error:  # ValueError: the file was closed
            outage("schedule").failed(type(error).__name__)
        else:
            outage("schedule").over()

    def close(self) -> None:
        """Write the file a last time, if that is possible."""
        try:
            super().close()
        except (OSError, ValueError) as error:
            outage("schedule").failed(type(error).__name__)
