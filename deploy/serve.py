"""One service as a process: `ANXIANG_SERVICE=visits uvicorn --factory deploy.serve:create`."""

from importlib import import_module

from fastapi import FastAPI

from shared import safety
from shared.app import create_app
from shared.memory import settle
from shared.settings import Settings


def create() -> FastAPI:
    """The service that `ANXIANG_SERVICE` names, with the settings of the environment, if they are safe."""
    settings = Settings()
    safety.check(settings)
    app = create_app(import_module(f"services.{settings.service}.app").DEFINITION, settings)
    settle()
    return app
