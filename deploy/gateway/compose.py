"""The gateway of `deploy/compose.yaml`: `python -m deploy.gateway.compose` writes its configuration anew."""

from pathlib import Path

from deploy.gateway.render import CLUSTERS, Gateway, render

FILE = Path(__file__).with_name("envoy.compose.yaml")
GATEWAY = Gateway(
    port=8080,
    address="0.0.0.0",  # inside its container; compose opens it on 127.0.0.1 only
    upstreams={name: f"{name}:8000" for name in CLUSTERS},
    issuer="http://127.0.0.1:8080/oauth",
    jwks_uri="http://issuer:8000/jwks.json",
)

if __name__ == "__main__":
    FILE.write_text(render(GATEWAY), encoding="utf-8")
