"""What every request passes, in order: readiness, quota fields, the token, the quota, the size, the way on."""

from typing import Any

from deploy.gateway.extensions import extension, named
from deploy.gateway.routes import CLIENT_HEADER, READS, SERVICES
from shared.auth import LEEWAY
from shared.headers import SAFE

BODY_BYTES = 8 * 1024 * 1024
REMEMBERED_CLIENTS = 10_000
PACKED_FROM = 1024
# Envoy writes x-ratelimit-*; clients read the fields of the IETF draft. A service names its route for the log.
ANSWER_FIELDS = """\
local function liked(accepted, language)
  local most = 0
  for part in string.gmatch(string.lower(accepted), "[^,]+") do
    local tag, rest = string.match(part, "^%s*([a-z]+)[-a-z0-9]*%s*;?(.*)$")
    if tag == language then
      most = math.max(most, tonumber(string.match(rest, "q%s*=%s*([0-9.]+)") or "1") or 0)
    end
  end
  return most
end

function envoy_on_request(handle)
  local fields = handle:headers()
  local scheme, token = string.match(fields:get("authorization") or "", "^(%a+) +(.+)$")
  if scheme ~= nil and string.lower(scheme) == "bearer" then
    fields:replace("authorization", "Bearer " .. token)
  end
  local accepted = fields:get("accept-language") or ""
  fields:replace("x-anxiang-english", tostring(liked(accepted, "en") > liked(accepted, "zh")))
end

function envoy_on_response(handle)
  local fields = handle:headers()
  local route = fields:get("x-anxiang-route")
  if route ~= nil then
    handle:streamInfo():dynamicMetadata():set("anxiang", "route", route)
    fields:remove("x-anxiang-route")
  end
  local limit = fields:get("x-ratelimit-limit")
  if limit == nil then return end
  local rest, reset = fields:get("x-ratelimit-remaining"), fields:get("x-ratelimit-reset")
  limit = string.match(limit, "%d+")
  fields:replace("ratelimit-policy", '"client";q=' .. limit .. ';w=60')
  fields:replace("ratelimit", '"client";r=' .. rest .. ';t=' .. reset)
  if fields:get(":status") == "429" then
    fields:replace("retry-after", tostring(math.max(1, tonumber(reset))))
  end
  fields:remove("x-ratelimit-limit")
  fields:remove("x-ratelimit-remaining")
  fields:remove("x-ratelimit-reset")
end
"""


def http_filters(issuer: str, audience: str, jwks_uri: str, per_minute: int) -> list[dict[str, Any]]:
    """The filters of the listener. `per_minute`: requests that each client may send in a minute."""
    return [
        _safe_headers(),
        named("envoy.filters.http.cors", "filters.http.cors.v3.Cors"),
        _readiness(),
        _packing(),
        named(
            "envoy.filters.http.lua",
            "filters.http.lua.v3.Lua",
            default_source_code={"inline_string": ANSWER_FIELDS},
        ),
        _tokens(issuer, audience, jwks_uri),
        _quota(per_minute),
        named("envoy.filters.http.buffer", "filters.http.buffer.v3.Buffer", max_request_bytes=BODY_BYTES),
        named("envoy.filters.http.router", "filters.http.router.v3.Router"),
    ]


def _safe_headers() -> dict[str, Any]:
    """First, and so on every answer, whoever gives it: what the services say of theirs themselves."""
    return named(
        "envoy.filters.http.header_mutation",
        "filters.http.header_mutation.v3.HeaderMutation",
        mutations={
            "response_mutations": [
                {"append": {"header": {"key": name, "value": value}, "append_action": "ADD_IF_ABSENT"}}
                for name, value in SAFE.items()
            ]
        },
    )


def _packing() -> dict[str, Any]:
    """Longer answers travel packed to whoever takes gzip, but for those with an entity tag: packing would take it away,
    and nobody could change what he read."""
    gzip = named("envoy.compression.gzip.compressor", "compression.gzip.compressor.v3.Gzip")
    kinds = ["application/json", "application/problem+json", "text/csv", "image/svg+xml", "text/html"]
    common = {"min_content_length": PACKED_FROM, "content_type": kinds}
    return named(
        "envoy.filters.http.compressor",
        "filters.http.compressor.v3.Compressor",
        compressor_library=gzip,
        response_direction_config={"common_config": common, "disable_on_etag_header": True},
    )


