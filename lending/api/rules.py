"""The API of circulation rules."""

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
    """Circulation rules, by branch, patron category and item type."""

    policy = {"list": READ, "update": WRITE, "explain": READ}

    @extend_schema(responses={200: paged_schema(RuleDetails)})
    def list(self, _request: Request) -> Response:
        """All rules, each with the values that it sets."""
        return self.paged(ask(ListRules(page=self.page_request())))

    @extend_schema(request=SetRuleSerializer, responses={200: RuleDetails})
    def update(self, _request: Request) -> Response:
        """Replace the values of a rule. Existing loans keep their terms."""
        form = self.body(SetRuleSerializer)
        return Response(dispatch(SetRule(**form, version=self.if_match())))

    @extend_schema(parameters=[ExplainRuleQuerySerializer], responses={200: Explanation})
    def explain(self, _request: Request) -> Response:
        """Which rule gives each value. A parameter that is left out means one that no rule names."""
        return Response(ask(ExplainRule(**self.params(ExplainRuleQuerySerializer))))
