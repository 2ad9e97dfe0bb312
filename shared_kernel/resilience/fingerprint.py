"""Telling whether a setting has changed, without storing it."""

from django.utils.crypto import salted_hmac


def digest_of(*values: str) -> str:
    """A keyed digest (64 hexadecimal digits) that changes with any value and reveals none."""
    return salted_hmac("shared_kernel.resilience.setting", "\0".join(values), algorithm="sha256").hexdigest()
