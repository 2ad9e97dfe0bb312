"""Every route: the contexts' pages, the API under /api/v1, and the project's own."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerView

import catalog.api.urls
import catalog.pages.urls
import lending.api.urls
import lending.pages.urls
import library_project.health
import library_project.metrics
import patrons.api.urls
import patrons.pages.urls
import shared_kernel.urls
from shared_kernel.web.schema_view import SchemaView

admin.autodiscover()
handler400 = "shared_kernel.web.login_pages.bad_request"
urlpatterns = [
    path(
        "api/v1/",
        include(
            [
                *catalog.api.urls.urlpatterns,
                *patrons.api.urls.urlpatterns,
                *lending.api.urls.urlpatterns,
            ]
        ),
    ),
    path("api/schema/", SchemaView.as_view(permission_classes=[]), name="schema"),
    path(
        "docs",
        SpectacularSwaggerView.as_view(url_name="schema", permission_classes=[], template_name="docs.html"),
        name="docs",
    ),
    path("admin/", admin.site.urls),
    *library_project.health.urlpatterns,
    *library_project.metrics.urlpatterns,
    *shared_kernel.urls.urlpatterns,
    *catalog.pages.urls.urlpatterns,
    *patrons.pages.urls.urlpatterns,
    *lending.pages.urls.urlpatterns,
]
