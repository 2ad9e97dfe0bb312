from tests.infrastructure.outbox.conftest import in_process, listening

__all__ = ["in_process", "listening"]
