from django.urls import path

from shared_kernel.web.login_pages import LibraryLoginView, LibraryLogoutView

urlpatterns = [
    path("login", LibraryLoginView.as_view(), name="login"),
    path("logout", LibraryLogoutView.as_view(), name="logout"),
]
