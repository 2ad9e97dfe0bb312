"""Clients of the API and of the administration, each with the rights that its name says."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import CreateLogin
from shared_kernel.services.tokens import IssueToken


@pytest.fixture
def anybody(db: None) -> APIClient:
    return APIClient()


@pytest.fixture
def cataloguer(db: None) -> APIClient:
    client = APIClient()
    token = dispatch(IssueToken(name="test", scopes=("catalog:read", "catalog:write"))).token
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def login_as(db: None) -> Callable[[str], Client]:
    def login(role: str) -> Client:
        created = dispatch(CreateLogin(name=f"the-{role}", role=role))
        client = Client()
        client.force_login(User.objects.get(pk=created.id))
        return client

    return login
