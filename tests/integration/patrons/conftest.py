"""Clients of the API and of the administration, each with the rights that its name says."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import CreatedLogin, CreateLogin
from shared_kernel.services.tokens import IssueToken


def client_with(*scopes: str) -> APIClient:
    client = APIClient()
    token = dispatch(IssueToken(name="test", scopes=scopes)).token
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def desk(db: None) -> APIClient:
    return client_with("patrons:read", "patrons:write")


@pytest.fixture
def reader(db: None) -> APIClient:
    return client_with("patrons:read")


@pytest.fixture
def login_as(db: None) -> Callable[[str], tuple[Client, CreatedLogin]]:
    def login(role: str) -> tuple[Client, CreatedLogin]:
        created = dispatch(CreateLogin(name=f"the-{role}", role=role))
        client = Client()
        client.force_login(User.objects.get(pk=created.id))
        return client, created

    return login
