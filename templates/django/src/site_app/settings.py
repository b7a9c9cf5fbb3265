"""Settings of a site without a database."""

from pathlib import Path

# For local runs. A deployed site reads a secret of its own from `env`.
SECRET_KEY = "replace me before deploying"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site_app.urls"
USE_TZ = True
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
    }
]
