"""What a started system gives its user: the demo city, addresses, demo clients, and commands to try."""

import json
from datetime import timedelta

import httpx

from deploy.demo.client import CallFailedError, DemoClient
from deploy.demo.seed import seed_if_empty
from deploy.local import clients
from shared.clock import SHANGHAI, now

VENDOR = "vendor-a"
READER = "auditor"
TRY = """\
  TOKEN=$(curl -s -u {vendor}:{secret} -d grant_type=client_credentials {base}/oauth/token \\
    | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
  curl -s -H "Authorization: Bearer $TOKEN" {base}/visits/v1/limits
  curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' {base}/visits/v1/deliveries -d '
{delivery}'
"""


def fill(base_url: str) -> None:
    """Put the demo city into an empty system, and say what came of it."""
    try:
        seniors = seed_if_empty(base_url)
    except (CallFailedError, httpx.HTTPError) as error:
        print(f"The demo city could not be filled in: {error}", flush=True)
    else:
        print(f"Demo city: {seniors} seniors registered" if seniors else "Demo city: already there", flush=True)


def text(base_url: str) -> str:
    """The guide for a system at `base_url`."""
    people = [_line(name, client) for name, client in clients.load().items() if not name.startswith("service-")]
    secret = clients.load()[VENDOR].secret
    return "\n".join(
        [
            f"  documents  {base_url}/",
            f"  tokens     {base_url}/oauth/token",
            "",
            "Demo clients (name, secret, regions, who):",
            *people,
            "",
            "Try:",
            TRY.format(base=base_url, vendor=VENDOR, secret=secret, delivery=json.dumps(_delivery(base_url), indent=2)),
        ]
    )


def _line(name: str, client: clients.Client) -> str:
    regions = ",".join(client.regions)
    return f"  {name:16} {client.secret:20} {regions:8} {client.display_name.zh} {client.display_name.en}"


def _delivery(base_url: str) -> dict[str, object]:
    """A lunch handed over a minute ago to the first senior on file."""
    ended = now().astimezone(SHANGHAI).replace(microsecond=0) - timedelta(minutes=1)
    return {
        "event_id": f"TRY-{ended:%Y%m%d-%H%M%S}",
        "sequence": 1,
        "vendor_id": str(clients.load()[VENDOR].organization),
        "senior_id": _first_senior(base_url),
        "service": "meal",
        "meals": 1,
        "started_at": (ended - timedelta(minutes=15)).isoformat(),
        "ended_at": ended.isoformat(),
        "device_time": ended.isoformat(),
        "place": {"latitude": 32.4559, "longitude": 119.9231, "datum": "GCJ02", "accuracy_m": 15.0},
        "method": "card",
        "device_id": "pos-0071",
        "worker_ref": "c-0417",
    }


def _first_senior(base_url: str) -> str:
    with DemoClient(base_url, READER) as reader:
        found = reader.json("GET", "/registry/v1/seniors?limit=1")["items"]
    return str(found[0]["senior_id"]) if found else "<senior_id>"
