"""People who use Quen, and the keys of programs that do."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from quen.fields import CreatedAtField, IdField, MsField


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    id = IdField()
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=20, default="analyst")  # owner marketer care analyst developer
    language = models.CharField(max_length=2, blank=True)
    theme = models.CharField(max_length=5, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = CreatedAtField()

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []


class ApiKey(models.Model):
    """A program's key. Only the hash is kept; `prefix` lets people tell keys apart."""

    id = IdField()
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20)
    prefix = models.CharField(max_length=12)
    hash = models.CharField(max_length=64, unique=True)  # SHA-256 of a 256-bit random key
    created_at = CreatedAtField()
    last_used_at = MsField(null=True)
    revoked_at = MsField(null=True)