def _readiness() -> dict[str, Any]:
    """GET /readyz answers 200 when every service says that it is ready, 503 otherwise."""
    return named(
        "envoy.filters.http.health_check",
        "filters.http.health_check.v3.HealthCheck",
        pass_through_mode=False,
        headers=[{"name": ":path", "string_match": {"exact": "/readyz"}}, READS],
        cluster_min_healthy_percentages={service: {"value": 100} for service in SERVICES},
    )


def _tokens(issuer: str, audience: str, jwks_uri: str) -> dict[str, Any]:
    """A header of the client's own with the name of the claim's header is overwritten or taken away."""
    keys = {
        "http_uri": {"uri": jwks_uri, "cluster": "issuer", "timeout": "5s"},
        "cache_duration": "300s",
        "async_fetch": {},
    }
    provider = {
        "issuer": issuer,
        "audiences": [audience],
        "clock_skew_seconds": LEEWAY,
        "remote_jwks": keys,
        "forward": True,
        "claim_to_headers": [{"header_name": CLIENT_HEADER, "claim_name": "client_id"}],
    }
    token = {"provider_name": "issuer"}
    return named(
        "envoy.filters.http.jwt_authn",
        "filters.http.jwt_authn.v3.JwtAuthentication",
        providers={"issuer": provider},
        requirement_map={"token": token, "anybody": {"requires_any": {"requirements": [token, {"allow_missing": {}}]}}},
        rules=[{"match": {"prefix": "/"}, "requirement_name": "token"}],
    )


def _quota(per_minute: int) -> dict[str, Any]:
    """A bucket per client, or per address where there is no client; a descriptor without a value makes them."""
    bucket = {
        "max_tokens": per_minute,
        "tokens_per_fill": per_minute // 60 if per_minute >= 60 else per_minute,
        "fill_interval": "1s" if per_minute >= 60 else "60s",
    }
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}, "runtime_key": "none"}
    return named(
        "envoy.filters.http.local_ratelimit",
        "filters.http.local_ratelimit.v3.LocalRateLimit",
        stat_prefix="quota",
        filter_enabled=always,
        filter_enforced=always,
        always_consume_default_token_bucket=False,
        descriptors=[{"entries": [{"key": key}], "token_bucket": bucket} for key in ("client", "remote_address")],
        max_dynamic_descriptors=REMEMBERED_CLIENTS,
        enable_x_ratelimit_headers="DRAFT_VERSION_03",
    )


def access_log() -> dict[str, Any]:
    """JSON lines without a path, a query string, an address or a token: nothing that a client wrote.

    A path may hold a number or a name, so that only the service's template of it is told, such as ``/v1/seniors/{id}``.
    """
    fields = {
        "time": "%START_TIME%",
        "method": "%REQ(:METHOD)%",
        "route": "%DYNAMIC_METADATA(anxiang:route)%",
        "status": "%RESPONSE_CODE%",
        "flags": "%RESPONSE_FLAGS%",
        "milliseconds": "%DURATION%",
        "bytes_in": "%BYTES_RECEIVED%",
        "bytes_out": "%BYTES_SENT%",
        "service": "%UPSTREAM_CLUSTER%",
        "client": f"%REQ({CLIENT_HEADER})%",
        "request": "%REQ(X-REQUEST-ID)%",  # the gateway's own, never the client's
        "trace": "%REQ(TRACEPARENT):11%",  # enough to find it, too little for a number in it
    }
    return named(
        "envoy.access_loggers.stdout",
        "access_loggers.stream.v3.StdoutAccessLog",
        log_format={"json_format": fields},
    )


def tracing(collector: str) -> dict[str, Any]:
    """Continue the caller's trace or begin one; spans go to the collector, if there is one."""
    export = {"uri": f"{collector or 'http://nowhere'}/v1/traces", "cluster": "telemetry", "timeout": "5s"}
    tracer = {
        "name": "envoy.tracers.opentelemetry",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
            "service_name": "gateway",
            "http_service": {"http_uri": export},
        },
    }
    return {"provider": tracer, "random_sampling": {"value": 100}, "max_path_tag_length": 1}


def upstream_protocol() -> dict[str, Any]:
    """HTTP/1.1 to the services; a connection that they may close soon is not used again."""
    options = extension(
        "upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config={"http_protocol_options": {}},
        common_http_protocol_options={"idle_timeout": "4s"},  # below uvicorn's keep-alive of 5 s
    )
    return {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options}
