"use strict";
// Shows an AsyncAPI 3 document: what a service sends and receives, with each message's fields and an example.

window.showAsyncApi = (document_, target, yamlUrl) => {
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const both = (zh, en) => [make("span", { lang: "zh-CN" }, zh), make("span", { lang: "en" }, en)];
  const follow = (node, depth = 0) => {
    if (!node || typeof node.$ref !== "string" || !node.$ref.startsWith("#/") || depth > 20) return node ?? {};
    const parts = node.$ref.slice(2).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    return follow(parts.reduce((value, part) => value?.[part], document_), depth + 1);
  };
  const schemaOf = (message) => {
    const payload = follow(message.payload);
    return follow(payload.schema ?? payload);
  };
  // A "$ref" of a JSON Schema may point into the schema itself ("#/$defs/…") or into the document.
  const resolve = (schema, root) => {
    const ref = schema?.$ref;
    if (typeof ref !== "string") return schema ?? {};
    if (ref.startsWith("#/$defs/")) return root.$defs?.[ref.slice(8)] ?? {};
    return follow(schema);
  };
  const typeOf = (raw, root) => {
    const schema = resolve(raw, root);
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
    if (schema.anyOf || schema.oneOf) return (schema.anyOf ?? schema.oneOf).map((each) => typeOf(each, root)).join(" | ");
    if (schema.type === "array") return `${typeOf(schema.items, root)}[]`;
    if (schema.type === "object" && schema.title) return schema.title;
    return [].concat(schema.type ?? "any").join(" | ") + (schema.format ? ` (${schema.format})` : "");
  };
  const rows = (schema, root, prefix = "", depth = 0) => Object.entries(schema.properties ?? {}).flatMap(([name, raw]) => {
    const own = resolve(raw, root), path = prefix + name;
    const needed = (schema.required ?? []).includes(name) ? " *" : "";
    const row = make("tr", {}, make("td", {}, make("code", {}, path + needed)),
      make("td", {}, make("code", {}, typeOf(raw, root))), make("td", {}, raw.description ?? own.description ?? ""));
    const inner = own.type === "array" ? resolve(own.items, root) : own;
    return [row, ...(depth < 4 ? rows(inner, root, `${path}${own.type === "array" ? "[]" : ""}.`, depth + 1) : [])];
  });
  const fields = (schema) => {
    const body = make("tbody", {}, ...rows(schema, schema));
    const head = make("tr", {}, ...[["字段", "Field"], ["类型", "Type"], ["说明", "Meaning"]].map((pair) => make("th", { scope: "col" }, ...both(...pair))));
    return make("table", {}, make("thead", {}, head), body);
  };
  const load = async (schema) => {
    if (typeof schema.$ref !== "string" || schema.$ref.startsWith("#")) return [schema, null];
    const url = new URL(schema.$ref, new URL(yamlUrl, location.href)); // a file beside the document
    return [await (await fetch(url)).json(), url.pathname];
  };
  const fill = async (message, inside) => {
    const [schema, file] = await load(schemaOf(message));
    const example = message.examples?.[0]?.payload ?? schema.examples?.[0];
    inside.replaceChildren(make("p", {}, message.summary ?? message.description ?? schema.description ?? ""), fields(schema));
    if (file) inside.append(make("p", {}, make("a", { href: file }, "JSON Schema")));
    if (example) inside.append(make("pre", { tabindex: "0" }, JSON.stringify(example, null, 2)));
  };
  const messageView = (name, raw) => {
    const message = follow(raw), inside = make("div");
    const view = make("details", { class: "message" }, make("summary", {}, make("strong", {}, message.title ?? name), " ", make("code", {}, message.name ?? name)), inside);
    view.addEventListener("toggle", () => fill(message, inside), { once: true });
    return view;
  };
  const operationView = ([name, raw]) => {
    const operation = follow(raw), channel = follow(operation.channel);
    const sends = operation.action === "send";
    const tag = make("span", { class: sends ? "tag send" : "tag" }, ...both(sends ? "发送" : "接收", sends ? "sends" : "receives"));
    const messages = operation.messages?.map((each) => [String(each.$ref ?? name).split("/").pop(), each]) ?? Object.entries(channel.messages ?? {});
    return make("section", {}, make("h2", {}, tag, " ", make("code", {}, channel.address ?? name)),
      make("p", {}, operation.summary ?? operation.description ?? channel.description ?? channel.title ?? ""),
      ...messages.map((each) => messageView(...each)));
  };
  const info = document_.info ?? {};
  target.replaceChildren(
    make("h1", {}, info.title ?? ""),
    make("p", {}, info.description ?? ""),
    make("p", {}, make("a", { href: yamlUrl, download: "" }, ...both("下载 AsyncAPI 文档(YAML)", "Download the AsyncAPI document (YAML)"))),
    ...Object.entries(document_.operations ?? {}).map(operationView),
  );
};
