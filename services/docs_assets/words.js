"use strict";
// Says Swagger UI's own words in the page's language: it knows English only, and draws its texts anew at any time.

(() => {
  const CHINESE = {
    "Try it out ": "试用", "Try it out": "试用", "Cancel": "取消", "Reset": "重置", "Execute": "执行", "Clear": "清除",
    "Parameters": "参数", "No parameters": "无参数", "Request body": "请求正文", "Responses": "应答", "Code": "状态码",
    "Description": "说明", "Links": "链接", "No links": "无", "Media type": "媒体类型", "Example Value": "示例",
    "Edit Value": "编辑", "Schema": "结构", "Schemas": "数据结构", "Model": "模型", "Servers": "服务器",
    "Server response": "服务器应答", "Details": "详情", "Response body": "应答正文", "Response headers": "应答头",
    "Request duration": "耗时", "Request URL": "请求地址", "Curl": "curl 命令", "Download": "下载", "Name": "名称",
    "Send empty value": "发送空值", "Expand all": "全部展开", "Collapse all": "全部收起", "Controls ": "决定 ",
    "Accept": "Accept", " header.": " 请求头。", "Examples: ": "示例:", "Headers:": "应答头:", "Type": "类型",
    "Errors": "错误", "Hide": "隐藏", "Show": "显示", "Example Description": "示例说明", "Example": "示例",
    "Undocumented": "未说明的应答", "Filter by tag": "按分组筛选",
  };
  const originals = new WeakMap(); // what Swagger UI wrote, and what stands there instead
  const chinese = () => document.documentElement.dataset.lang === "zh";
  const say = (node, text, write) => {
    const known = originals.get(node);
    const english = known && known.said === text ? known.english : text;
    const said = chinese() ? CHINESE[english] ?? CHINESE[english.trim()] ?? english : english;
    originals.set(node, { english, said });
    if (said !== text) write(said);
  };
  const translate = (root) => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      if (!node.parentElement.closest("pre, textarea, .renderedMarkdown")) say(node, node.data, (said) => { node.data = said; });
    }
    for (const field of root.querySelectorAll("input[placeholder]")) {
      say(field, field.placeholder, (said) => { field.placeholder = said; });
    }
  };
  window.speakSwagger = (root) => {
    let waiting = false;
    const soon = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; translate(root); });
    };
    new MutationObserver(soon).observe(root, { childList: true, characterData: true, subtree: true });
    return soon;
  };
})();
