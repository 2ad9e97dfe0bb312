"""Routes without a closing slash, as the library has them."""

from rest_framework.routers import DefaultRouter

from benchmarks.peers.drf.views import BookViewSet, LoanViewSet, ReturnViewSet

router = DefaultRouter(trailing_slash=False)
router.register("books", BookViewSet, basename="book")
router.register("loans", LoanViewSet)
router.register("returns", ReturnViewSet, basename="return")
urlpatterns = router.urls
