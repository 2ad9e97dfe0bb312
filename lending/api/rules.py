"""Lending's API of the rule matrix: parse, dispatch or ask, render."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from lending.api.serializers import ExplainRuleQuerySerializer, SetRuleSerializer
from lending.services.commands.set_rule import SetRule
from lending.services.queries.rules import ExplainRule, ListRules
from lending.services.rule_details import Explanation, RuleDetails
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.web.openapi import paged_schema
from shared_kernel.web.views import LibraryViewSet

READ, WRITE = "circulation:read", "rules:write"


class RuleViewSet(LibraryViewSet):
    """The terms of lending, by branch, patron category and item type."""

    policy = {"list": READ, "update": WRITE, "explain": READ}

    @extend_schema(responses={200: paged_schema(RuleDetails)})
    def list(self, _request: Request) -> Response:
        """The rows of the matrix, each with the values that it gives."""
        return self.paged(ask(ListRules(page=self.page_request())))

    @extend_schema(request=SetRuleSerializer, responses={200: RuleDetails})
    def update(self, _request: Request) -> Response:
        """Set a row: these values and no others. What is lent already keeps its terms."""
        form = self.body(SetRuleSerializer)
        return Response(dispatch(SetRule(**form, version=self.if_match())))

    @extend_schema(parameters=[ExplainRuleQuerySerializer], responses={200: Explanation})
    def explain(self, _request: Request) -> Response:
        """Which rule gives which value; a parameter left out asks what holds where no rule names it."""
        return Response(ask(ExplainRule(**self.params(ExplainRuleQuerySerializer))))
