"""The composition root: the one bus, built from the contexts' handlers and what plugs them together."""

import catalog.bootstrap
import lending.bootstrap
import outbox.bootstrap
import patrons.bootstrap
import shared_kernel.bootstrap
from lending.adapters.circulation_facts import LendingFacts
from outbox.unit_of_work import transaction_with_outbox
from shared_kernel.services.bus import Bus
from shared_kernel.services.request_context import RequestClock

_clock = RequestClock()
_circulation = LendingFacts()

bus = Bus.of(
    shared_kernel.bootstrap.handlers(),
    outbox.bootstrap.handlers(),
    catalog.bootstrap.handlers(catalog.bootstrap.Ports.with_adapters(clock=_clock, circulation=_circulation)),
    patrons.bootstrap.handlers(patrons.bootstrap.Ports.with_adapters(clock=_clock, circulation=_circulation)),
    lending.bootstrap.handlers(lending.bootstrap.Ports.with_adapters(clock=_clock)),
    transaction=transaction_with_outbox,
)
