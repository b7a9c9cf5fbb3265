"""The same views at both roots."""

from django.urls import include, path

from . import views

patterns = [
    path("hello/<str:name>", views.hello),
    path("async", views.asynchronous),
    path("env", views.env),
    path("upload", views.upload),
    path("form", views.form),
    path("stream", views.stream),
    path("async-stream", views.async_stream),
    path("fails", views.fails),
]
urlpatterns = [path("asgi/", include(patterns)), path("wsgi/", include(patterns))]
