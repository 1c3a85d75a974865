import type { Options } from "rehype-sanitize";

/** All that markdown may become. What is not listed is dropped; `id` is not, so no message can name parts of the page. */
export const schema: Options = {
  tagNames: [
    ...["p", "br", "hr", "strong", "em", "del", "sup", "section"],
    ...["h1", "h2", "h3", "h4", "h5", "h6", "blockquote"],
    ...["ul", "ol", "li", "input", "code", "pre", "a", "img"],
    ...["table", "thead", "tbody", "tr", "th", "td"],
  ],
  attributes: {
    a: ["href"],
    img: ["src", "alt"],
    code: [["className", /^language-./]],
    ol: ["start"],
    th: ["align"],
    td: ["align"],
    li: [["className", "task-list-item"]],
    input: [["type", "checkbox"], "checked", ["disabled", true]],
  },
  required: { input: { disabled: true, type: "checkbox" } },
  protocols: { href: ["http", "https", "mailto"], src: ["http", "https"] },
  strip: ["script", "style"],
};
