"""The tag `csrf_token`, made to add an idempotency key to Django's token.

Every form that is sent by POST contains the tag, and it is a built-in of all templates (settings.TEMPLATES).
So no form can lack the key, those of the administration included, and each form on a page has its own.
"""

from uuid import uuid4

from django.template import Library
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString

from shared_kernel.web.form_idempotency import KEY_FIELD

register = Library()


class CsrfTokenAndKeyNode(CsrfTokenNode):
    """Renders both hidden fields."""

    def render(self, context: Context) -> SafeString:
        """Django's field, and a fresh key; nothing where there is no request to have a token from."""
        token = SafeString(super().render(context))
        if not token:
            return token
        return format_html('{}<input type="hidden" name="{}" value="{}">', token, KEY_FIELD, uuid4().hex)


@register.tag
def csrf_token(_parser: Parser, _token: Token) -> CsrfTokenAndKeyNode:
    """As Django's, and the key."""
    return CsrfTokenAndKeyNode()
