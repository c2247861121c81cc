"""The AWS emulator: moto's server, with the project's extensions, faults on demand and a count of every API call.

`GET /sandbox/requests` tells {"reads": n, "writes": n, "calls": {"secretsmanager.CreateSecret": n}} since the start or
the last `POST /sandbox/requests/reset`; `GET /sandbox/requests/modules` tells the {"calls": ...} of Ansible modules, of
ours and others', all since the start. `GET /sandbox/process` tells whose emulator answers. aws_faults.py tells of the
faults.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from . import aws_extensions
from .aws_calls import Environ, call_of
from .aws_faults import Faults, Wsgi

Answer = Callable[[Any], Any]

REQUESTS = "/sandbox/requests"
PROCESS = "/sandbox/process"
MODULES = re.compile(r"replatform\.aws|Ansible/")
"""In the user agent of our modules, and of amazon.aws and community.aws."""


class Recorder:
    """WSGI middleware that counts the API calls by service and operation, and tells them."""

    def __init__(self, application: Wsgi) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._calls: Counter[tuple[str, bool]] = Counter()
        self._of_modules: Counter[str] = Counter()

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        match environ["REQUEST_METHOD"], path:
            case "GET", "/sandbox/requests":
                return _json(start_response, self.counts())
            case "GET", "/sandbox/requests/modules":
                return _json(start_response, self.of_modules())
            case "GET", "/sandbox/process":
                return _json(start_response, {"pid": os.getpid()})
            case "POST", "/sandbox/requests/reset":
                self.reset()
                return _json(start_response, self.counts())
        if not path.startswith(("/moto-api", "/sandbox/")):
            # Where the faults look for it.
            environ["sandbox.call"] = call = call_of(environ)
            with self._lock:
                self._calls[call.name, call.reads] += 1
                if MODULES.search(environ.get("HTTP_USER_AGENT", "")):
                    self._of_modules[call.name] += 1
        return self._application(environ, start_response)

    def counts(self) -> dict[str, Any]:
        with self._lock:
            calls = dict(self._calls)
        return {
            "reads": sum(count for (_, reads), count in calls.items() if reads),
            "writes": sum(count for (_, reads), count in calls.items() if not reads),
            "calls": {name: count for (name, _), count in sorted(calls.items())},
        }

    def of_modules(self) -> dict[str, Any]:
        with self._lock:
            return {"calls": dict(sorted(self._of_modules.items()))}

    def reset(self) -> None:
        with self._lock:
            self._calls.clear()


def _json(start_response: Callable, content: dict[str, Any]) -> list[bytes]:
    body = json.dumps(content).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


class Extendable:
    """What an extension may add to moto."""

    def operation(self, service: str, name: str, answer: Answer) -> None:
        """Answers an operation such as "StartMessageMoveTask"; `answer` is a method of moto's response class.

        An error must be raised as an exception of the service's own: a plain status reaches the client as success.
        """
        setattr(_response_class(service), re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower(), answer)

    def route(self, service: str, path: str) -> None:
        """Leads a REST service's path, a regular expression such as "/addons/(?P<name>[^/]+)$", to its operations."""
        urls = importlib.import_module(f"moto.{service}.urls")
        urls.url_paths[f"{{0}}{path}"] = _response_class(service).dispatch


def _response_class(service: str) -> Any:
    """The response class of a service: the one in its `responses` module that answers for that very service."""
    from moto.core.responses import BaseResponse

    responses = importlib.import_module(f"moto.{service}.responses")
    return next(
        found
        for found in vars(responses).values()
        if isinstance(found, type) and issubclass(found, BaseResponse) and found.__module__ == responses.__name__
    )


def application() -> Recorder:
    """The emulator, extended, with faults and counted, as a WSGI application."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    for module in pkgutil.iter_modules(aws_extensions.__path__, f"{aws_extensions.__name__}."):
        importlib.import_module(module.name).extend(Extendable())
    return Recorder(Faults(DomainDispatcherApplication(create_backend_app)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.aws_emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    # Read by moto when it is imported. Without the first, attaching an AWS-managed policy fails.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    os.environ["MOTO_PORT"] = str(arguments.port)

    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import run_simple

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    run_simple(arguments.host, arguments.port, application(), threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    main()
