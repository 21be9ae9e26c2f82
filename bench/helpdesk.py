"""django-helpdesk on the same mailbox: an IMAP help desk that opens a ticket and answers everybody, without topics or
required fields. A contestant when the extra `bench` is installed, here or in the Python that BENCH_HELPDESK_PYTHON names.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from servers.dovecot import PASSWORD

from bench.arena import Scene

_APPS = [
    f"django.contrib.{name}" for name in ["auth", "contenttypes", "sessions", "sites", "admin", "humanize", "messages"]
]
_MIDDLEWARE = [  # without these the admin application does not start
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]

_SETTINGS = """\
SECRET_KEY = "SAMPLE"
USE_TZ = True
INSTALLED_APPS = [{apps}, "rest_framework", "helpdesk"]
MIDDLEWARE = [{middleware}]
TEMPLATES = [{{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
              "OPTIONS": {{"context_processors": [{processors}]}}}}]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "{folder}/helpdesk.sqlite",
              "OPTIONS": {{"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"}}}}}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
SITE_ID = 1
ROOT_URLCONF = "site_urls"
MEDIA_ROOT = "{folder}/media"
MEDIA_URL, STATIC_URL = "/media/", "/static/"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", {smtp}
HELPDESK_TEAMS_MODE_ENABLED = False
LOGGING = {{"version": 1, "root": {{"level": "ERROR", "handlers": []}}}}
"""
_URLS = """\
from django.urls import include, path
urlpatterns = [path("helpdesk/", include("helpdesk.urls", namespace="helpdesk"))]
"""
_PREPARE = """\
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("loaddata", "emailtemplate.json", verbosity=0)
from helpdesk.models import Queue
Queue.objects.create(
    title="Desk", slug="desk", email_address="integration@desk.example", allow_email_submission=True,
    email_box_type="imap", email_box_host="127.0.0.1", email_box_port={imap}, email_box_ssl=False,
    email_box_user="{user}", email_box_pass="{password}", email_box_imap_folder="INBOX", email_box_interval=0,
    logging_type="none",
)
"""


def python() -> str | None:
    """A Python that has django-helpdesk, or None."""
    here = sys.executable if importlib.util.find_spec("helpdesk") else None
    return os.environ.get("BENCH_HELPDESK_PYTHON", here)


def helpdesk(scene: Scene, how: str) -> list[str]:
    """`manage.py get_email`, its database made before; it knows no IDLE."""
    if how != "once":
        raise ValueError("django-helpdesk reads mail from cron")
    names = {"imap": scene.dovecot.port, "user": scene.user, "password": PASSWORD, "smtp": scene.smtp_port}
    lists = {"apps": _APPS, "middleware": _MIDDLEWARE, "processors": _PROCESSORS}
    fields = {name: ", ".join(map(repr, values)) for name, values in lists.items()}
    texts = {"site_settings": _SETTINGS, "site_urls": _URLS, "prepare": _PREPARE}
    for name, text in texts.items():
        filled = text if name == "site_urls" else text.format(folder=scene.folder, **fields, **names)
        Path(scene.folder / f"{name}.py").write_text(filled, encoding="utf-8")
    start = ["env", "DJANGO_SETTINGS_MODULE=site_settings", f"PYTHONPATH={scene.folder}", str(python())]
    subprocess.run([*start, str(scene.folder / "prepare.py")], check=True, capture_output=True)  # noqa: S603
    return [*start, "-m", "django", "get_email", "--quiet"]
