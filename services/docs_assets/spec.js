"use strict";
// Prepares an OpenAPI document for the page: names in the page's language, examples that the caller can send.

window.prepareSpec = (spec, language, examples) => {
  const prepared = structuredClone(spec);
  // "Record a delivery 上报送餐记录": English, then Chinese.
  const inLanguage = (text) => {
    const parts = /^([^\u4e00-\u9fff]+) ([\u4e00-\u9fff][^]*)$/.exec(text ?? "");
    return parts ? parts[language === "zh" ? 2 : 1] : text;
  };
  for (const tag of prepared.tags ?? []) tag.description = inLanguage(tag.description);
  for (const item of Object.values(prepared.paths)) {
    for (const operation of Object.values(item)) {
      if (operation.summary) operation.summary = inLanguage(operation.summary);
    }
  }
  for (const path of ["/v1/deliveries", "/v1/deliveries/batch"]) {
    const content = prepared.paths[path]?.post?.requestBody?.content ?? {};
    for (const [kind, media] of Object.entries(content)) {
      if (examples?.[kind]) media.example = examples[kind];
    }
  }
  return prepared;
};
