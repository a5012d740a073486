"""Envoy's configuration, made from where the services are."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML

from deploy.gateway import filters, problems, routes
from deploy.gateway.extensions import extension, named

PER_MINUTE = 6000
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
CLUSTERS = (*routes.SERVICES, "issuer", "docs")
HEALTH = {
    "timeout": "2s",
    "interval": "2s",
    "no_traffic_interval": "2s",
    "unhealthy_threshold": 2,
    "healthy_threshold": 1,
}


@dataclass(frozen=True)
class Gateway:
    """What differs from one installation to the next.

    `upstreams`: host:port by cluster name (the four services, `issuer`, `docs`); `jwks_uri`: the keys as the cluster
    `issuer` serves them; `per_minute`: requests per client and minute; `collector`: OpenTelemetry over HTTP,
    such as http://collector:4318; `tls`: certificate and key file for HTTPS; `own_issuer`: the demo's is behind it;
    `origins`: web pages that may call from a browser.
    """

    port: int
    upstreams: Mapping[str, str]
    issuer: str
    jwks_uri: str
    audience: str = "anxiang"
    address: str = "127.0.0.1"
    per_minute: int = PER_MINUTE
    collector: str = ""
    tls: tuple[str, str] | None = None
    own_issuer: bool = True
    origins: tuple[str, ...] = ()


def render(gateway: Gateway) -> str:
    """The configuration as YAML."""
    text = StringIO()
    writer = YAML(typ="safe")
    writer.default_flow_style = False
    writer.representer.ignore_aliases = lambda _data: True
    writer.dump(bootstrap(gateway), text)
    return text.getvalue()


def bootstrap(gateway: Gateway) -> dict[str, Any]:
    """The configuration as data."""
    clusters = [_cluster(name, gateway.upstreams[name]) for name in CLUSTERS]
    if not gateway.own_issuer:
        _name_issuer(next(each for each in clusters if each["name"] == "issuer"), gateway.jwks_uri)
    clusters.append(_cluster("telemetry", gateway.collector.removeprefix("http://")))
    return {"static_resources": {"listeners": [_listener(gateway)], "clusters": clusters}}


def _listener(gateway: Gateway) -> dict[str, Any]:
    chain: dict[str, Any] = {"filters": [_connection_manager(gateway)]}
    if gateway.tls:
        chain["transport_socket"] = _tls(*gateway.tls)
    return {
        "name": "public",
        "address": _address(gateway.address, gateway.port),
        "per_connection_buffer_limit_bytes": 1024 * 1024,
        "filter_chains": [chain],
    }


def _connection_manager(gateway: Gateway) -> dict[str, Any]:
    return named(
        "envoy.filters.network.http_connection_manager",
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="public",
        server_name="anxiang",
        use_remote_address=True,
        normalize_path=True,
        merge_slashes=True,
        path_with_escaped_slashes_action="REJECT_REQUEST",
        common_http_protocol_options={"idle_timeout": "300s", "headers_with_underscores_action": "DROP_HEADER"},
        request_headers_timeout="10s",
        request_timeout="300s",
        stream_idle_timeout="120s",
        always_set_request_id_in_response=True,
        tracing=filters.tracing(gateway.collector),
        access_log=[filters.access_log()],
        local_reply_config=problems.local_replies(),
        route_config={
            "name": "anxiang",
            "virtual_hosts": [routes.virtual_host(own_issuer=gateway.own_issuer, origins=gateway.origins)],
        },
        http_filters=filters.http_filters(gateway.issuer, gateway.audience, gateway.jwks_uri, gateway.per_minute),
    )


def _cluster(name: str, upstream: str) -> dict[str, Any]:
    cluster: dict[str, Any] = {
        "name": name,
        "type": "STRICT_DNS",
        "connect_timeout": "2s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [_endpoint(upstream)] if upstream else [],
        },
        "typed_extension_protocol_options": filters.upstream_protocol(),
    }
    if name in routes.SERVICES:
        cluster["health_checks"] = [{**HEALTH, "http_health_check": {"path": "/readyz"}}]
    return cluster


def _name_issuer(cluster: dict[str, Any], jwks_uri: str) -> None:
    """Keys of a real issuer come over TLS, from whom the certificates of the system know."""
    host = str(urlsplit(jwks_uri).hostname)
    trust = {
        "trusted_ca": {"filename": AUTHORITIES},
        "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}}],
    }
    context = extension(
        "transport_sockets.tls.v3.UpstreamTlsContext", sni=host, common_tls_context={"validation_context": trust}
    )
    cluster["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": context}


def _endpoint(upstream: str) -> dict[str, Any]:
    host, _, port = upstream.rpartition(":")
    return {"lb_endpoints": [{"endpoint": {"address": _address(host, int(port))}}]}


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}


def _tls(certificate: str, key: str) -> dict[str, Any]:
    pair = {"certificate_chain": {"filename": certificate}, "private_key": {"filename": key}}
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": extension(
            "transport_sockets.tls.v3.DownstreamTlsContext", common_tls_context={"tls_certificates": [pair]}
        ),
    }
