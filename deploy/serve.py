"""One service as a process: `ANXIANG_SERVICE=visits uvicorn --factory deploy.serve:create`."""

import sys
from importlib import import_module
from pkgutil import iter_modules

from fastapi import FastAPI

import services
from shared import safety
from shared.app import create_app
from shared.memory import settle
from shared.settings import of_environment


def create() -> FastAPI:
    """The service that `ANXIANG_SERVICE` names, with the settings of the environment, if they are safe."""
    settings = of_environment()
    try:
        safety.check(settings)
    except safety.UnsafeSettingsError as error:
        sys.exit(str(error))
    if settings.service not in {each.name for each in iter_modules(services.__path__) if each.ispkg}:
        sys.exit("ANXIANG_SERVICE names no service. ANXIANG_SERVICE 不是任何服务的名称。")
    app = create_app(import_module(f"services.{settings.service}.app").DEFINITION, settings)
    settle()
    return app
