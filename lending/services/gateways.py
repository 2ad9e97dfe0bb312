"""The gateways to the catalog and patrons contexts, as one argument of a handler."""

from dataclasses import dataclass

from lending.services.ports import CopyDirectory, PatronDirectory


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateways:
    """The gateways to what other contexts own."""

    patrons: PatronDirectory
    copies: CopyDirectory
