"use strict";
// The documents' page: chooses what to show, fetches a token, and hands it to every request that is tried.

(() => {
  const get = (id) => document.getElementById(id);
  const state = { token: null, timer: null };

  // Language
  const speak = (language) => {
    document.documentElement.dataset.lang = language;
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    get("language").setAttribute("aria-label", language === "zh" ? "Switch to English" : "切换到中文");
    try { localStorage.setItem("anxiang-language", language); } catch { /* private mode */ }
  };
  const remembered = () => { try { return localStorage.getItem("anxiang-language"); } catch { return null; } };
  const chosen = () => document.documentElement.dataset.lang;
  const say = (zh, en) => (chosen() === "zh" ? zh : en);
  get("language").addEventListener("click", async () => { speak(chosen() === "zh" ? "en" : "zh"); await again(); });
  speak(remembered() ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en"));

  // Token
  const tell = (text, kind) => { get("token-state").textContent = text; get("token-state").className = kind ?? ""; };
  const forget = () => {
    state.token = state.vendor = null;
    clearTimeout(state.timer);
    get("token-claims").hidden = get("token-forget").hidden = true;
    tell("");
  };
  const claimsOf = (token) => {
    const middle = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(middle), (character) => character.charCodeAt(0))));
  };
  const keep = (answer) => {
    state.token = answer.access_token;
    const claims = claimsOf(state.token);
    state.vendor = claims.organization ?? null;
    const lines = ["client_id", "sub", "organization", "regions", "scope"].filter((name) => claims[name] !== undefined);
    get("token-claims").textContent = lines.map((name) => `${name}: ${[].concat(claims[name]).join(", ")}`).join("\n");
    get("token-claims").hidden = get("token-forget").hidden = false;
    tell(`✓ ${claims.client_id ?? claims.sub}`, "good");
    state.timer = setTimeout(() => { forget(); tell(say("令牌已过期", "The token has expired"), "bad"); }, (answer.expires_in ?? 3600) * 1000);
  };
  get("token-forget").addEventListener("click", async () => { forget(); await again(); });
  get("token-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    forget();
    const form = new FormData(event.target);
    const body = new URLSearchParams({ grant_type: "client_credentials", client_id: form.get("client_id"), client_secret: form.get("client_secret") });
    try {
      // Without "omit" a browser answers a refusal with its own password window.
      const response = await fetch("/oauth/token", { method: "POST", body, credentials: "omit" });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.error_description ?? answer.detail ?? response.statusText);
      keep(answer);
      await again();
    } catch (error) {
      tell(say(`未取得令牌:${error.message}`, `No token: ${error.message}`), "bad");
    }
  });
  const withToken = (request) => {
    const own = new URL(request.url, location.href).origin === location.origin;
    request.headers ??= {};
    if (own && state.token && !request.headers.Authorization) request.headers.Authorization = `Bearer ${state.token}`;
    if (own) request.headers["Accept-Language"] ??= chosen();
    return request;
  };

  // What is shown
  const viewOf = () => {
    const query = new URLSearchParams(location.search);
    if (query.has("api")) return `api:${query.get("api")}`;
    return query.has("events") ? `events:${query.get("events")}` : "home";
  };
  const known = new Set([...document.querySelectorAll("[data-view]")].map((link) => link.dataset.view));
  const only = (shown) => {
    for (const id of ["home", "viewer", "api-name", "swagger", "asyncapi", "failure"]) get(id).hidden = !shown.includes(id);
  };
  const fail = (zh, en) => { only(["failure"]); get("failure").textContent = say(zh, en); };
  // A vendor of the demo is shown deliveries that it can send as they stand; elsewhere nothing real is filled in.
  const examplesOf = async (name) => {
    if (name !== "visits" || !state.vendor) return null;
    const url = "/visits/v1/deliveries/example";
    const response = await fetch(url, { headers: withToken({ url }).headers });
    return response.ok ? response.json() : null;
  };
  const repeat = window.speakSwagger(get("swagger"));
  const hidden = () => () => null;
  const showApi = async (name) => {
    const response = await fetch(`/${name}/openapi.json`);
    if (!response.ok) return fail("服务暂时不可用。", "The service is not available right now.");
    const spec = window.prepareSpec(await response.json(), chosen(), await examplesOf(name));
    only(["viewer", "api-name", "swagger"]);
    get("api-name").textContent = name;
    get("swagger").replaceChildren();
    window.SwaggerUIBundle({
      spec,
      plugins: [() => ({ wrapComponents: { authorizeBtn: hidden, authorizeOperationBtn: hidden } })], // the page has a token
      domNode: get("swagger"),
      deepLinking: false,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      displayRequestDuration: true,
      filter: true,
      tryItOutEnabled: true,
      validatorUrl: null,
      persistAuthorization: false,
      requestInterceptor: withToken,
    });
    repeat();
  };
  const showEvents = async (name) => {
    const response = await fetch(`/docs/events/${encodeURIComponent(name)}.json`);
    if (!response.ok) return fail("没有这份事件文档。", "There is no such document.");
    only(["viewer", "asyncapi"]);
    window.showAsyncApi(await response.json(), get("asyncapi"), `/docs/contracts/asyncapi/${encodeURIComponent(name)}.yaml`);
  };
  const show = async () => {
    const view = viewOf();
    const [kind, name] = view.split(":");
    for (const link of document.querySelectorAll("nav a")) {
      const here = link.dataset.view === view || (kind === "events" && link.dataset.view === "events");
      if (here) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
    if (view === "home") only(["home"]);
    else if (!known.has(view)) fail("没有这份文档。", "There is no such document.");
    else if (kind === "api") await showApi(name);
    else await showEvents(name);
  };
  const again = async () => { if (viewOf().startsWith("api:")) await show(); };
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-view]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", link.getAttribute("href"));
    await show();
    if (location.hash) get(location.hash.slice(1))?.scrollIntoView(); else scrollTo(0, 0);
    get("main").focus({ preventScroll: true });
  });
  addEventListener("popstate", show);
  show();
})();
