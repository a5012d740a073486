"""The gateway of `deploy/compose.yaml`: `python -m deploy.gateway.compose` writes the demo's configuration anew.

`python -m deploy.gateway.compose ISSUER JWKS_URI [ORIGINS]` prints the one of a real installation; ORIGINS as in the
setting ANXIANG_ORIGINS of its services.
"""

import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from deploy.gateway.render import CLUSTERS, Gateway, render
from shared import safety
from shared.cors import origins_of

FILE = Path(__file__).with_name("envoy.compose.yaml")
GATEWAY = Gateway(
    port=8080,
    address="0.0.0.0",  # inside its container; compose opens it on 127.0.0.1 only
    upstreams={name: f"{name}:8000" for name in CLUSTERS},
    issuer="http://127.0.0.1:8080/oauth",
    jwks_uri="http://issuer:8000/jwks.json",
)


def real(issuer: str, jwks_uri: str, origins: str = "") -> Gateway:
    """The gateway of a real installation: it knows no key of the demo and no way to the demo's issuer.

    Raises:
        UnsafeSettingsError: one of them is the demo's, or not HTTPS.
        ValueError: what should be an origin is none.
    """
    pages = origins_of(origins)
    named = {"ANXIANG_ISSUER": (issuer,), "ANXIANG_JWKS_URI": (jwks_uri,), "ANXIANG_ORIGINS": pages}
    safety.refuse([name for name, urls in named.items() if any(map(_is_near, urls))], demo=False)
    keys = urlsplit(jwks_uri)
    upstreams = {**GATEWAY.upstreams, "issuer": f"{keys.hostname}:{keys.port or 443}"}
    return replace(GATEWAY, issuer=issuer, jwks_uri=jwks_uri, upstreams=upstreams, own_issuer=False, origins=pages)


def _is_near(url: str) -> bool:
    host = safety.host_of(url)
    return host in safety.CONTAINERS | {""} or safety.is_loopback(host) or not url.startswith("https://")


if __name__ == "__main__":
    if len(sys.argv) in {3, 4}:
        sys.stdout.write(render(real(*sys.argv[1:])))
    elif len(sys.argv) > 1:
        sys.exit("python -m deploy.gateway.compose ISSUER JWKS_URI [ORIGINS]")
    else:
        FILE.write_text(render(GATEWAY), encoding="utf-8")
